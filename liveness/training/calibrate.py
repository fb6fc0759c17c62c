"""Out-of-fold scores -> scores that mean something, and the threshold that ships.

A network's score is sure of itself on faces like those that it was trained on. Scores of pictures that no
network had seen (of folds, pooled) say what its score is worth elsewhere: Platt's scaling (Platt,
"Probabilistic outputs for support vector machines", 1999) moves and stretches the logit until the score is
the share of bona fide presentations among those that score so, classes and sources weighing the same.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liveness.errors import InputError
from liveness.metrics import source_weights, threshold_at_apcer
from liveness.types import Label

Floats = NDArray[np.float64]
_SURE = 1e-9
_NEEDED = ("label", "pai_species", "source", "score")


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores of presentations that the network had not seen: arrays of one length, score in 0..1."""

    score: Floats
    bona_fide: NDArray[np.bool_]
    species: NDArray[np.str_]
    source: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Calibration:
    """The new logit is ``scale`` times the old one plus ``shift``; score >= threshold is bona fide."""

    scale: float
    shift: float
    threshold: float
    operating_point: str


def read_scores(paths: Sequence[Path]) -> Scores:
    """CSV files with the columns label, pai_species, source and score, pooled: ``dev_scores.csv`` of the runs
    of the folds, or ``scores.csv`` of evaluations. Rows without a score (no face was found) are left out.

    Raises InputError for a missing file or column, or a value that is not a label or score.
    """
    rows = [row for path in paths for row in _rows(path)]
    return Scores(
        np.array([score for score, *_ in rows], dtype=np.float64),
        np.array([live for _, live, *_ in rows], dtype=np.bool_),
        np.array([species for *_, species, _ in rows], dtype=np.str_),
        np.array([source for *_, source in rows], dtype=np.str_),
    )


def calibrate(scores: Scores, apcer: float) -> Calibration:
    """Fit the scaling, and the lowest threshold at which no species passes more often than ``apcer``.

    Raises InputError when a class is missing or the scores do not rise with being bona fide.
    """
    from sklearn.linear_model import LogisticRegression

    live = scores.bona_fide
    if live.all() or not live.any():
        raise InputError("calibration needs scores of bona fide presentations and of attacks")
    logits, weights = _logit(scores.score), source_weights(scores.source, live)
    fit = LogisticRegression(C=1e6).fit(logits[:, None], live, sample_weight=weights * len(live) / 2)
    scale, shift = float(fit.coef_[0, 0]), float(fit.intercept_[0])
    if scale <= 0:
        raise InputError(
            f"these scores fall where they should rise (scale {scale:.3g}): nothing to calibrate"
        )
    new = apply(scores.score, scale, shift)
    threshold = threshold_at_apcer(new, live, scores.species, apcer=apcer, weights=weights)
    if threshold > 1:
        raise InputError(f"no threshold holds APCER {apcer:.0%}: too many attacks score 1")
    sources = len(set(scores.source))
    point = f"APCER {apcer:.0%} of the worst species, {len(live)} out-of-fold scores, {sources} sources alike"
    return Calibration(scale, shift, threshold, point)


def apply(score: Floats, scale: float, shift: float) -> Floats:
    """Calibrated scores in 0..1, float64 (n,)."""
    return np.asarray(np.exp(-np.logaddexp(0, -(scale * _logit(score) + shift))))


def _logit(score: Floats) -> Floats:
    inside = np.clip(score, _SURE, 1 - _SURE)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _rows(path: Path) -> Iterable[tuple[float, bool, str, str]]:
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(f"{path.name} needs the columns {', '.join(_NEEDED)}: no {', '.join(missing)}")
        for number, row in enumerate(reader, start=2):
            if row["score"] == "":
                continue
            try:
                score, label = float(row["score"]), Label(row["label"])
            except ValueError as error:
                raise InputError(f"{path.name}, line {number}: {error}") from error
            if not 0 <= score <= 1:
                raise InputError(f"{path.name}, line {number}: scores lie in 0..1, got {score}")
            yield score, label is Label.BONA_FIDE, row["pai_species"] or "", row["source"] or ""
