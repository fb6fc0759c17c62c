"""DET and ROC of several systems in one figure, whether they saw the same presentations or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import ndtri

from liveness.measure.scored import Scored
from liveness.metrics import Bools, Floats, det_points

# Okabe and Ito's colours, which the colour-blind can tell apart; eight systems at most are compared.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555", "#000000")
Place: TypeAlias = Literal["upper right", "lower right", "upper center", "best"]
STYLES = ("-", "--", "-.", ":")
_TICKS = (0.001, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The scores of a system that make its line, without NaN: float64 (n,), bool (n,); and its threshold.

    number: of its colour and line, from 0.
    """

    name: str
    scores: Floats
    live: Bools
    threshold: float
    number: int

    @property
    def colour(self) -> str:
        return COLOURS[self.number % len(COLOURS)]

    @property
    def line(self) -> str:
        return STYLES[self.number % len(STYLES)]


def curves_of(scored: Scored, thresholds: Sequence[float]) -> list[Curve]:
    """A curve for each system that found faces of both classes."""
    return list(_curves(scored, thresholds))


def det(curves: Sequence[Curve]) -> Figure:
    """BPCER against APCER (attacks pooled) on normal-deviate axes; a mark at each system's threshold."""
    figure, axes = square()
    for curve in curves:
        least = 0.25 / min(curve.live.sum(), (~curve.live).sum())
        _, apcer, bpcer = det_points(curve.scores, curve.live)
        points = _deviate(apcer, least), _deviate(bpcer, least)
        axes.plot(*points, curve.line, color=curve.colour, label=curve.name)
        at = _rates_at(curve)
        axes.plot(*(_deviate(np.array([r]), least) for r in at), "o", color=curve.colour)
    ticks = [ndtri(t) for t in _TICKS]
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks, [f"{t * 100:g}" for t in _TICKS])
    axes.set_xlim(ndtri(0.0008), ndtri(0.97))
    axes.set_ylim(ndtri(0.0008), ndtri(0.97))
    axes.axline((0, 0), slope=1, color="grey", linewidth=0.7, linestyle=":")
    axes.set_xlabel("APCER, attacks pooled (%)")
    axes.set_ylabel("BPCER (%)")
    axes.set_title("DET: lower left is better; ● at the threshold")
    finish(axes, "upper right")
    return figure


def roc(curves: Sequence[Curve]) -> Figure:
    """Bona fide accepted against attacks accepted, on a logarithmic axis: that is where systems are used."""
    figure, axes = square()
    for curve in curves:
        least = 0.5 / (~curve.live).sum()
        _, apcer, bpcer = det_points(curve.scores, curve.live)
        points = np.maximum(apcer, least), 1 - bpcer
        axes.plot(*points, curve.line, color=curve.colour, label=curve.name)
        accepted, refused = _rates_at(curve)
        axes.plot(max(accepted, least), 1 - refused, "o", color=curve.colour)
    axes.set_xscale("log")
    axes.axvline(0.01, color="grey", linewidth=0.7, linestyle=":")
    axes.set_xlabel("attacks accepted (FPR = APCER, pooled)")
    axes.set_ylabel("bona fide accepted (TPR = 1 - BPCER)")
    axes.set_title("ROC: upper left is better")
    finish(axes, "lower right")
    return figure


def square() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5, 4.6), layout="constrained")
    return figure, figure.subplots()


def finish(axes: Axes, legend: Place) -> None:
    """legend: where it stands; matplotlib's own choice takes long over many points."""
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc=legend)


def _curves(scored: Scored, thresholds: Sequence[float]) -> Iterator[Curve]:
    for index, name in enumerate(scored.systems):
        found = ~np.isnan(scored.scores[:, index])
        scores, live = scored.scores[found, index], scored.live[found]
        if live.any() and not live.all():
            yield Curve(name, scores, live, thresholds[index], index)


def _rates_at(curve: Curve) -> tuple[float, float]:
    """APCER (pooled) and BPCER."""
    accepted = curve.scores >= curve.threshold
    return float(np.mean(accepted[~curve.live])), float(np.mean(~accepted[curve.live]))


def _deviate(rates: Floats, least: float) -> Floats:
    """The normal deviate of a rate; 0 and 1 have none, and stand where a fraction of one error would."""
    return np.asarray(ndtri(np.clip(rates, least, 1 - least)))
