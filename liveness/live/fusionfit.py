"""Windows of clips -> a fusion, and what it is worth on sources that it has not seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liveness.errors import InputError
from liveness.intervals import Rate, bootstrap
from liveness.live.cueclip import CueWindow
from liveness.live.fusion import SCORE, Feature, Fusion, FusionReport, to_logit
from liveness.metrics import auc, source_weights

FEWEST = 8  # sources, before anything is claimed
_STRENGTH = 0.3  # inverse of the ridge penalty: a few dozen windows carry only small weights
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip's windows. source: whose, where and with which camera; folds keep it together."""

    name: str
    source: str
    live: bool
    windows: tuple[CueWindow, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """A row a window, a column a feature; nan where there was nothing to measure."""

    names: tuple[str, ...]
    values: Floats
    live: NDArray[np.bool_]
    source: NDArray[np.str_]
    clip: NDArray[np.intp]

    def rows(self, chosen: NDArray[np.bool_]) -> _Table:
        return _Table(
            self.names, self.values[chosen], self.live[chosen], self.source[chosen], self.clip[chosen]
        )


def fit_fusion(clips: Sequence[Clip], window: float, names: Sequence[str]) -> Fusion:
    """Fit on all clips; the report is of fits that had not seen a clip's source.

    names: of cues; the network's score is always a feature. Raises InputError with a clip that has no source,
    with fewer than three sources, or when two of them do not hold both classes.
    """
    used = [clip for clip in clips if any(w.views for w in clip.windows)]
    _check(used)
    table = _table(used, (SCORE, *names))
    unseen = np.full(len(table.live), np.nan)
    for inside in _folds(table):
        features, bias = _fit(table.rows(~inside))
        unseen[inside] = _scores(table.rows(inside), features, bias)
    features, bias = _fit(table)
    return Fusion(features, bias, window, _report(used, table, unseen))


def _check(clips: Sequence[Clip]) -> None:
    for clip in clips:
        if not clip.source:
            raise InputError(
                f"{clip.name} has no source: a manifest with a column source (or subject) must say which "
                "clips belong together, or the fit would be tested on people that it has seen"
            )
    both = {c.source for c in clips if c.live} & {c.source for c in clips if not c.live}
    sources = {clip.source for clip in clips}
    if len(sources) < 3 or len(both) < 2:
        raise InputError(
            "a fusion needs clips with a face of at least three sources, two of them with both classes; "
            f"found {len(sources)}, {len(both)} of them with both"
        )


def _table(clips: Sequence[Clip], names: tuple[str, ...]) -> _Table:
    rows = [(i, clip, window) for i, clip in enumerate(clips) for window in clip.windows if window.views]
    values = [[_value(window, name) for name in names] for _, _, window in rows]
    return _Table(
        names,
        np.array(values, dtype=np.float64),
        np.array([clip.live for _, clip, _ in rows]),
        np.array([clip.source for _, clip, _ in rows]),
        np.array([i for i, _, _ in rows], dtype=np.intp),
    )


def _value(window: CueWindow, name: str) -> float:
    value = window.values.get(name) if name != SCORE else window.score
    if value is None:
        return float("nan")
    return to_logit(value) if name == SCORE else value


def _folds(table: _Table) -> Iterator[NDArray[np.bool_]]:
    """Rows to leave out: one source after another."""
    for source in sorted(set(table.source)):
        yield table.source == source


def _fit(table: _Table) -> tuple[tuple[Feature, ...], float]:
    """Ridge-penalised logistic regression, sources alike within their class; absent values are the mean."""
    from sklearn.linear_model import LogisticRegression

    known = ~np.isnan(table.values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, table.values, 0).sum(axis=0) / count
    spread = np.sqrt(np.where(known, (table.values - mean) ** 2, 0).sum(axis=0) / count)
    spread = np.where(spread > 1e-9, spread, 1.0)
    scaled = np.where(known, (table.values - mean) / spread, 0.0)
    weights = source_weights(table.source, table.live) * len(table.live) / 2
    fit = LogisticRegression(C=_STRENGTH).fit(scaled, table.live, sample_weight=weights)
    features = tuple(
        Feature(name, float(m), float(s), float(w))
        for name, m, s, w in zip(table.names, mean, spread, fit.coef_[0])
    )
    return features, float(fit.intercept_[0])


def _scores(table: _Table, features: tuple[Feature, ...], bias: float) -> Floats:
    parts = [f.weight * (table.values[:, i] - f.mean) / f.spread for i, f in enumerate(features)]
    return np.asarray(1 / (1 + np.exp(-(bias + np.nansum(parts, axis=0)))))


def _report(clips: Sequence[Clip], table: _Table, unseen: Floats) -> FusionReport:
    """A clip counts once, by the median of its windows."""
    numbers = sorted(set(table.clip.tolist()))
    joined = np.array([np.median(unseen[table.clip == i]) for i in numbers])
    alone = np.array([_median(table.values[table.clip == i, 0]) for i in numbers])
    live = np.array([clips[i].live for i in numbers])
    source = np.array([clips[i].source for i in numbers])

    def gain(rows: NDArray[np.intp]) -> float:
        if live[rows].all() or not live[rows].any():
            return float("nan")
        return auc(joined[rows], live[rows]) - auc(alone[rows], live[rows])

    low, high = bootstrap(gain, source)
    sources = len(set(source))
    return FusionReport(
        sources,
        (int(live.sum()), int((~live).sum())),
        (int(table.live.sum()), int((~table.live).sum())),
        auc(joined, live),
        auc(alone, live),
        gain(np.arange(len(live))),
        low,
        high,
        str(Rate(int((joined[live] < 0.5).sum()), int(live.sum()))),
        str(Rate(int((joined[~live] >= 0.5).sum()), int((~live).sum()))),
        _claim(sources, low),
    )


def _claim(sources: int, low: float) -> str:
    if sources < FEWEST:
        return f"nothing can be claimed: {sources} sources, at least {FEWEST} are wanted"
    if low <= 0:
        return f"no gain over the network's score was shown on {sources} sources: the interval holds 0"
    return f"clips of unseen sources were told apart better than by the network's score, {sources} sources"


def _median(logits: Floats) -> float:
    known = logits[~np.isnan(logits)]
    return float(np.median(known)) if len(known) else 0.0
