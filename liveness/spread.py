"""Intervals of rates when whole sources or subjects are drawn anew, as Clopper-Pearson cannot give them.

Clopper-Pearson takes every presentation for an independent trial. Pictures of one person, or of one camera
and room, are not: drawing whole groups shows how much the rate hangs on which of them happened to be there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

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
    found = ~np.isnan(scores)
    own, live = np.asarray(scores)[found], np.asarray(bona_fide)[found]
    names = np.asarray(groups, dtype=np.str_)[found]
    named = set(names) - {""}
    if len(named) < 2:
        return None
    alone = np.char.add("\0", np.arange(len(names)).astype(np.str_))
    drawn = np.where(names == "", alone, names)
    intervals = {}
    for name, rate in _RATES.items():
        try:
            intervals[name] = bootstrap(_of_rows(rate, own, live, threshold), drawn, repeats)
        except InputError:  # no draw held both classes
            intervals[name] = float("nan"), float("nan")
    return Spread(column, len(named), intervals)


def _of_rows(
    rate: Callable[[Floats, Bools, float], float], scores: Floats, live: Bools, threshold: float
) -> Callable[[NDArray[np.intp]], float]:
    def of(rows: NDArray[np.intp]) -> float:
        there = live[rows]
        return rate(scores[rows], there, threshold) if there.any() and not there.all() else float("nan")

    return of


def _apcer(scores: Floats, live: Bools, threshold: float) -> float:
    return float(np.mean(scores[~live] >= threshold))


def _bpcer(scores: Floats, live: Bools, threshold: float) -> float:
    return float(np.mean(scores[live] < threshold))


def _bpcer_at(scores: Floats, live: Bools, _: float) -> float:
    return float(np.mean(scores[live] < threshold_at_apcer(scores, live, apcer=0.05)))


_RATES: Mapping[str, Callable[[Floats, Bools, float], float]] = {
    "apcer_pooled": _apcer,
    "bpcer": _bpcer,
    "hter": lambda s, live, t: (_apcer(s, live, t) + _bpcer(s, live, t)) / 2,
    "eer": lambda s, live, _: eer(s, live)[0],
    "auc": lambda s, live, _: auc(s, live),
    "bpcer_at_5": _bpcer_at,
}
