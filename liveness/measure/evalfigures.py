"""The figures of an evaluation. Each is drawn from scores alone, so a threshold moves without a network."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from liveness.intervals import Rate
from liveness.measure.curves import COLOURS, STYLES, curves_of, det, finish, roc, square
from liveness.measure.figures import confusion, score_histogram
from liveness.measure.scored import Scored
from liveness.metrics import UNKNOWN, Bools, Floats, Strings
from liveness.results import write_bytes

OF_ALL = ("det", "roc")  # these hold every system, the others one
_BINS = 10
_MOST_BARS = 24


def evaluation_figures(scored: Scored, system: int = 0, threshold: float | None = None) -> dict[str, Figure]:
    """Every figure that the data can give, by file name; those of one system at one threshold."""
    level = scored.thresholds[system] if threshold is None else threshold
    found = ~np.isnan(scored.scores[:, system])
    scores, live = scored.scores[found, system], scored.live[found]
    made: dict[str, Figure] = {}
    if live.any() and not live.all():
        levels = [level if i == system else t for i, t in enumerate(scored.thresholds)]
        curves = curves_of(scored, levels)
        made["det"], made["roc"] = det(curves), roc(curves)
        made["scores"] = score_histogram(scores, live, level, "bona fide score")
        made["rates"] = rates_over_threshold(scores, live, scored.species[found], level)
        made["reliability"] = reliability(scores, live)
        made["confusion"] = confusion(scores, live, level)
    for column in scored.traits():
        if can_be_drawn(scored, column):
            made[f"by-{column}"] = group_bars(scored, column, system, level)
    return made


def can_be_drawn(scored: Scored, column: str) -> bool:
    """Whether its groups are few enough for a bar each."""
    return len(set(scored.columns[column])) <= _MOST_BARS


def write_figures(folder: Path, scored: Scored) -> list[Path]:
    """Draw all figures of all systems into ``folder/figures`` as SVG; returns the files."""
    paths = []
    for index in range(len(scored.systems)):
        for name, figure in evaluation_figures(scored, index).items():
            if index and name in OF_ALL:
                continue
            numbered = len(scored.systems) > 1 and name not in OF_ALL
            paths.append(folder / "figures" / (f"{index + 1}-{name}.svg" if numbered else f"{name}.svg"))
            write_bytes(paths[-1], svg(figure))
    return paths


def svg(figure: Figure) -> bytes:
    """The figure as SVG; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": "liveness", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def rates_over_threshold(scores: Floats, live: Bools, species: Strings, threshold: float) -> Figure:
    """APCER of each species, and BPCER, at every threshold."""
    figure = Figure(figsize=(6, 4.2), layout="constrained")
    axes = figure.subplots()
    grid = np.linspace(0, 1, 401)
    label = f"BPCER ({np.count_nonzero(live)})"
    axes.plot(grid, [np.mean(scores[live] < t) * 100 for t in grid], color=COLOURS[0], label=label)
    names = np.array([UNKNOWN if s in ("", "mixed") else s for s in species], dtype=np.str_)
    kinds = sorted(set(names[~live]))
    for index, kind in enumerate(kinds):
        own = scores[~live & (names == kind)]
        style = STYLES[index % len(STYLES)]
        values = [np.mean(own >= t) * 100 for t in grid]
        axes.plot(
            grid,
            values,
            style,
            color=COLOURS[1 + index % (len(COLOURS) - 1)],
            label=f"APCER {kind} ({len(own)})",
        )
    axes.axvline(threshold, color="black", linewidth=0.8, linestyle="--", label=f"threshold {threshold:.3f}")
    axes.set_xlabel("threshold")
    axes.set_ylabel("rate (%)")
    axes.set_title("Error rates over the threshold")
    finish(axes, "upper center")
    return figure


def reliability(scores: Floats, live: Bools) -> Figure:
    """Share of bona fide among the faces of a score, with 95 % intervals: on the line, scores are chances.

    That holds only for the mix of bona fide and attacks of this very data.
    """
    figure, axes = square()
    bins = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    for number in range(_BINS):
        rows = bins == number
        if rows.any():
            rate = Rate(int(live[rows].sum()), int(rows.sum()))
            _bar(axes, float(scores[rows].mean()), rate, COLOURS[0])
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.7, linestyle=":")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("mean score of the bin")
    axes.set_ylabel("bona fide among them")
    axes.set_title(f"Reliability at {live.mean():.0%} bona fide")
    axes.grid(alpha=0.3)
    return figure


def group_bars(scored: Scored, column: str, system: int, threshold: float) -> Figure:
    """BPCER and pooled APCER of each group of a column, with 95 % intervals."""
    reports = scored.by(column, system, threshold)
    figure = Figure(figsize=(6, 1.4 + 0.42 * len(reports)), layout="constrained")
    axes = figure.subplots()
    for place, report in enumerate(reports.values()):
        bars = (-0.12, report.bpcer, COLOURS[0]), (0.12, report.apcer_pooled, COLOURS[1])
        for shift, rate, colour in bars:
            if rate.total:
                low, high = rate.interval
                axes.plot([low * 100, high * 100], [place + shift] * 2, color=colour, linewidth=2)
                axes.plot(rate.value * 100, place + shift, "o", color=colour)
    labels = [f"{name or '(none)'} ({r.bpnrr.total} + {r.apnrr.total})" for name, r in reports.items()]
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()
    axes.plot([], [], "o-", color=COLOURS[0], label="BPCER")
    axes.plot([], [], "o-", color=COLOURS[1], label="APCER, pooled")
    axes.set_xlabel("rate (%), 95 % interval; in brackets: bona fide + attacks")
    axes.set_title(f"By {column}")
    finish(axes, "best")
    return figure


def _bar(axes: Axes, x: float, rate: Rate, colour: str) -> None:
    low, high = rate.interval
    axes.plot([x, x], [low, high], color=colour, linewidth=1.5)
    axes.plot(x, rate.value, "o", color=colour)
