"""How sure a measured rate is: exact binomial intervals, and intervals over resampled sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from liveness.errors import InputError


def clopper_pearson(errors: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact binomial interval of a rate (Clopper and Pearson, Biometrika 26, 1934): low, high.

    No trials: nothing is known, 0..1. Raises InputError for counts or a confidence that cannot be.
    """
    if not 0 <= errors <= total:
        raise InputError(f"errors must lie in 0..total, got {errors} of {total}")
    if not 0 < confidence < 1:
        raise InputError(f"confidence must lie between 0 and 1, got {confidence}")
    tail = (1 - confidence) / 2
    low = float(betaincinv(errors, total - errors + 1, tail)) if errors > 0 else 0.0
    high = float(betaincinv(errors + 1, total - errors, 1 - tail)) if errors < total else 1.0
    return low, high


@dataclass(frozen=True, slots=True)
class Rate:
    """Errors out of a total, 0..1, with its 95 % Clopper-Pearson interval."""

    errors: int
    total: int

    @property
    def value(self) -> float:
        """The rate; not a number when nothing was counted."""
        return self.errors / self.total if self.total else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        return clopper_pearson(self.errors, self.total)

    def __str__(self) -> str:
        """As people read it: ``3.2 % [1.1, 7.4] 4/125``."""
        if not self.total:
            return "none"
        low, high = self.interval
        return f"{self.value * 100:.1f} % [{low * 100:.1f}, {high * 100:.1f}] {self.errors}/{self.total}"


def bootstrap(
    statistic: Callable[[NDArray[np.intp]], float],
    groups: Sequence[str] | NDArray[np.str_] | NDArray[np.object_],
    repeats: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """A percentile interval of a statistic when whole groups (sources, subjects) are drawn anew: low, high.

    Pictures of one source resemble each other, so single pictures must not be drawn: that would make the
    interval far too narrow. statistic: called with the indices of the drawn rows, which may repeat; draws
    for which it is not a number (a class is missing, say) are left out.
    Raises InputError with fewer than two groups, or when no draw gave a number.
    """
    _, group, counts = np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True, return_counts=True)
    rows = np.split(np.argsort(group, kind="stable"), np.cumsum(counts)[:-1])
    if len(rows) < 2:
        raise InputError(f"resampling needs at least two groups, got {len(rows)}")
    rng = np.random.default_rng(seed)
    draws = (rng.integers(len(rows), size=len(rows)) for _ in range(repeats))
    values = np.array([statistic(np.concatenate([rows[i] for i in draw])) for draw in draws])
    values = values[~np.isnan(values)]
    if not len(values):
        raise InputError("the statistic could not be computed on any draw of the groups")
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
