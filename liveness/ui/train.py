"""The Train tab: data, recipe, and a run in a process of its own that this page only watches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from liveness.config import TrainConfig
from liveness.data.samples import load_dataset
from liveness.errors import InputError, RunError
from liveness.training import jobs
from liveness.training.runs import RunFolder, list_runs, new_run_path
from liveness.ui import cards, curves, dataquality, datatab, recipe, runsview
from liveness.ui.context import Context, Shared, told
from liveness.ui.models import find_run

_OFF = (
    "Training is off, because others can reach this address. On your own machine it is on; here the owner "
    "turns it on with --allow-admin and a password."
)
_NO_RUNS = "No run yet. Choose a data set and a recipe, then press Start."
_TICK = 2.0


def start_run(context: Context, dataset: str, config: TrainConfig, name: str) -> RunFolder:
    """Begin a run. Raises InputError, DatasetError, and RunError while another one is running."""
    if not context.admin:
        raise InputError("training is off on this address")
    if not dataset.strip():
        raise InputError("name a data set first, or make the demo data set")
    busy = jobs.busy(context.runs())
    if busy:
        raise RunError(f"{busy[0].name} is still running: stop it first, or wait")
    path = Path(dataset.strip()).expanduser()
    load_dataset(path)  # what is wrong with it is said here rather than in a log
    return jobs.start(path, config, new_run_path(name, context.runs()))


def run_names(context: Context) -> list[str]:
    return [run.name for run in list_runs(context.runs())]


def chosen_run(context: Context) -> str | None:
    """What a page that is opened shows: the run that is running, else the newest."""
    busy = jobs.running(context.runs())
    names = [busy[0].name] if busy else run_names(context)
    return names[0] if names else None


def watch(context: Context, name: str | None, seen: str) -> list[Any]:
    """Status, curves, figures, the table and the buttons of a run; what has not changed is skipped.

    seen: what the page shows already, as this function gave it last.
    """
    if not name:
        return [cards.empty(_NO_RUNS), *[gr.skip()] * 4, *_buttons(False, False), gr.Timer(active=False), ""]
    run = find_run(context, name)
    active, rows = runsview.is_running(run), run.metrics()
    now = f"{name} {len(rows)} {active} {jobs.progress(run).state}"
    changing: list[Any] = [gr.skip()] * 4
    if now != seen:
        pictures = [] if active else runsview.figures(run)
        changing = [
            runsview.loss_curve(rows),
            runsview.rate_curve(rows),
            gr.Gallery(value=pictures, visible=bool(pictures)),
            runsview.table(list_runs(context.runs())),
        ]
    return [
        runsview.status(run),
        *changing,
        *_buttons(active, run.last.is_file()),
        gr.Timer(active=active),
        now,
    ]


def _buttons(active: bool, resumable: bool) -> list[Any]:
    """Stop and Resume."""
    return [gr.Button(interactive=active), gr.Button(interactive=resumable and not active)]


def build(context: Context, shared: Shared) -> None:
    if not context.admin:
        gr.HTML(cards.empty(_OFF), padding=False)
        return
    data = datatab.build(context)
    dataquality.build(data.path)
    gr.Markdown("### 2. Recipe")
    options = recipe.build()
    name = gr.Textbox("", label="Name", info="A word for the run's folder; may stay empty.", max_length=40)
    line = gr.Textbox(
        label="The same on the command line",
        interactive=False,
        buttons=["copy"],
        lines=2,
        elem_classes="lw-code",
    )

    def config(chosen: str, network: str, start: str, *values: float | None) -> TrainConfig:
        return recipe.config_of(chosen, network, start, list(values))

    def on_options(where: str, word: str, *given: Any) -> str:
        try:
            return recipe.command(where, given[0], config(*given), word)
        except InputError as error:
            return f"# {error}"

    fields = [data.path, name, *options]
    line.value = on_options(*(part.value for part in fields))
    gr.on(
        [part.change for part in fields],
        on_options,
        fields,
        line,
        show_progress="hidden",
        api_visibility="private",
        trigger_mode="always_last",
    )
    datatab.on_check(data, options, config)
    run = _runs(context, data.path, name, options, config)
    shared.on_opened("training", lambda chosen: _names(context, chosen), run)


def _runs(
    context: Context, path: gr.Textbox, name: gr.Textbox, options: list[Any], config: Any
) -> gr.Dropdown:
    """Start, watch, stop, resume."""
    gr.Markdown("### 3. Run\nIt runs in a process of its own: this page may be closed and opened again.")
    with gr.Row():
        start = gr.Button("Start training", variant="primary", min_width=140)
        stop = gr.Button("Stop and keep the best", variant="stop", interactive=False, min_width=140)
        resume = gr.Button("Resume", interactive=False, min_width=100)
    run = gr.Dropdown([], label="Run", info="The newest first. The page follows the one chosen here.")
    status = gr.HTML(cards.empty(_NO_RUNS), padding=False)
    with gr.Row(elem_classes="lw-columns"):
        loss = curves.by_epoch("Loss", "loss", "part", runsview.LOSS_COLOURS)
        rates = curves.by_epoch("Rates on dev", "per cent", "rate", runsview.RATE_COLOURS)
    pictures = gr.Gallery(
        label="Figures of the run",
        show_label=False,  # it would lie over the first figure
        columns=4,
        height="auto",
        object_fit="contain",
        visible=False,
        interactive=False,
    )
    with gr.Accordion("All runs", open=False):
        table = gr.Dataframe(headers=list(runsview.COLUMNS), label="Rates are those of the best epoch on dev")
    seen = gr.State("")
    timer = gr.Timer(_TICK, active=False)
    shown = [status, loss, rates, pictures, table, stop, resume, timer, seen]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

    def on_start(where: str, word: str, *given: Any) -> list[Any]:
        with told():
            begun = start_run(context, where, config(*given), word)
        return [_names(context, begun.name), *watch(context, begun.name, "")]

    def on_stop(which: str | None, before: str) -> list[Any]:
        with told():
            jobs.stop(find_run(context, which), wait=10)
            return watch(context, which, before)

    def on_resume(which: str | None) -> list[Any]:
        with told():
            jobs.resume(find_run(context, which))
            return watch(context, which, "")

    def on_watch(which: str | None, before: str) -> list[Any]:
        with told():
            return watch(context, which, before)

    start.click(on_start, [path, name, *options], [run, *shown], api_name="start_run")
    stop.click(on_stop, [run, seen], shown, api_name="stop_run")
    resume.click(on_resume, run, shown, api_name="resume_run")
    timer.tick(on_watch, [run, seen], shown, **quiet)
    run.change(on_watch, [run, seen], shown, **quiet)
    gr.on(None, lambda: _names(context, chosen_run(context)), None, run, **quiet)
    return run


def _names(context: Context, chosen: str | None) -> Any:
    return gr.Dropdown(choices=list(run_names(context)), value=chosen)
