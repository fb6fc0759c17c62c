"""The Model tab: what the model in use says of itself, and how to use another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from liveness.errors import InputError, ModelError, RunError
from liveness.modelfile import load_info, read_model, write_info
from liveness.training.runs import RunFolder, list_runs
from liveness.ui import cards
from liveness.ui.context import Context, Shared, sentence, told
from liveness.ui.modeluploads import described, take

_EMPTY = "There is no usable model yet: load a file, or train one in the Train tab."
_REPLACE = "Replaces the file for everybody who opens this app; the old one is kept beside it."


def model_card(context: Context, model: str | None) -> str:
    """HTML: everything the model says of itself, or why it cannot be used."""
    try:
        return cards.table(described(load_info(context.model_path(model))))
    except ModelError as error:
        return cards.empty(f"{sentence(error)}." if model else _EMPTY)


def downloadable(context: Context, model: str | None) -> Any:
    """The model as a file to take away."""
    path = context.model_path(model)
    if not path.is_file():
        return gr.DownloadButton(interactive=False)
    return gr.DownloadButton(value=save_file_to_cache(path, get_upload_folder()), interactive=True)


def finished_runs(context: Context) -> list[str]:
    """Names of the runs that have a checkpoint, the newest first."""
    return [run.name for run in list_runs(context.runs()) if run.best.is_file()]


def find_run(context: Context, name: str | None) -> RunFolder:
    """A run by its name. Raises RunError when there is none: names do not lead out of the folder."""
    for run in list_runs(context.runs()):
        if run.name == name:
            return run
    raise RunError("choose a training run first" if not name else f"there is no run called {name}")


def export_run(context: Context, name: str | None, int8: bool) -> tuple[Path, str]:
    """Export a run's best checkpoint: the model file, and in words how far it agrees with torch.

    Raises RunError, DatasetError (the crops that prove it come from the run's own data) and ModelError.
    """
    from liveness.training.exportrun import export_best

    done = export_best(find_run(context, name), int8=int8)
    return done.path, done.text


def replace_default(context: Context, model: str | None) -> str:
    """Put a visitor's model in the place of the app's own. Raises ModelError, InputError."""
    from liveness.training.export import install

    if not context.admin:
        raise InputError("replacing the model is off on this address")
    if model is None:
        raise InputError("choose a model first: the one in use is already the default")
    source, target = Path(model), context.model_path()
    context.classifier(source)  # it must load before it may take over
    network, info = read_model(source)
    write_info(network, info)  # what a sidecar said travels inside from now on
    copy = target.with_name(f".{target.name}.new.part")
    copy.write_bytes(network.SerializeToString())
    install(copy, target, keep_previous=True)
    return f"{target.name} is replaced; the old one is {target.stem}.previous{target.suffix}."


def build(context: Context, shared: Shared) -> None:
    with gr.Row(equal_height=False, elem_classes="lw-columns"):
        with gr.Column(scale=6, min_width=320):
            gr.Markdown("### The model in use")
            card = gr.HTML(padding=False)
            download = gr.DownloadButton("Download this model", interactive=False)
        with gr.Column(scale=5, min_width=320):
            _another(context, shared)
            if context.admin:
                _from_run(context, shared)
                _owner(context, shared)
    gr.on(
        None,
        lambda model: [model_card(context, model), downloadable(context, model)],
        shared.model,
        [card, download],
        show_progress="hidden",
        api_visibility="private",
    )


def _another(context: Context, shared: Shared) -> None:
    """Load a file, and go back."""
    gr.Markdown("### Use another model\nFor you and this visit: other visitors keep theirs.")
    files = gr.File(
        label="Model file (.onnx), and its .json if the metadata is not inside",
        file_count="multiple",
        file_types=[".onnx", ".json"],
        height=140,
    )
    told_of = gr.HTML("", padding=False)
    with gr.Row():
        back = gr.Button("Back to the default model", min_width=120)
        use = gr.Button("Use this model", variant="primary", min_width=120)

    def on_use(given: list[str] | None) -> list[Any]:
        with told():
            path = take(given)
            context.classifier(path)
        return [str(path), cards.note(f"{path.name} judges from now on, for this visit.")]

    use.click(on_use, files, [shared.model, told_of], api_name="use_model")
    back.click(
        lambda: [None, None, cards.note("The default model judges again.")],
        None,
        [shared.model, files, told_of],
        api_visibility="private",
    )


def _from_run(context: Context, shared: Shared) -> None:
    """Export a run's best checkpoint, take it away, use it."""
    gr.Markdown("### From a training run")
    with gr.Row():
        run = gr.Dropdown([], label="Run", info="Runs with a checkpoint, the newest first.", scale=4)
        refresh = gr.Button("Refresh", min_width=80, scale=1)
    int8 = gr.Checkbox(
        False,
        label="Also make the int8 twin",
        info="Smaller, and faster on processors with VNNI. How far it agrees is measured and shown.",
    )
    exported = gr.State(None)
    export = gr.Button("Export", variant="primary")
    told_of = gr.HTML("", padding=False)
    with gr.Row():
        model = gr.DownloadButton("Download model.onnx", interactive=False, min_width=120)
        checkpoint = gr.DownloadButton("Download checkpoint", interactive=False, min_width=120)
        use = gr.Button("Use this model", interactive=False, min_width=120)

    def on_export(name: str | None, twin: bool) -> list[Any]:
        with told():
            path, text = export_run(context, name, twin)
            best = find_run(context, name).best
        cache = get_upload_folder()
        return [
            str(path),
            cards.note(text),
            gr.DownloadButton(value=save_file_to_cache(path, cache), interactive=True),
            gr.DownloadButton(value=save_file_to_cache(best, cache), interactive=True),
            gr.Button(interactive=True),
        ]

    def names() -> Any:
        found = finished_runs(context)
        return gr.Dropdown(choices=list(found), value=found[0] if found else None)

    gr.on(None, names, None, run, show_progress="hidden", api_visibility="private")
    refresh.click(names, None, run, show_progress="hidden", api_visibility="private")
    outputs = [exported, told_of, model, checkpoint, use]
    export.click(on_export, [run, int8], outputs, api_name="export_run", concurrency_id="export")
    use.click(lambda path: path, exported, shared.model, api_visibility="private")


def _owner(context: Context, shared: Shared) -> None:
    """Make this visit's model everybody's."""
    gr.Markdown(f"### The app's own model\n{_REPLACE}")
    replace = gr.Button("Make the model in use the default", variant="stop")
    told_of = gr.HTML("", padding=False)

    def on_replace(model: str | None) -> list[Any]:
        with told():
            text = replace_default(context, model)
        return [None, cards.note(text)]

    replace.click(on_replace, shared.model, [shared.model, told_of], api_name="replace_model")
