"""Which part of a face a verdict hangs on: Grad-CAM for our own networks, occlusion for any model file.

Occlusion: a grey square is moved over the crop (Zeiler and Fergus, Visualizing and Understanding
Convolutional Networks, ECCV 2014, section 4.2); where the score changes, the network looked. Either says
where, not why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.classify import OnnxClassifier
from liveness.errors import InputError
from liveness.systems import System
from liveness.types import Box, Image

Method: TypeAlias = Literal["gradcam", "occlusion"]
TITLES: dict[Method, str] = {
    "gradcam": "Grad-CAM (Selvaraju et al. 2017)",
    "occlusion": "Occlusion sensitivity (Zeiler and Fergus 2014)",
}
_SAME = 1e-3  # scores of torch and of the file may differ by, or it is another network
_SHARE, _STEPS, _BATCH = 0.25, 9, 27
_EDGE = 1e-6
_LIVE, _SPOOF = np.array([0, 114, 178]), np.array([213, 94, 0])


@dataclass(frozen=True, slots=True, eq=False)
class Saliency:
    """Where a network looked.

    crop: what it saw, uint8 RGB (height, width, 3); heat: float64 (height, width), what the place adds to the
    logit of the score: above 0 it speaks for bona fide, below 0 for an attack; method: what found it.
    """

    crop: Image
    heat: NDArray[np.float64]
    score: float
    method: Method = "occlusion"


def saliency(system: System, image: Image, box: Box, method: Method = "gradcam") -> Saliency:
    """Where the network looked; of the first network when a system has several.

    image: uint8 RGB (height, width, 3). Grad-CAM needs the weights in torch, and is made where a file of ours
    gives the same score there; else occlusion stands in, and the result says so. Raises InputError as
    ``crop`` does.
    """
    member, seen = system.members[0], system.cut(image, box)[0]
    score = float(member.score_crops(seen[None])[0])
    heat = _gradcam(member, seen, score) if method == "gradcam" else None
    if heat is not None:
        return Saliency(seen, heat, score, "gradcam")
    return Saliency(seen, occlusion(member.score_crops, seen), score, "occlusion")


def _gradcam(member: OnnxClassifier, seen: Image, score: float) -> NDArray[np.float64] | None:
    """None where torch does not have this network."""
    from liveness.measure.gradcam import gradcam, torch_network, torch_score  # torch takes seconds to import

    network = torch_network(member.path, member.info)
    if network is None or abs(torch_score(network, member.info, seen) - score) > _SAME:
        return None
    return gradcam(network, member.info, seen)


def occlusion(score: Callable[[NDArray[np.uint8]], NDArray[np.float64]], crop: Image) -> NDArray[np.float64]:
    """How far the logit falls at each pixel, the mean over the squares that cover it: float64 as the crop.

    score: crops uint8 (n, height, width, 3) -> scores in 0..1, (n,). Raises InputError for a crop of less
    than 8 pixels.
    """
    height, width = crop.shape[:2]
    if min(height, width) < 8:
        raise InputError(f"a crop of at least 8 pixels is wanted, got {crop.shape[1]} x {crop.shape[0]}")
    side = round(min(height, width) * _SHARE)
    rows, columns = (
        np.linspace(0, length - side, round(_STEPS * length / min(height, width))).round().astype(int)
        for length in (height, width)
    )
    places = [(y, x) for y in rows for x in columns]
    whole = _logit(score(crop[None]))[0]
    heat, counts = np.zeros((height, width)), np.zeros((height, width))
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
