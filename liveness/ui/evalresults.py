"""The lower half of the Evaluate tab: an evaluation opened, looked at from another threshold, explained."""

from __future__ import annotations

from typing import Any

import gradio as gr

from liveness.errors import InputError
from liveness.measure.mistakes import worst
from liveness.measure.saliency import Method
from liveness.measure.scored import Scored
from liveness.ui import cards, evaldata, evalview
from liveness.ui.context import Context, Shared, told
from liveness.ui.inputs import picture_row

_STEP = 0.001
_TITLES = {
    "det": "DET",
    "roc": "ROC",
    "scores": "Scores of both classes",
    "rates": "Rates over the threshold",
    "reliability": "Reliability",
    "confusion": "Verdicts at the threshold",
}


def threshold_of(scored: Scored, index: int, slider: float) -> float:
    """What the slider means: where it stands at the model's own threshold, that one, unrounded."""
    own = scored.thresholds[index]
    return own if abs(own - slider) <= _STEP / 2 else slider


class Views:
    """The lower half of the tab: everything about one evaluation."""

    def __init__(self, context: Context, shared: Shared, kept: gr.Dropdown) -> None:
        self.context = context
        self.about = gr.HTML(padding=False)
        self.overview = gr.HTML(padding=False)
        with gr.Row(elem_classes="lw-columns"):
            self.system = gr.Dropdown([], label="Model", info="Everything below is about this one.")
            self.slider = gr.Slider(
                0,
                1,
                value=0.5,
                step=_STEP,
                label="Operating point (threshold)",
                info="A score at or above it is Live. It starts at the model's own; no network runs.",
            )
        self.rates = gr.HTML(padding=False, elem_id="evaluate-rates")
        self.figures = self._figures()
        with gr.Accordion("By group", open=True):
            self.column = gr.Dropdown(
                [], label="Column", info="Of the manifest: each of its values is a group."
            )
            self.groups = gr.HTML(padding=False)
            self.bars = _figure("Rates of each group")
        gr.Markdown(
            "### Worst mistakes\nThe furthest from the threshold first. Click one: where did it look?"
        )
        self.mistakes = picture_row("Worst mistakes")
        self.rows = gr.State([])
        self.method = gr.Radio(
            [("Grad-CAM", "gradcam"), ("Occlusion", "occlusion")],
            value="gradcam",
            label="Where it looked, by",
            info="Grad-CAM is fast, coarse, and for this package's networks. Occlusion asks any model.",
        )
        with gr.Row(elem_classes="lw-columns"):
            self.seen = gr.Image(
                label="What the model saw",
                visible=False,
                interactive=False,
                format="jpeg",
                buttons=["fullscreen"],
            )
            self.heat = gr.Image(
                label="Where it looked",
                visible=False,
                interactive=False,
                format="jpeg",
                buttons=["fullscreen"],
            )
        self.told = gr.HTML(padding=False)
        self._wire(shared, kept)

    @property
    def all(self) -> list[Any]:
        """Everything that another evaluation changes."""
        return [self.about, self.overview, self.system, self.slider, self.column, *self.moved_parts]

    @property
    def moved_parts(self) -> list[Any]:
        """Everything that another threshold changes."""
        explained = [self.seen, self.heat, self.told]
        return [self.rates, self.groups, self.bars, *self.figures, self.mistakes, self.rows, *explained]

    def opened(self, name: str | None) -> list[Any]:
        if not name:
            return [gr.skip()] * len(self.all)
        with told():
            done = evaldata.opened(self.context, name)
        scored, columns = done.scored, done.scored.groupings()
        column = columns[0] if columns else None
        choices = list(zip(scored.systems, range(len(scored.systems))))
        return [
            evalview.facts(done),
            evalview.overview(scored),
            gr.Dropdown(choices=choices, value=0),
            round(scored.thresholds[0], 3),
            gr.Dropdown(choices=list(columns), value=column, visible=bool(columns)),
            *self.moved(name, 0, scored.thresholds[0], column),
        ]

    def moved(self, name: str | None, index: int, slider: float, column: str | None) -> list[Any]:
        """The page at another operating point, or for another model."""
        with told():
            done = evaldata.opened(self.context, name)
            at = threshold_of(done.scored, index, slider)
            pictures = evalview.drawn(done.scored, index, at)
            wrong = worst(done, index, at)
            by_group = _by_group(done.scored, column, index, at)
        drawn = [gr.Image(value=pictures.get(n), visible=n in pictures) for n in evalview.FIGURES]
        gallery = gr.Gallery(value=[(image, said) for _, said, image in wrong], visible=bool(wrong))
        rows = [row for row, _, _ in wrong]
        said = "" if wrong else cards.note("No mistake at this operating point.")
        hidden = [gr.Image(visible=False), gr.Image(visible=False), said]
        return [evalview.rates(done.scored, index, at), *by_group, *drawn, gallery, rows, *hidden]

    def _figures(self) -> list[gr.Image]:
        found = []
        for names in (evalview.FIGURES[:2], evalview.FIGURES[2:4], evalview.FIGURES[4:]):
            with gr.Row(elem_classes="lw-columns"):
                found += [_figure(_TITLES[name]) for name in names]
        return found

    def _wire(self, shared: Shared, kept: gr.Dropdown) -> None:
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        inputs = [kept, self.system, self.slider, self.column]
        # Not release: Gradio's slider gives that to a mouse alone, and arrow keys would move nothing.
        self.slider.input(self.moved, inputs, self.moved_parts, trigger_mode="always_last", **quiet)
        self.system.input(
            lambda name, index: round(evaldata.opened(self.context, name).scored.thresholds[index], 3),
            [kept, self.system],
            self.slider,
            **quiet,
        ).then(self.moved, inputs, self.moved_parts, **quiet)
        self.column.input(
            self._divided,
            inputs,
            [self.groups, self.bars],
            **quiet,
        )
        self.mistakes.select(
            self._explained,
            [kept, self.system, self.rows, self.method, shared.model],
            [self.seen, self.heat, self.told],
            show_progress="minimal",
            api_visibility="private",
        )

    def _divided(self, name: str | None, index: int, slider: float, column: str | None) -> list[Any]:
        """The groups of another column."""
        with told():
            scored = evaldata.opened(self.context, name).scored
            return _by_group(scored, column, index, threshold_of(scored, index, slider))

    def _explained(
        self,
        name: str | None,
        index: int,
        rows: list[int],
        method: Method,
        model: str | None,
        event: gr.SelectData,
    ) -> list[Any]:
        with told():
            done = evaldata.opened(self.context, name)
            if not 0 <= event.index < len(rows):
                raise InputError("this picture is no longer among the mistakes")
            system = evaldata.system_of(self.context, done, index, model)
            seen, heat, text = evalview.explained(done, rows[event.index], index, system, method)
        return [gr.Image(value=seen, visible=True), gr.Image(value=heat, visible=True), cards.note(text)]


def _by_group(scored: Scored, column: str | None, index: int, threshold: float) -> list[Any]:
    """The table of a column's groups, and the figure."""
    bars = evalview.group_figure(scored, column, index, threshold)
    return [
        evalview.groups(scored, column, index, threshold),
        gr.Image(value=bars, visible=bars is not None),
    ]


def _figure(label: str) -> gr.Image:
    return gr.Image(
        label=label,
        show_label=False,  # it would lie over the figure's own title
        interactive=False,
        format="png",
        buttons=["download", "fullscreen"],
    )
