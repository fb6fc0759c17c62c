"""Systems beside each other on the same presentations: is the difference more than luck?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liveness.errors import InputError
from liveness.intervals import bootstrap
from liveness.measure.scored import Scored
from liveness.metrics import Bools, Floats, Strings, auc, eer

MOST = 8
DIFFERENCE_HEAD = ("Model", "presentations", "only the first wrong", "only this wrong", "p", "AUC", "EER %")
_REPEATS = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """A system against the first one, on the presentations in which both found a face.

    only_first, only_other: presentations that only the one or only the other decides wrongly, each at its
    own threshold; p: exact McNemar test, the chance of so uneven a split if both were equally good; auc, eer:
    other minus first, with a 95 % interval over whole ``groups`` drawn anew (sources, else people, else
    pictures).
    """

    system: str
    presentations: int
    only_first: int
    only_other: int
    p: float
    auc: float
    auc_interval: tuple[float, float]
    eer: float
    eer_interval: tuple[float, float]
    groups: str


def differences(scored: Scored) -> list[Difference]:
    """Every other system against the first. Raises InputError for more than eight systems."""
    if len(scored.systems) > MOST:
        raise InputError(f"at most {MOST} systems are compared, got {len(scored.systems)}")
    return [_difference(scored, index) for index in range(1, len(scored.systems))]


def difference_row(found: Difference) -> list[str]:
    """In words, under ``DIFFERENCE_HEAD``."""
    low, high = (end * 100 for end in found.eer_interval)
    return [
        found.system,
        *(str(n) for n in (found.presentations, found.only_first, found.only_other)),
        f"{found.p:.3g}",
        f"{found.auc:+.3f} [{found.auc_interval[0]:+.3f}, {found.auc_interval[1]:+.3f}]",
        f"{found.eer * 100:+.1f} [{low:+.1f}, {high:+.1f}]",
    ]


def difference_text(first: str, found: Sequence[Difference]) -> str:
    """How the rows are to be read."""
    return (
        f"Each against {first}, at its own threshold: presentations that only one of the two gets wrong, "
        "with McNemar's exact p, which takes presentations for independent and is too small where several "
        "show one person or source; and this one's AUC and EER less the first one's, with 95 % intervals, "
        f"{found[0].groups} drawn anew."
    )


def _difference(scored: Scored, index: int) -> Difference:
    from scipy.stats import binomtest

    both = np.asarray(~np.isnan(scored.scores[:, [0, index]]).any(axis=1))
    live, pair = scored.live[both], scored.scores[both][:, [0, index]]
    levels = np.array([scored.thresholds[0], scored.thresholds[index]])
    wrong = (pair >= levels) != live[:, None]
    first, other = (int((wrong[:, i] & ~wrong[:, 1 - i]).sum()) for i in (0, 1))
    word, groups = _groups(scored, both)
    values = [_change(rate, pair, live, groups) for rate in (auc, lambda s, is_live: eer(s, is_live)[0])]
    return Difference(
        system=scored.systems[index],
        presentations=int(both.sum()),
        only_first=first,
        only_other=other,
        p=float(binomtest(first, first + other).pvalue) if first + other else 1.0,
        auc=values[0][0],
        auc_interval=values[0][1],
        eer=values[1][0],
        eer_interval=values[1][1],
        groups=word,
    )


def _groups(scored: Scored, rows: Bools) -> tuple[str, Strings]:
    """What is drawn anew: the widest groups that are known."""
    for name in ("source", "subject"):
        values = scored.columns[name][rows]
        if len(set(values) - {""}) > 1:
            return f"{name}s", values
    return "pictures", np.arange(int(rows.sum())).astype(np.str_)


def _change(rate: object, pair: Floats, live: Bools, groups: Strings) -> tuple[float, tuple[float, float]]:
    """The rate of the second column less that of the first, and its interval."""
    assert callable(rate)

    def of(rows: NDArray[np.intp]) -> float:
        there = live[rows]
        if there.all() or not there.any():
            return float("nan")
        return float(rate(pair[rows, 1], there)) - float(rate(pair[rows, 0], there))

    try:
        return of(np.arange(len(live))), bootstrap(of, groups, _REPEATS)
    except InputError:  # one class is missing, or nothing to draw
        return float("nan"), (float("nan"), float("nan"))
