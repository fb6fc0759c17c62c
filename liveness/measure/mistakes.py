"""The worst mistakes of an evaluation as pictures: found again where they were when they were judged."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from liveness.data.prepare import cut_region, video_moments
from liveness.errors import InputError
from liveness.frames import read_photo
from liveness.measure.evaluate import Evaluation
from liveness.measure.judging import is_video
from liveness.measure.scored import Scored
from liveness.types import Image, Label, Sample

_SIDE = 240


def worst(
    done: Evaluation, index: int = 0, threshold: float | None = None, most: int = 24
) -> list[tuple[int, str, Image]]:
    """Row, caption and picture (uint8 RGB, longer side 240) of faces on the wrong side, the furthest first.

    Pictures that were moved or deleted since are left out.
    """
    found = []
    for row in done.scored.mistakes(index, threshold, most):
        try:
            found.append((row, caption(done.scored, row, index), _thumbnail(done, row)))
        except InputError:
            continue
    return found


def caption(scored: Scored, row: int, index: int) -> str:
    """What a presentation is, and its score."""
    kind = "Live" if scored.live[row] else f"Spoof: {scored.species[row] or 'unknown'}"
    return f"{kind}, score {scored.scores[row, index]:.3f}"


def picture_of(done: Evaluation, row: int) -> Image:
    """The picture of a presentation, or the first judged frame of its clip; uint8 RGB (height, width, 3).

    Raises InputError when it is gone.
    """
    places = done.scored.places
    path, seconds = Path(done.facts.root) / places["path"][row], places["seconds"][row]
    sample = Sample(path, Label.ATTACK, seconds=float(seconds) if seconds else None)
    if not path.is_file():
        raise InputError(f"{path.name} is no longer where it was evaluated")
    if is_video(sample):
        return next(iter(video_moments(sample, 1)))[1]()
    return read_photo(path).image


def _thumbnail(done: Evaluation, row: int) -> Image:
    """The face with what surrounds it."""
    image, box = picture_of(done, row), done.scored.box(row)
    if box is not None:
        image, _ = cut_region(image, box, _SIDE // 2)
    scale = _SIDE / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
