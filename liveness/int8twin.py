"""Which of a model and its int8 twin to use here: measured when it is loaded, never assumed."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from liveness.classify import OnnxClassifier
from liveness.crop import crop
from liveness.stopwatch import drawn_frame
from liveness.types import Box

_ROUNDS = 7
_WORTH = 1.15  # times faster, or the twin is not worth its rounding


@dataclass(frozen=True, slots=True)
class Choice:
    """classifier: the one to use; reason: why, in words."""

    classifier: OnnxClassifier
    reason: str


def twin_path(model: Path) -> Path:
    """Where ``liveness export --int8`` puts the twin."""
    return model.with_name(f"{model.stem}.int8{model.suffix}")


@lru_cache(maxsize=8)
def fastest(plain: OnnxClassifier) -> Choice:
    """The int8 twin beside the model when it is of the same model, faster here, and agrees on every verdict.

    Compared on 24 crops of one photograph, lit and framed in different ways: enough to find a twin that is
    broken or slow, not to measure its error rates (``liveness export --int8`` does that on a data set).
    The answer for a classifier is kept. Raises ModelError when there is a twin that is refused.
    """
    path = twin_path(plain.path)
    if not path.is_file():
        return Choice(plain, "no int8 twin beside the model")
    twin = OnnxClassifier(path)
    if _kin(twin) != _kin(plain):
        return Choice(plain, f"{path.name} is the twin of another model")
    crops = _crops(plain)
    flipped = (twin.score_crops(crops) >= twin.threshold) != (plain.score_crops(crops) >= plain.threshold)
    if flipped.any():
        return Choice(plain, f"{path.name} gives {int(flipped.sum())} of {len(crops)} other verdicts")
    gain = _gain(plain, twin, crops[:1])
    if gain < _WORTH:
        return Choice(plain, f"{path.name} is not faster on this machine ({gain:.2f} x)")
    return Choice(twin, f"{path.name} is {gain:.1f} x as fast here, with the same verdicts")


def _kin(classifier: OnnxClassifier) -> object:
    """What a model and its twin have in common."""
    return replace(classifier.info, metrics={}, created="", package_version="")


def _crops(classifier: OnnxClassifier) -> NDArray[np.uint8]:
    """A face (scikit-image's astronaut) moved and lit differently: uint8 RGB (24, height, width, 3)."""
    image, face = drawn_frame(640, 480)
    crops = []
    for i in range(24):
        box = face.box.mapped(1, 1, 4 * (i % 5) - 8, 3 * (i % 3) - 3)
        grown = Box(box.left - i, box.top - i, box.right + i, box.bottom + i)
        lit = np.clip(image * (0.5 + 0.06 * (i % 12)), 0, 255).astype(np.uint8)
        crops.append(crop(lit, grown, classifier.info.input.crop))
    return np.stack(crops)


def _gain(plain: OnnxClassifier, twin: OnnxClassifier, one: NDArray[np.uint8]) -> float:
    """Median time of a float32 pass over that of an int8 pass, in turns so that load hits both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS):
        for kept, classifier in zip(times, (plain, twin)):
            started = perf_counter()
            classifier.score_crops(one)
            kept.append(perf_counter() - started)
    return statistics.median(times[0]) / statistics.median(times[1])
