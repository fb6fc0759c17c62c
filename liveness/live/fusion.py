"""Score and cues of a stretch of frames, joined into one score: a logistic regression that can be read.

It is a JSON file with a weight for each feature. None ships: what it learns from a few clips is how those
attacks were held and filmed. It is used where its file is named, and nowhere else.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from liveness.cues import CUES
from liveness.errors import InputError
from liveness.jsonable import from_dict, to_dict

SCORE = "score"  # the network's own, as a logit; the other features are names of cues


@dataclass(frozen=True, slots=True)
class Feature:
    """mean, spread: over the windows that it was fitted on; weight: of (value - mean) / spread in the logit.

    Where a window has no value, the feature says nothing: its part is 0.
    """

    name: str
    mean: float
    spread: float
    weight: float


@dataclass(frozen=True, slots=True)
class FusionReport:
    """What was found on clips of sources that the fit had not seen. Each interval is of 95 %.

    windows, clips: (bona fide, attack); auc, score_auc: of clips, by the fusion and by the network's score
    alone; gain: their difference, with gain_low and gain_high over drawn sources; refused, passed: bona fide
    and attack clips on the wrong side of the threshold, as text with counts and exact intervals.
    claim: what these numbers allow to be said, in one sentence.
    """

    sources: int
    clips: tuple[int, int]
    windows: tuple[int, int]
    auc: float
    score_auc: float
    gain: float
    gain_low: float
    gain_high: float
    refused: str
    passed: str
    claim: str


@dataclass(frozen=True, slots=True)
class Fusion:
    """score >= threshold is bona fide; window: seconds of a stretch."""

    features: tuple[Feature, ...]
    bias: float
    window: float
    report: FusionReport
    threshold: float = 0.5

    def __post_init__(self) -> None:
        known = {SCORE, *CUES}
        for feature in self.features:
            if feature.name not in known or not feature.spread > 0:
                raise InputError(
                    f"a fusion knows {', '.join(sorted(known))}, each with a spread above 0; got {feature}"
                )
        if self.window <= 0:
            raise InputError(f"a fusion's window must be longer than 0 seconds, got {self.window:g}")

    def __call__(self, values: Mapping[str, float | None], score: float | None) -> float:
        """The bona fide score in 0..1. values: of cues; score: the network's, 0..1; None is unknown."""
        logit = self.bias
        seen = {**values, SCORE: None if score is None else to_logit(score)}
        for feature in self.features:
            value = seen.get(feature.name)
            if value is not None:
                logit += feature.weight * (value - feature.mean) / feature.spread
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))


def to_logit(score: float) -> float:
    """Log-odds, no larger than a single overconfident frame deserves."""
    inside = min(max(score, 1e-4), 1 - 1e-4)
    return math.log(inside / (1 - inside))


def save_fusion(fusion: Fusion, path: Path) -> None:
    """Written beside its place and moved there."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(json.dumps(to_dict(fusion), indent=2) + "\n", encoding="utf-8")
    beside.replace(path)


def load_fusion(path: Path | str) -> Fusion:
    """Raises InputError for a file that is missing or is no fusion."""
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"the fusion {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"the fusion {path} is not JSON: {error}") from error
    return from_dict(Fusion, values, Path(path).name)
