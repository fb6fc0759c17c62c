"""Is this still the same face? Two looks at a followed face, a moment apart, held against each other.

This is not face recognition: it tells a face that moved from one that was put in its place. Looks that are
near in time are alike pixel by pixel; where they are not (a turned head, a shadow), ORB gets a second say.
"""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.errors import InputError
from liveness.matching.align import align
from liveness.matching.index import Index, MatchConfig
from liveness.matching.match import ORB, THRESHOLD, describe_aligned
from liveness.matching.template import Template
from liveness.types import Face, Image

# Chosen on clips of four people (docs/experiments-live.md has the counts).
ALIKE = 0.6
_SIZE, _FINE, _COARSE = 48, 1.0, 12.0
_PLAIN = 1.0  # grey levels: less spread than any camera's picture of a face has


class Look:
    """How a face looked in one frame. square: grey uint8 (160, 160), upright, as ``align`` makes it."""

    def __init__(self, square: NDArray[np.uint8]) -> None:
        self._square = square

    @cached_property
    def _values(self) -> NDArray[np.float32]:
        """The face without its lighting, of length 1: (48, 48) float32."""
        small = cv2.resize(self._square, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA).astype(np.float32)
        bands = cv2.GaussianBlur(small, (0, 0), _FINE) - cv2.GaussianBlur(small, (0, 0), _COARSE)
        bands = np.asarray(bands - bands.mean(), dtype=np.float32)
        return np.asarray(bands / max(float(np.linalg.norm(bands)), 1e-6), dtype=np.float32)

    @cached_property
    def _template(self) -> Template | None:
        return describe_aligned(self._square)

    def likeness(self, other: Look) -> float:
        """Normalised correlation of the two aligned faces, -1..1."""
        return float(np.sum(self._values * other._values))

    def same(self, other: Look) -> bool:
        """Whether both can be one face seen twice within about a second."""
        if self.likeness(other) >= ALIKE:
            return True
        if self._template is None or other._template is None:
            return False
        best = Index({"": [other._template]}, ORB.size, MatchConfig()).best(self._template)
        return best is not None and best.score >= THRESHOLD


def look(image: Image, face: Face) -> Look | None:
    """The look of a face; None when it lies outside the picture, or is one grey with nothing to compare.

    image: uint8 RGB (height, width, 3).
    """
    try:
        square = align(image, face, ORB.size)
    except InputError:
        return None
    return Look(square) if square.std() >= _PLAIN else None
