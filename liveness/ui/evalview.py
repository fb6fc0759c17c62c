"""An evaluation as the page shows it: rates, tables, figures, the worst mistakes. HTML is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from liveness.errors import InputError
from liveness.measure.compare import DIFFERENCE_HEAD, MOST, difference_row, difference_text, differences
from liveness.measure.evalfigures import can_be_drawn, evaluation_figures, group_bars
from liveness.measure.evaluate import Evaluation
from liveness.measure.memory import memory_notes
from liveness.measure.mistakes import caption, picture_of
from liveness.measure.saliency import TITLES, Method, overlay, saliency
from liveness.measure.scored import Scored
from liveness.measure.tables import (
    GROUP_HEAD,
    MODEL_HEAD,
    drawn_text,
    group_row,
    model_row,
    rate_rows,
    unbroken,
)
from liveness.systems import System
from liveness.types import Image
from liveness.ui import cards

FIGURES = ("det", "roc", "scores", "rates", "reliability", "confusion")
_SIDE, _DPI = 480, 110
_MOST_LINES = 60
_MEANS: dict[Method, str] = {
    "gradcam": "as far as the place moved the score; drawn from a coarse grid",
    "occlusion": "as far as covering the place changes the score",
}


def rates(scored: Scored, index: int, threshold: float) -> str:
    """HTML: all rates of a system at a threshold, with intervals and counts."""
    lines = rate_rows(scored.report(index, threshold), scored.spreads(index, threshold))
    rows = "".join(
        f"<tr><th scope=row>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in lines
    )
    return f'<div class="lw-scroll"><table class="lw-table">{rows}</table></div>'


def overview(scored: Scored) -> str:
    """HTML: a row a system, each at its own threshold; and the others held against the first."""
    spreads = [scored.spreads(index) for index in range(len(scored.systems))]
    rows = [model_row(name, scored.report(i), spreads[i]) for i, name in enumerate(scored.systems)]
    parts = [grid(MODEL_HEAD, rows), _aside(drawn_text(spreads[0]))]
    found = differences(scored) if 1 < len(scored.systems) <= MOST else []
    if found:
        parts += [grid(DIFFERENCE_HEAD, [difference_row(d) for d in found])]
        parts += [_aside(difference_text(scored.systems[0], found))]
    return "".join(parts)


def _aside(text: str) -> str:
    return f'<p class="lw-soft">{escape(text)}</p>'


def groups(scored: Scored, column: str | None, index: int, threshold: float) -> str:
    """HTML: the rates of each group of a column at a threshold."""
    if not column:
        return cards.empty("No column of this data set divides it into groups.")
    found = scored.by(column, index, threshold)
    rows = [group_row(name, report) for name, report in list(found.items())[:_MOST_LINES]]
    more = len(found) - len(rows)
    return grid((column, *GROUP_HEAD), rows) + (_aside(f"and {more} more in rates.csv") if more else "")


def group_figure(scored: Scored, column: str | None, index: int, threshold: float) -> Image | None:
    """Both rates of each group with intervals; None without a column, or where the groups are too many."""
    if not column or not can_be_drawn(scored, column):
        return None
    return picture(group_bars(scored, column, index, threshold))


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with a heading row."""
    first = "".join(f"<th scope=col>{escape(name)}</th>" for name in head)
    cells = (
        [f"<th scope=row>{escape(name)}</th>", *(f"<td>{escape(unbroken(value))}</td>" for value in values)]
        for name, *values in rows
    )
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in cells)
    return f'<div class="lw-scroll"><table class="lw-table lw-grid"><tr>{first}</tr>{body}</table></div>'


def facts(done: Evaluation) -> str:
    """HTML: how the evaluation was made."""
    about = done.facts
    left_out = f"{len(about.left_out)} files" if about.left_out else "nothing"
    rows = {
        "Data": f"{about.part} of {about.dataset}, fingerprint {about.fingerprint}",
        "Judged": f"{len(done.scored)} presentations in {done.scored.pictures} pictures and frames, "
        f"joined by their {about.join}; {about.faces}; left out: {left_out}",
        "Made": about.created,
        "On the command line": about.command,
    }
    return "".join([*(cards.note(said, "warn") for said in memory_notes(done)), cards.table(rows)])


def drawn(scored: Scored, index: int, threshold: float) -> dict[str, Image]:
    """The figures as pictures, by name."""
    return {name: picture(f) for name, f in evaluation_figures(scored, index, threshold).items()}


def explained(
    done: Evaluation, row: int, index: int, system: System, method: Method
) -> tuple[Image, Image, str]:
    """A crop as the network saw it, the saliency map over it, and what that is. Raises InputError."""
    box = done.scored.box(row)
    if box is None:
        raise InputError("no face was found in this picture")
    found = saliency(system, picture_of(done, row), box, method)
    size = (_SIDE, _SIDE)
    left, right = (
        np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
        for picture in (found.crop, overlay(found))
    )
    text = (
        f"{caption(done.scored, row, index)}. {TITLES[found.method]}: blue speaks for live, orange for "
        f"spoof, {_MEANS[found.method]}. It shows where the network looked, not why."
    )
    if found.method != method:
        text += " Grad-CAM needs one of this package's networks; this is another, or an int8 twin."
    return left, right, text


def picture(figure: Figure) -> Image:
    """A figure as uint8 RGB (height, width, 3)."""
    figure.set_dpi(_DPI)
    canvas: Any = FigureCanvasAgg(figure)  # which says nothing of its types
    canvas.draw()
    return np.array(canvas.buffer_rgba(), dtype=np.uint8)[..., :3]
