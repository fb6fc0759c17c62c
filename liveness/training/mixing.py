"""Pictures mixed of two: nobody can say whether they are bona fide, but a teacher has an answer to each.

What a network copies of its teachers holds on new faces as far as it saw them answer beyond its few
thousand pictures ("Knowledge distillation: a good teacher is patient and consistent", Beyer et al., 2022).
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.errors import DatasetError
from liveness.frames import PHOTO_SUFFIXES, read_photo
from liveness.training.augment import changed
from liveness.types import Image

Rng: TypeAlias = np.random.Generator
_PATCHED = 0.3  # share of the mixed pictures that have a patch of the other one instead of a blend
_MOST = 0.85  # of the other picture in a blend


def mixed(crops: NDArray[np.uint8], others: NDArray[np.uint8], rng: Rng) -> NDArray[np.uint8]:
    """Each crop blended with another picture, or with a patch of it, and recoloured a little.

    crops, others: uint8 RGB (n, size, size, 3).
    """
    shares = rng.uniform(0, _MOST, (len(crops), 1, 1, 1))
    made = crops * (1 - shares) + others * shares
    for place in np.flatnonzero(rng.random(len(crops)) < _PATCHED):
        made[place] = _patched(crops[place], others[place], rng)
    made *= np.exp(rng.normal(0, 0.15, (len(crops), 1, 1, 3)))
    return np.asarray(np.clip(made, 0, 255), dtype=np.uint8)


def _patched(image: Image, other: Image, rng: Rng) -> Image:
    size = image.shape[0]
    height, width = (round(size * rng.uniform(0.2, 0.8)) for _ in range(2))
    top, left = rng.integers(size - height + 1), rng.integers(size - width + 1)
    image = image.copy()
    image[top : top + height, left : left + width] = other[top : top + height, left : left + width]
    return image


def everyday_pictures(folder: str) -> list[Path]:
    """The pictures of a folder, in order; none for no folder. Raises DatasetError when it holds none."""
    if not folder:
        return []
    paths = sorted(p for p in Path(folder).glob("*") if p.suffix.lower() in PHOTO_SUFFIXES)
    if not paths:
        raise DatasetError(f"everyday: there are no pictures in {folder}")
    return paths


def everyday_crop(path: Path, size: int, strength: float, rng: Rng) -> Image:
    """A random square of a picture, uint8 RGB (size, size, 3), changed as training crops are."""
    image = read_photo(path).image
    height, width = image.shape[:2]
    side = max(1, round(min(height, width) * rng.uniform(0.35, 1)))
    top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
    square = image[top : top + side, left : left + side]
    how = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return changed(np.asarray(cv2.resize(square, (size, size), interpolation=how), np.uint8), strength, rng)
