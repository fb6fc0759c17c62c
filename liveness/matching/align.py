"""A face as an upright grey square of fixed size: the same part of any face lies at the same place."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.errors import InputError
from liveness.types import Face, Image, Landmarks

# Where the five points lie in the square, in units of its side: the proportions of an average adult face.
CANONICAL = Landmarks((0.34, 0.38), (0.66, 0.38), (0.5, 0.56), (0.37, 0.74), (0.63, 0.74))
_BORDER = 2.0  # pixels around the square that interpolation may need


def similarity(face: Face, size: int) -> tuple[complex, complex]:
    """Rotation and scale ``a`` and shift ``b``, as complex numbers: square = a * picture + b.

    The least-squares similarity transform of the five landmarks (Umeyama, PAMI 1991; no reflection);
    without landmarks, or with all of them in one pixel, the box's longer side fills the square.
    """
    if face.landmarks is not None:
        found = np.array([complex(x, y) for x, y in face.landmarks.points()])
        wanted = np.array([complex(x, y) for x, y in CANONICAL.points()]) * size
        spread = found - found.mean()
        power = float(np.sum(np.abs(spread) ** 2))
        a = complex(np.sum(np.conj(spread) * (wanted - wanted.mean())))
        if power >= 1 and abs(a) > 0:
            a /= power
            return a, complex(wanted.mean() - a * found.mean())
    if face.box.longer_side <= 0:
        raise InputError(f"cannot align an empty box: {face.box.as_tuple()}")
    scale = complex(size / face.box.longer_side)
    return scale, complex(size / 2, size / 2) - scale * complex(*face.box.centre)


def align(image: Image, face: Face, size: int) -> NDArray[np.uint8]:
    """The face turned upright and brought to the square: grey uint8 (size, size).

    image: uint8 RGB (height, width, 3). Outside the picture its edge is repeated. Raises InputError when
    the square lies outside the picture altogether.
    """
    a, b = similarity(face, size)
    corners = (np.array([0, size, 1j * size, size + 1j * size]) - b) / a
    height, width = image.shape[:2]
    left = int(max(corners.real.min() - _BORDER, 0))
    top = int(max(corners.imag.min() - _BORDER, 0))
    right = int(min(corners.real.max() + _BORDER + 1, width))
    bottom = int(min(corners.imag.max() + _BORDER + 1, height))
    if left >= right or top >= bottom:
        raise InputError("the face lies outside the picture")
    grey = cv2.cvtColor(np.ascontiguousarray(image[top:bottom, left:right]), cv2.COLOR_RGB2GRAY)
    b += a * complex(left, top)
    across, down = 1.0, 1.0
    if abs(a) < 1:
        # Averaged down first: a warp reads single pixels, and would turn fine texture into noise.
        new = max(1, round(grey.shape[1] * abs(a))), max(1, round(grey.shape[0] * abs(a)))
        across, down = new[0] / grey.shape[1], new[1] / grey.shape[0]
        grey = cv2.resize(grey, new, interpolation=cv2.INTER_AREA)
    matrix = np.array([[a.real / across, -a.imag / down, b.real], [a.imag / across, a.real / down, b.imag]])
    matrix[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5  # OpenCV counts from the centre of the first pixel
    square = cv2.warpAffine(
        grey, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(square, dtype=np.uint8)
