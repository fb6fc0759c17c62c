"""Which part of a face a verdict hangs on, by occlusion: any model file can be asked, ours or not.

A grey square is moved over the crop (Zeiler and Fergus, Visualizing and Understanding Convolutional Networks,
ECCV 2014, section 4.2); where the score changes, the network looked. It says where, not why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.errors import InputError
from liveness.systems import System
from liveness.types import Box, Image

METHOD = "Occlusion sensitivity (Zeiler and Fergus 2014)"
_SHARE, _STEPS, _BATCH = 0.25, 9, 27
_EDGE = 1e-6
_LIVE, _SPOOF = np.array([0, 114, 178]), np.array([213, 94, 0])


@dataclass(frozen=True, slots=True, eq=False)
class Saliency:
    """Where a network looked.

    crop: what it saw, uint8 RGB (size, size, 3); heat: float64 (size, size), how far the logit of the score
    falls when the place is covered: above 0 it speaks for bona fide, below 0 for an attack.
    """

    crop: Image
    heat: NDArray[np.float64]
    score: float


def saliency(system: System, image: Image, box: Box) -> Saliency:
    """Cover each part of the crop in turn; of the first network when a system has several.

    image: uint8 RGB (height, width, 3). Raises InputError as ``crop`` does.
    """
    member, seen = system.members[0], system.cut(image, box)[0]
    score = float(member.score_crops(seen[None])[0])
    return Saliency(seen, occlusion(member.score_crops, seen), score)


def occlusion(score: Callable[[NDArray[np.uint8]], NDArray[np.float64]], crop: Image) -> NDArray[np.float64]:
    """How far the logit falls at each pixel, the mean over the squares that cover it: float64 (size, size).

    score: crops uint8 (n, size, size, 3) -> scores in 0..1, (n,). Raises InputError for a crop of less than 8
    pixels.
    """
    size = crop.shape[0]
    if min(crop.shape[:2]) < 8:
        raise InputError(f"a crop of at least 8 pixels is wanted, got {crop.shape[1]} x {crop.shape[0]}")
    side = round(size * _SHARE)
    starts = np.linspace(0, size - side, _STEPS).round().astype(int)
    places = [(y, x) for y in starts for x in starts]
    whole = _logit(score(crop[None]))[0]
    heat, counts = np.zeros((size, size)), np.zeros((size, size))
    for first in range(0, len(places), _BATCH):
        part = places[first : first + _BATCH]
        covered = np.repeat(crop[None], len(part), axis=0)
        for picture, (y, x) in zip(covered, part):
            picture[y : y + side, x : x + side] = 128
        for fall, (y, x) in zip(whole - _logit(score(covered)), part):
            heat[y : y + side, x : x + side] += fall
            counts[y : y + side, x : x + side] += 1
    return heat / counts


def overlay(found: Saliency) -> Image:
    """The crop in grey, blue where it speaks for bona fide, orange for an attack; uint8 RGB, as large."""
    grey = cv2.cvtColor(cv2.cvtColor(found.crop, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB).astype(np.float64)
    strength = np.abs(found.heat) / max(float(np.abs(found.heat).max()), _EDGE)
    colour = np.where(found.heat[..., None] > 0, _LIVE, _SPOOF)
    mixed = grey + 0.75 * strength[..., None] * (colour - grey)
    return np.asarray(mixed.round().clip(0, 255), dtype=np.uint8)


def _logit(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """A score near 0 or 1 hardly moves, its logit does."""
    clipped = np.clip(np.asarray(scores, dtype=np.float64), _EDGE, 1 - _EDGE)
    return np.asarray(np.log(clipped / (1 - clipped)))
