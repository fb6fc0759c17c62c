"""The Evaluate tab: models on a data set, rates and curves, an operating point that moves, mistakes."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import gradio as gr
from gradio.context import Context as GradioContext

from liveness.measure.judging import Evaluating
from liveness.ui import cards, datatab, evaldata
from liveness.ui.context import Context, Shared, told
from liveness.ui.detectors import detector_choice
from liveness.ui.evaldata import Asked
from liveness.ui.evalresults import Views
from liveness.ui.video import Running

_OFF = (
    "Evaluating is off, because others can reach this address. On your own machine it is on; here the owner "
    "turns it on with --allow-admin and a password."
)
_NOTHING = "No evaluation yet. Choose a data set and models, then press Evaluate; or open an earlier one."
_SHOWN_EVERY = 0.5  # seconds between two updates of the page
_PARTS = (
    ("Test part where there is one, else all", "auto"),
    *((name, name) for name in ("all", "test", "dev", "train")),
)
Steps = Generator[Evaluating, None, Path]


def pages(steps: Steps, stop: Event) -> Iterator[tuple[str, Path | None]]:
    """What the status says, now and then, and at the end the folder with the result.

    Setting ``stop`` ends the evaluation at the next picture; nothing of it is kept then.
    """
    shown = 0.0
    with closing(steps):
        while True:
            try:
                at = next(steps)
            except StopIteration as end:
                yield "", end.value
                return
            if stop.is_set():
                yield cards.note(f"Stopped after {at.done} pictures. Nothing of it is kept."), None
                return
            if monotonic() - shown >= _SHOWN_EVERY:
                shown = monotonic()
                yield progress(at), None


def progress(at: Evaluating) -> str:
    """HTML: a bar and counts."""
    share = at.done / max(1, at.total)
    return (
        f'<article class="lw-face none"><div class="lw-bar"><i style="width:{share:.1%}"></i></div>'
        f"<p>{at.done} of {at.total} pictures and frames judged</p></article>"
    )


def build(context: Context, shared: Shared) -> None:
    if not context.admin:
        gr.HTML(cards.empty(_OFF), padding=False)
        return
    running = Running()
    with gr.Row(equal_height=False, elem_classes="lw-columns"):
        with gr.Column(scale=5, min_width=320):
            path = datatab.sources(context)
        with gr.Column(scale=6, min_width=320):
            options = _options(context)
            with gr.Row():
                stop = gr.Button("Stop", variant="stop", min_width=80, interactive=False)
                begin = gr.Button("Evaluate", variant="primary", min_width=140)
            status = gr.HTML(cards.empty(_NOTHING), padding=False, elem_id="evaluate-status")
    kept = gr.Dropdown([], label="Evaluation", info="Kept among the runs, the newest first.")
    with gr.Column(visible=False) as results:
        views = Views(context, shared, kept)

    def on_begin(  # the names are those of the API
        dataset: str,
        models: list[str],
        part: str,
        join: Any,
        frames: float,
        always_detect: bool,
        detector: str,
        accept_licence: bool,
        model_in_use: str | None,
        request: gr.Request,
    ) -> Iterator[list[Any]]:
        asked = Asked(
            dataset, models, part, detector, accept_licence, always_detect, join, int(frames), model_in_use
        )
        visitor = request.session_hash or ""
        flag = running.start(visitor)
        yield [cards.note("Getting ready"), gr.skip(), gr.Button(interactive=True)]
        try:
            with told():
                for said, folder in pages(evaldata.run_evaluation(context, asked), flag):
                    if folder is not None:
                        yield [
                            cards.note("Done."),
                            _names(context, folder.name),
                            gr.Button(interactive=False),
                        ]
                    else:
                        yield [said, gr.skip(), gr.skip()]
        finally:
            running.done(visitor, flag)

    def on_stop(request: gr.Request) -> None:
        running.stop(request.session_hash or "")

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    begin.click(
        on_begin,
        [path, *options, shared.model],
        [status, kept, stop],
        api_name="evaluate",
        concurrency_id="data",
        show_progress="hidden",
    ).then(lambda: gr.Button(interactive=False), None, stop, **quiet)
    stop.click(on_stop, None, None, api_visibility="private", queue=False)
    stop.click(lambda: gr.Button(interactive=False), None, stop, queue=False, **quiet)
    if GradioContext.root_block is not None:
        GradioContext.root_block.unload(on_stop)
    gr.on(None, lambda: _names(context, None), None, kept, **quiet)
    gr.on(None, lambda: gr.Dropdown(choices=list(evaldata.model_choices(context))), None, options[0], **quiet)
    shared.on_opened("evaluation", lambda name: _names(context, name), kept)
    kept.change(lambda name: gr.Column(visible=bool(name)), kept, results, **quiet)
    kept.change(
        views.opened,
        kept,
        views.all,
        show_progress="minimal",
        show_progress_on=views.about,  # not on each of them: see Workbench.spare_hidden_progress
        api_visibility="private",
    )


def _names(context: Context, chosen: str | None) -> Any:
    return gr.Dropdown(choices=list(evaldata.evaluations(context)), value=chosen)


def _options(context: Context) -> list[Any]:
    """models, part, join, frames, always_detect, detector, accepted."""
    models = gr.Dropdown(
        list(evaldata.model_choices(context)),
        value=[evaldata.IN_USE],
        multiselect=True,
        max_choices=evaldata.MOST_MODELS,
        allow_custom_value=True,
        label="Models",
        info="Up to eight, on the same faces. The path of another .onnx file, or of the .json of a published "
        "system, can be typed.",
    )
    part = gr.Dropdown(list(_PARTS), value="auto", label="Part of the data", info="Rates come from test.")
    with gr.Accordion("More options", open=False):
        with gr.Row():
            join = gr.Dropdown(
                ["mean", "median", "max", "min"],
                value="mean",
                label="Frames of a clip are joined by",
                info="A clip counts once.",
                min_width=150,
            )
            frames = gr.Number(
                8, label="Frames of a clip", info="Spread evenly.", precision=0, minimum=1, min_width=150
            )
        always = gr.Checkbox(
            False,
            label="Find all faces anew",
            info="Else the data set's own boxes are used where it has them. Faces found once are remembered.",
        )
        detector, accepted = detector_choice()
    return [models, part, join, frames, always, detector, accepted]
