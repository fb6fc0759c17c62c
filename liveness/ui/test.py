"""The Test tab: one picture or a batch -> faces, verdicts, and figures to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from liveness.errors import InputError, ModelError
from liveness.modelfile import load_info
from liveness.results import csv_text, json_text
from liveness.ui import cards, examples
from liveness.ui.context import Context, Shared, told
from liveness.ui.detectors import detector_choice, make_ready
from liveness.ui.inputs import match_choice, picture_picker, picture_row
from liveness.ui.photos import Photo, analyse, annotated, at_threshold

Pictures = Sequence[tuple[str, str | None]]
_STEP = 0.001


def judge(
    context: Context,
    pictures: Pictures | None,
    detector: str,
    match: bool,
    model: str | None,
    tell: Callable[[int, str], None] = lambda done, name: None,
) -> list[Photo]:
    """Judge the pictures, telling the number done. Raises InputError when there is none, or too many."""
    if not pictures:
        raise InputError("add a picture first, or click an example")
    if len(pictures) > context.config.max_files:
        raise InputError(f"at most {context.config.max_files} pictures at a time, got {len(pictures)}")
    pipeline = context.pipeline(detector, model, match)
    photos: list[Photo] = []
    for photo in analyse([path for path, _ in pictures], pipeline):
        photos.append(photo)
        tell(len(photos), photo.name)
    return photos


def shown(photos: Sequence[Photo], threshold: float) -> list[Any]:
    """What the page shows of results at a threshold: pictures, cards, times, table, CSV and JSON."""
    moved = at_threshold(photos, threshold)
    matched = any(p.result is not None and "match" in p.result.timings for p in moved)
    pictures = [(annotated(p), p.name) for p in moved if not p.failed]
    alone = 0 if len(pictures) == 1 else None
    entries = [(p.name, p.error if p.result is None else p.result) for p in moved]
    table = csv_text(entries)
    headers, *rows = csv.reader(io.StringIO(table))
    return [
        gr.Gallery(value=pictures, visible=bool(pictures), selected_index=alone),
        cards.photo_cards(moved, matched),
        cards.stages(moved),
        {"headers": headers, "data": rows},
        _download(table, "results.csv", bool(moved)),
        _download(json_text(entries), "results.json", bool(moved)),
    ]


def _download(text: str, name: str, there: bool) -> Any:
    """A file in the app's own cache, which is emptied."""
    if not there:
        return gr.DownloadButton(value=None, interactive=False)
    return gr.DownloadButton(
        value=save_bytes_to_cache(text.encode(), name, get_upload_folder()), interactive=True
    )


def build(context: Context, shared: Shared) -> None:
    photos = gr.State([], time_to_live=3600)
    with gr.Row(equal_height=False, elem_classes="lw-columns"):
        with gr.Column(scale=4, min_width=320):
            pictures, samples = _inputs()
            detector, accepted = detector_choice()
            match = match_choice(context)
            with gr.Row():
                clear = gr.Button("Clear", min_width=80)
                start = gr.Button("Analyse", variant="primary", min_width=120)
        with gr.Column(scale=6, min_width=320):
            views = _outputs()
    threshold = views[0]
    outputs = [photos, *views[1:]]

    def on_analyse(
        chosen: Pictures | None,
        name: str,
        licence: bool,
        with_match: bool,
        at: float,
        model: str | None,
        progress: gr.Progress = gr.Progress(),
    ) -> list[Any]:
        with told():
            make_ready(name, licence)
            tell = _teller(progress, len(chosen or ()))
            found = judge(context, chosen, name, with_match, model, tell)
        return [found, *shown(found, exact(context, model, at))]

    inputs = [pictures, detector, accepted, match, threshold, shared.model]
    run: dict[str, Any] = {"fn": on_analyse, "inputs": inputs, "outputs": outputs, "trigger_mode": "once"}
    start.click(**run, api_name="analyse", concurrency_id="network")
    pictures.upload(**run, api_visibility="private", concurrency_id="network")
    picked = samples.select(_pick, None, pictures, api_visibility="private", show_progress="hidden")
    picked.then(**run, api_visibility="private", concurrency_id="network")
    threshold.change(
        lambda found, at, model: shown(found, exact(context, model, at)),
        [photos, threshold, shared.model],
        views[1:],
        trigger_mode="always_last",
        show_progress="hidden",
        api_visibility="private",
    )
    clear.click(
        lambda: [None, [], *shown([], 0.5)],
        None,
        [pictures, *outputs],
        show_progress="hidden",
        api_visibility="private",
    )
    gr.on(None, examples.example_files, None, samples, show_progress="hidden", api_visibility="private")
    gr.on(
        None,
        lambda model: round(own_threshold(context, model), 3),
        shared.model,
        threshold,
        show_progress="hidden",
        api_visibility="private",
    )


def own_threshold(context: Context, model: str | None) -> float:
    """The threshold that the model was given, 0.5 while there is no usable model."""
    try:
        return load_info(context.model_path(model)).threshold
    except ModelError:
        return 0.5


def exact(context: Context, model: str | None, at: float) -> float:
    """What the slider means: where it stands at the model's own threshold, that one, unrounded."""
    own = own_threshold(context, model)
    return own if abs(own - at) <= _STEP / 2 else at


def _inputs() -> tuple[gr.Gallery, gr.Gallery]:
    pictures = picture_picker("Pictures")
    gr.HTML('<p class="lw-heading">Or click an example</p>', padding=False)
    return pictures, picture_row("Examples")


def _outputs() -> list[Any]:
    """threshold, annotated pictures, cards, stage times, table, CSV, JSON."""
    threshold = gr.Slider(
        0,
        1,
        value=0.5,
        step=_STEP,
        label="Threshold",
        info="A score at or above it is Live. It starts at the model's own; moving it runs no network.",
    )
    drawn = gr.Gallery(
        label="What was found",
        columns=3,
        object_fit="contain",
        interactive=False,
        visible=False,
        buttons=["download", "fullscreen"],
        elem_classes="lw-drawn",
    )
    found = gr.HTML(cards.photo_cards([]), padding=False)
    times = gr.HTML("", padding=False)
    with gr.Accordion("All figures, to read or to download", open=False):
        table = gr.Dataframe(label="One row a face", interactive=False, wrap=False, max_height=320)
        with gr.Row():
            as_csv = gr.DownloadButton("Download CSV", interactive=False)
            as_json = gr.DownloadButton("Download JSON", interactive=False)
    return [threshold, drawn, found, times, table, as_csv, as_json]


def _pick(event: gr.SelectData) -> list[str]:
    return [examples.example_files()[event.index][0]]


def _teller(progress: gr.Progress, total: int) -> Callable[[int, str], None]:
    def tell(done: int, name: str) -> None:
        progress((done, total), desc=name, unit="pictures")

    return tell
