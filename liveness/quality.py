"""Reasons not to decide: a face too small, blurred, dark, washed out, or cut off by the picture's edge."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from liveness.config import CropConfig
from liveness.crop import crop
from liveness.types import Box, Face, Image, Quality

_FACE = CropConfig(margin=1.0, size=96, border="edge")


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """Below (or above) these no verdict is given.

    The limits are loose on purpose: they catch pictures in which a person could not judge either,
    not pictures that are hard for the network. size: pixels; sharpness: variance of the Laplacian
    of the grey face at 96 x 96; brightness: mean grey level, 0..255; visible: share of the box.
    """

    size: float = 40.0
    sharpness: float = 4.0
    darkest: float = 20.0
    brightest: float = 245.0
    visible: float = 0.6


def assess(image: Image, face: Face, limits: QualityLimits | None = None) -> Quality:
    """Measure one face. image: uint8 RGB (height, width, 3)."""
    limits = limits or QualityLimits()
    height, width = image.shape[:2]
    box = face.box
    visible = box.intersection(Box(0, 0, width, height)) / box.area if box.area else 0.0
    if visible <= 0:
        return Quality(box.longer_side, 0.0, 0.0, 0.0, ("the face lies outside the picture",))
    grey = cv2.cvtColor(crop(image, box, _FACE), cv2.COLOR_RGB2GRAY)
    sharpness = float(cv2.Laplacian(grey, cv2.CV_32F).var())
    brightness = float(np.mean(grey))
    problems = []
    if box.longer_side < limits.size:
        problems.append(f"too small ({box.longer_side:.0f} px, {limits.size:.0f} wanted): move closer")
    if sharpness < limits.sharpness:
        problems.append("blurred: hold still and focus")
    if brightness < limits.darkest:
        problems.append("too dark: more light")
    if brightness > limits.brightest:
        problems.append("washed out: less light")
    if visible < limits.visible:
        problems.append("cut off by the edge of the picture: move to the centre")
    return Quality(box.longer_side, sharpness, brightness, visible, tuple(problems))
