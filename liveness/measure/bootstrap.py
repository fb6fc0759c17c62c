"""Intervals of rates when whole sources or subjects are drawn anew, as Clopper-Pearson cannot give them.

Clopper-Pearson takes every presentation for an independent trial. Pictures of one person, or of one camera
and room, are not: drawing whole groups shows how much the rate hangs on which of them happened to be there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from liveness.errors import InputError
from liveness.intervals import bootstrap
from liveness.metrics import Bools, Floats, Strings, auc, eer, threshold_at_apcer

GROUP_COLUMNS = ("subject", "source")
REPEATS = 200


@dataclass(frozen=True, slots=True)
class Spread:
    """95 % percentile intervals (low, high) of pooled rates by name; ``groups`` of ``column`` were drawn."""

    column: str
    groups: int
    intervals: Mapping[str, tuple[float, float]]


def spread(
    scores: Floats,
    bona_fide: Bools,
    groups: Strings,
    column: str,
    *,
    threshold: float,
    repeats: int = REPEATS,
) -> Spread | None:
    """Intervals of APCER (attacks pooled), BPCER, HTER, EER, AUC and BPCER at APCER 5 %.

    scores: NaN are left out; groups: str (n,), the group of each row; rows without one ("") are groups of
    their own. None when fewer than two groups have a name: there is nothing to draw.
    """
    ranked = ranking_spread(scores, bona_fide, groups, column, repeats)
    return ranked and at_threshold(ranked, scores, bona_fide, groups, threshold, repeats)


def ranking_spread(
    scores: Floats, bona_fide: Bools, groups: Strings, column: str, repeats: int = REPEATS
) -> Spread | None:
    """Only what no threshold changes: EER, AUC and BPCER at APCER 5 %."""
    own, live, drawn, named = _drawn_from(scores, bona_fide, groups)
    if named < 2:
        return None
    intervals = {}
    for name, rate in _RANKING.items():
        try:
            intervals[name] = bootstrap(_of_rows(rate, own, live), drawn, repeats)
        except InputError:  # no draw held both classes
            intervals[name] = float("nan"), float("nan")
    return Spread(column, named, intervals)


def at_threshold(
    ranked: Spread,
    scores: Floats,
    bona_fide: Bools,
    groups: Strings,
    threshold: float,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Spread:
    """With APCER, BPCER and HTER at a threshold beside them: counts of whole groups, so it is quick."""
    own, live, drawn, _ = _drawn_from(scores, bona_fide, groups)
    names, place = np.unique(drawn, return_inverse=True)
    wrong = np.where(live, own < threshold, own >= threshold)
    kinds = [(attacks_or_live & wrong, attacks_or_live) for attacks_or_live in (~live, live)]
    counts = np.stack([np.bincount(place[rows], minlength=len(names)) for pair in kinds for rows in pair])
    rng = np.random.default_rng(seed)
    draws = (rng.integers(len(names), size=len(names)) for _ in range(repeats))
    drawn_counts = np.stack([counts @ np.bincount(draw, minlength=len(names)) for draw in draws], axis=1)
    rates = {}
    for name, (errors, total) in zip(("apcer_pooled", "bpcer"), drawn_counts.reshape(2, 2, repeats)):
        rates[name] = np.divide(errors, total, out=np.full(repeats, np.nan), where=total > 0)
    rates["hter"] = (rates["apcer_pooled"] + rates["bpcer"]) / 2
    return replace(ranked, intervals={**{n: _middle(v) for n, v in rates.items()}, **ranked.intervals})


def _drawn_from(
    scores: Floats, bona_fide: Bools, groups: Strings
) -> tuple[Floats, Bools, NDArray[np.str_], int]:
    """Found scores, their classes and groups, and how many groups have a name."""
    found = ~np.isnan(scores)
    names = np.asarray(groups, dtype=np.str_)[found]
    alone = np.char.add("\0", np.arange(len(names)).astype(np.str_))
    drawn = np.where(names == "", alone, names)
    return np.asarray(scores)[found], np.asarray(bona_fide)[found], drawn, len(set(names) - {""})


def _middle(values: Floats) -> tuple[float, float]:
    """The middle 95 % of the draws that gave a number."""
    values = values[~np.isnan(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _of_rows(
    rate: Callable[[Floats, Bools], float], scores: Floats, live: Bools
) -> Callable[[NDArray[np.intp]], float]:
    def of(rows: NDArray[np.intp]) -> float:
        there = live[rows]
        return rate(scores[rows], there) if there.any() and not there.all() else float("nan")

    return of


def _bpcer_at_5(scores: Floats, live: Bools) -> float:
    return float(np.mean(scores[live] < threshold_at_apcer(scores, live, apcer=0.05)))


_RANKING: Mapping[str, Callable[[Floats, Bools], float]] = {
    "eer": lambda scores, live: eer(scores, live)[0],
    "auc": auc,
    "bpcer_at_5": _bpcer_at_5,
}
