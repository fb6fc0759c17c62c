"""Rates of presentation attack detection as ISO/IEC 30107-3 defines them, on plain arrays.

Everywhere: ``scores`` float (n,), higher is more bona fide, NaN where no face was found; ``bona_fide`` bool
(n,); ``species`` str (n,), the PAI species of attacks, ignored for bona fide. A presentation is accepted
when ``score >= threshold``.

- APCER(species): accepted attacks of a species / its attacks; APCER: that of the worst species.
- BPCER: refused bona fide presentations / bona fide presentations.
- APNRR, BPNRR: presentations without a found face / presentations. End to end such a presentation is refused.
- BPCER_AP: BPCER at the lowest threshold at which no species passes more often than 1 in AP.
- For papers only: ACER, mean of APCER and BPCER; HTER, the same with all attacks pooled; EER, where these
  two are closest; AUC, all attacks pooled; TPR at FPR 1 %, the bona fide share that is accepted when at most
  1 % of all attacks pooled pass.

Attacks of no single known species ("" and ``mixed``) are shown as ``unknown``. They never stand for the
worst species, unless no attack has a species: then all attacks are one group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from liveness.errors import InputError
from liveness.intervals import Rate

Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Texts: TypeAlias = NDArray[np.object_]  # of str, which many rows may share
Strings: TypeAlias = Sequence[str] | NDArray[np.str_] | Texts

UNKNOWN = "unknown"
APCER_LEVELS = (0.01, 0.05, 0.10)
PAPER_FPR = 0.01


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The BPCER at the lowest threshold at which no species passes more often than ``apcer``."""

    apcer: float
    threshold: float
    bpcer: Rate


@dataclass(frozen=True, slots=True)
class PadReport:
    """Rates at one threshold, with counts.

    Rates per species are sorted worst first. bpcer_at: operating points fixed on the very data that they
    are measured on, to compare score distributions; auc, eer and tpr (bona fide accepted at FPR 1 %)
    likewise, all attacks pooled. NaN, or no point, when a class is missing.
    """

    threshold: float
    bpcer: Rate
    apcer_by_species: Mapping[str, Rate]
    apcer_pooled: Rate
    bpnrr: Rate
    apnrr_by_species: Mapping[str, Rate]
    auc: float
    eer: float
    tpr: Rate
    bpcer_at: tuple[OperatingPoint, ...]

    @property
    def worst_species(self) -> str:
        """Where the most attacks pass; ``unknown`` only when no species is known, "" without attacks."""
        return _worst(self.apcer_by_species)

    @property
    def apcer(self) -> Rate:
        """That of the worst species."""
        return self.apcer_by_species.get(self.worst_species, Rate(0, 0))

    @property
    def apnrr(self) -> Rate:
        """Over all attacks."""
        rates = self.apnrr_by_species.values()
        return Rate(sum(r.errors for r in rates), sum(r.total for r in rates))

    @property
    def bpcer_end_to_end(self) -> Rate:
        """With bona fide presentations without a found face counted as refused."""
        return Rate(self.bpcer.errors + self.bpnrr.errors, self.bpnrr.total)

    @property
    def apcer_end_to_end(self) -> Rate:
        """Of the worst species, with attacks without a found face counted as refused."""
        whole = {
            name: Rate(self.apcer_by_species[name].errors, rate.total)
            for name, rate in self.apnrr_by_species.items()
        }
        return whole.get(_worst(whole), Rate(0, 0))

    @property
    def acer(self) -> float:
        return (self.apcer.value + self.bpcer.value) / 2

    @property
    def hter(self) -> float:
        return (self.apcer_pooled.value + self.bpcer.value) / 2


def evaluate_scores(
    scores: Floats, bona_fide: Bools, species: Strings | None = None, *, threshold: float
) -> PadReport:
    """Every rate at a threshold that was chosen on other data.

    Raises InputError when the arrays differ in length or the threshold is not a number.
    """
    scores, bona_fide, kinds = _checked(scores, bona_fide, species)
    if np.isnan(threshold):
        raise InputError("the threshold is not a number")
    found = ~np.isnan(scores)
    accepted = np.where(found, scores, -np.inf) >= threshold
    groups = {name: (kinds == name) & ~bona_fide for name in sorted(set(kinds[~bona_fide]))}
    apcer = {name: _rate(accepted, rows & found) for name, rows in groups.items()}
    order = sorted(apcer, key=lambda name: (name == UNKNOWN, -_sortable(apcer[name])))
    judged, live = scores[found], bona_fide[found]
    both = bool(live.any() and not live.all())
    points = [_operating_point(judged, live, kinds[found], level) for level in APCER_LEVELS if both]
    return PadReport(
        threshold=float(threshold),
        bpcer=_rate(~accepted, bona_fide & found),
        apcer_by_species={name: apcer[name] for name in order},
        apcer_pooled=_rate(accepted, ~bona_fide & found),
        bpnrr=_rate(~found, bona_fide),
        apnrr_by_species={name: _rate(~found, groups[name]) for name in order},
        auc=auc(judged, live) if both else float("nan"),
        eer=eer(judged, live)[0] if both else float("nan"),
        tpr=tpr_at_fpr(judged, live) if both else Rate(0, 0),
        bpcer_at=tuple(points),
    )


def threshold_at_apcer(
    scores: Floats,
    bona_fide: Bools,
    species: Strings | None = None,
    *,
    apcer: float,
    weights: Floats | None = None,
) -> float:
    """The lowest threshold at which no species passes more often than ``apcer``, exact at ties.

    It lies one float above the attack score that must not pass, so it can exceed 1 when that score is 1.
    species None: all attacks are one group. weights: of each row, see ``source_weights``.
    Raises InputError without attacks or for an ``apcer`` outside 0 <= apcer < 1.
    """
    scores, bona_fide, kinds = _checked(scores, bona_fide, species)
    if not 0 <= apcer < 1:
        raise InputError(f"the APCER asked for must lie in 0..1, got {apcer}")
    attacks = ~bona_fide & ~np.isnan(scores)
    if not attacks.any():
        raise InputError("a threshold at an APCER needs attacks with a score")
    heavy = np.ones(len(scores)) if weights is None else np.asarray(weights, dtype=np.float64)
    groups = [attacks & (kinds == name) for name in _counted(set(kinds[attacks]))]
    return max(_lowest(scores[rows], heavy[rows], apcer) for rows in groups)


def source_weights(sources: Strings, bona_fide: Bools) -> Floats:
    """Weights under which each source weighs the same within its class, however many pictures it has."""
    weights = np.zeros(len(bona_fide))
    names = np.asarray(sources)
    for live in (True, False):
        rows = np.asarray(bona_fide) == live
        values, inverse, counts = np.unique(names[rows], return_inverse=True, return_counts=True)
        weights[rows] = 1 / (counts[inverse] * len(values))
    return weights


def auc(scores: Floats, bona_fide: Bools) -> float:
    """Chance that a bona fide presentation scores above an attack, ties counting half.

    Raises InputError when a class is missing.
    """
    live, attack = _classes(scores, bona_fide)
    attack = np.sort(attack)
    below = np.searchsorted(attack, live, "left")
    not_above = np.searchsorted(attack, live, "right")
    return float((below + not_above).mean() / (2 * len(attack)))


def eer(scores: Floats, bona_fide: Bools) -> tuple[float, float]:
    """Equal error rate with all attacks pooled, and its threshold: where the two rates are closest.

    The rate is their mean there, as in bob.measure. Raises InputError when a class is missing.
    """
    live, attack = _classes(scores, bona_fide)
    thresholds, apcer, bpcer = det_points(scores, bona_fide)
    # In whole numbers: rounding must not decide between two equally close points.
    gaps = np.abs(np.round((apcer - bpcer) * (len(live) * len(attack))))
    best = int(np.argmin(gaps))
    return float((apcer[best] + bpcer[best]) / 2), float(thresholds[best])


def tpr_at_fpr(scores: Floats, bona_fide: Bools, fpr: float = PAPER_FPR) -> Rate:
    """Bona fide presentations accepted at the lowest threshold at which at most ``fpr`` of the attacks pass.

    All attacks pooled. Raises InputError when a class is missing.
    """
    live, _ = _classes(scores, bona_fide)
    threshold = threshold_at_apcer(scores, bona_fide, apcer=fpr)
    return Rate(int(np.count_nonzero(live >= threshold)), len(live))


def det_points(scores: Floats, bona_fide: Bools) -> tuple[Floats, Floats, Floats]:
    """Thresholds, rising, and the pooled APCER and BPCER at each: every point that the data can give.

    Raises InputError when a class is missing.
    """
    live, attack = _classes(scores, bona_fide)
    values = np.unique(np.concatenate([live, attack]))
    thresholds = np.append(values, np.nextafter(values[-1], np.inf))
    apcer = 1 - np.searchsorted(np.sort(attack), thresholds, "left") / len(attack)
    bpcer = np.searchsorted(np.sort(live), thresholds, "left") / len(live)
    return thresholds, apcer, bpcer


def _operating_point(scores: Floats, live: Bools, kinds: NDArray[np.str_], apcer: float) -> OperatingPoint:
    threshold = threshold_at_apcer(scores, live, kinds, apcer=apcer)
    return OperatingPoint(apcer, threshold, _rate(scores < threshold, live))


def _lowest(scores: Floats, weights: Floats, share: float) -> float:
    """The lowest threshold that lets at most this share of the weight pass."""
    values, inverse = np.unique(scores, return_inverse=True)
    passing = np.cumsum(np.bincount(inverse, weights)[::-1])[::-1] / weights.sum()
    # The smallest excess is a rounding of the sum, not an attack.
    blocked = values[passing > share + 1e-12]
    return float(np.nextafter(blocked[-1], np.inf))


def _counted(names: set[str]) -> set[str]:
    """The groups that an APCER is taken over: known species, else all attacks together."""
    return {str(n) for n in names} - {UNKNOWN} or {UNKNOWN}


def _worst(rates: Mapping[str, Rate]) -> str:
    names = [name for name in rates if name in _counted(set(rates))]
    return max(names, key=lambda name: _sortable(rates[name]), default="")


def _sortable(rate: Rate) -> float:
    return rate.value if rate.total else -1.0


def _rate(errors: Bools, rows: Bools) -> Rate:
    return Rate(int(np.count_nonzero(errors & rows)), int(np.count_nonzero(rows)))


def _classes(scores: Floats, bona_fide: Bools) -> tuple[Floats, Floats]:
    """Scores of bona fide presentations and of attacks; faces that were not found are left out."""
    scores, bona_fide, _ = _checked(scores, bona_fide, None)
    found = ~np.isnan(scores)
    live, attack = scores[bona_fide & found], scores[~bona_fide & found]
    if not len(live) or not len(attack):
        raise InputError(
            f"both classes are needed, got {len(live)} bona fide and {len(attack)} attack scores"
        )
    return live, attack


def _checked(
    scores: Floats, bona_fide: Bools, species: Strings | None
) -> tuple[Floats, Bools, NDArray[np.str_]]:
    values = np.asarray(scores, dtype=np.float64)
    live = np.asarray(bona_fide, dtype=bool)
    names = ["" if s == "mixed" else s for s in species] if species is not None else [""] * len(values)
    kinds = np.array([name or UNKNOWN for name in names], dtype=np.str_)
    if not values.ndim == live.ndim == 1 or not len(values) == len(live) == len(kinds):
        raise InputError(
            "scores, labels and species must be equally long, "
            f"got {values.shape}, {live.shape} and {kinds.shape}"
        )
    return values, live, kinds
