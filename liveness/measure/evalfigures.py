"""The figures of an evaluation. Each is drawn from scores alone, so a threshold moves without a network."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import ndtri

from liveness.intervals import Rate
from liveness.measure.figures import confusion, score_histogram
from liveness.measure.scored import Scored
from liveness.metrics import UNKNOWN, Bools, Floats, Strings, det_points
from liveness.results import write_bytes

# Okabe and Ito's colours, which the colour-blind can tell apart; eight systems at most are compared.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555", "#000000")
OF_ALL = ("det", "roc")  # these hold every system, the others one
_STYLES = ("-", "--", "-.", ":")
_TICKS = (0.001, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95)
_BINS = 10
_MOST_BARS = 24


class _Style(NamedTuple):
    colour: str
    line: str


def evaluation_figures(scored: Scored, system: int = 0, threshold: float | None = None) -> dict[str, Figure]:
    """Every figure that the data can give, by file name; those of one system at one threshold."""
    level = scored.thresholds[system] if threshold is None else threshold
    found = ~np.isnan(scored.scores[:, system])
    scores, live = scored.scores[found, system], scored.live[found]
    made: dict[str, Figure] = {}
    if live.any() and not live.all():
        levels = [level if i == system else t for i, t in enumerate(scored.thresholds)]
        made["det"] = det(scored, levels)
        made["roc"] = roc(scored, levels)
        made["scores"] = score_histogram(scores, live, level, "bona fide score")
        made["rates"] = rates_over_threshold(scores, live, scored.species[found], level)
        made["reliability"] = reliability(scores, live)
        made["confusion"] = confusion(scores, live, level)
    for column in scored.traits():
        if len(set(scored.columns[column])) <= _MOST_BARS:
            made[f"by-{column}"] = differences(scored, column, system, level)
    return made


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


def det(scored: Scored, thresholds: list[float]) -> Figure:
    """BPCER against APCER (attacks pooled) on normal-deviate axes; a mark at each system's threshold."""
    figure, axes = _square()
    for index, scores, live, style in _curves(scored):
        least = 0.25 / min(live.sum(), (~live).sum())
        _, apcer, bpcer = det_points(scores, live)
        points = _deviate(apcer, least), _deviate(bpcer, least)
        axes.plot(*points, style.line, color=style.colour, label=scored.systems[index])
        at = _rates_at(scores, live, thresholds[index])
        axes.plot(*(_deviate(np.array([r]), least) for r in at), "o", color=style.colour)
    ticks = [ndtri(t) for t in _TICKS]
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks, [f"{t * 100:g}" for t in _TICKS])
    axes.set_xlim(ndtri(0.0008), ndtri(0.97))
    axes.set_ylim(ndtri(0.0008), ndtri(0.97))
    axes.axline((0, 0), slope=1, color="grey", linewidth=0.7, linestyle=":")
    axes.set_xlabel("APCER, attacks pooled (%)")
    axes.set_ylabel("BPCER (%)")
    axes.set_title("DET: lower left is better; ● at the threshold")
    _finish(axes)
    return figure


def roc(scored: Scored, thresholds: list[float]) -> Figure:
    """Bona fide accepted against attacks accepted, on a logarithmic axis: that is where systems are used."""
    figure, axes = _square()
    for index, scores, live, style in _curves(scored):
        least = 0.5 / (~live).sum()
        _, apcer, bpcer = det_points(scores, live)
        points = np.maximum(apcer, least), 1 - bpcer
        axes.plot(*points, style.line, color=style.colour, label=scored.systems[index])
        accepted, refused = _rates_at(scores, live, thresholds[index])
        axes.plot(max(accepted, least), 1 - refused, "o", color=style.colour)
    axes.set_xscale("log")
    axes.axvline(0.01, color="grey", linewidth=0.7, linestyle=":")
    axes.set_xlabel("attacks accepted (FPR = APCER, pooled)")
    axes.set_ylabel("bona fide accepted (TPR = 1 - BPCER)")
    axes.set_title("ROC: upper left is better")
    _finish(axes)
    return figure


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
        style = _STYLES[index % len(_STYLES)]
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
    _finish(axes)
    return figure


def reliability(scores: Floats, live: Bools) -> Figure:
    """Share of bona fide among the faces of a score, with 95 % intervals: on the line, scores are chances.

    That holds only for the mix of bona fide and attacks of this very data.
    """
    figure, axes = _square()
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


def differences(scored: Scored, column: str, system: int, threshold: float) -> Figure:
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
    _finish(axes)
    return figure


def _curves(scored: Scored) -> Iterator[tuple[int, Floats, Bools, _Style]]:
    """Found faces of each system that has both classes, and how its line looks."""
    for index in range(len(scored.systems)):
        found = ~np.isnan(scored.scores[:, index])
        scores, live = scored.scores[found, index], scored.live[found]
        if live.any() and not live.all():
            style = _Style(COLOURS[index % len(COLOURS)], _STYLES[index % len(_STYLES)])
            yield index, scores, live, style


def _rates_at(scores: Floats, live: Bools, threshold: float) -> tuple[float, float]:
    """APCER (pooled) and BPCER."""
    return float(np.mean(scores[~live] >= threshold)), float(np.mean(scores[live] < threshold))


def _deviate(rates: Floats, least: float) -> Floats:
    """The normal deviate of a rate; 0 and 1 have none, and stand where a fraction of one error would."""
    return np.asarray(ndtri(np.clip(rates, least, 1 - least)))


def _bar(axes: Axes, x: float, rate: Rate, colour: str) -> None:
    low, high = rate.interval
    axes.plot([x, x], [low, high], color=colour, linewidth=1.5)
    axes.plot(x, rate.value, "o", color=colour)


def _square() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5, 4.6), layout="constrained")
    return figure, figure.subplots()


def _finish(axes: Axes) -> None:
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
