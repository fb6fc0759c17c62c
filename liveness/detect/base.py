"""What all detectors share: the frame is shrunk, faces are found, boxes go back to full-frame pixels."""

from __future__ import annotations

from abc import ABC, abstractmethod

from liveness.detect.geometry import pad, shrink
from liveness.errors import InputError
from liveness.types import Box, Face, Image

# A face that fills the picture has no surroundings, and detectors learned on faces that have some.
# It is large, so half the size will do to find it, and the second search costs little.
_PADDING = 0.5
_LARGE = 0.3
# Nobody can be judged by fewer pixels, and searching a sliver of a picture for less would take minutes.
_FEWEST_PIXELS = 12.0


class ShrinkingDetector(ABC):
    """A detector whose cost does not grow with the frame.

    longest: the longer side of the frame that is searched, in pixels; larger frames are shrunk to it.
    min_face: the smallest face looked for, its longer side as a share of the frame's shorter side.
    min_score: faces of which the detector is less sure are left out, 0..1.
    Where nothing is found the frame is searched once more for large faces, with a grey border around it.
    Safe to call from several threads.
    """

    def __init__(self, longest: int, min_face: float, min_score: float) -> None:
        if not 64 <= longest <= 4096:
            raise InputError(f"a longer side of 64 to 4096 pixels is wanted, got {longest}")
        if not 0.01 <= min_face <= 0.9:
            raise InputError(f"min_face must lie in 0.01..0.9, got {min_face}")
        if not 0 < min_score < 1:
            raise InputError(f"min_score must lie between 0 and 1, got {min_score}")
        self.longest = longest
        self.min_face = min_face
        self.min_score = min_score

    def __call__(self, image: Image) -> list[Face]:
        """Faces of a picture, largest first, in its pixels. image: uint8 RGB (height, width, 3)."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != "uint8":
            raise InputError(f"a uint8 RGB picture is wanted, got {image.dtype} {image.shape}")
        small, shrunk = shrink(image, self.longest)
        smallest = max(_FEWEST_PIXELS, self.min_face * min(small.shape[:2]))
        faces = self._find(small, smallest) or self._find_large(small)
        height, width = image.shape[:2]
        return largest_first([shrunk.back(face) for face in faces], width, height, self.min_face)

    def _find_large(self, image: Image) -> list[Face]:
        """Faces that fill the picture."""
        half, shrunk = shrink(image, self.longest // 2)
        padded, moved = pad(half, _PADDING)
        smallest = max(_FEWEST_PIXELS, max(self.min_face, _LARGE) * min(half.shape[:2]))
        return [shrunk.back(moved.back(face)) for face in self._find(padded, smallest)]

    @abstractmethod
    def _find(self, image: Image, smallest: float) -> list[Face]:
        """Faces of a picture that is searched as it is; smallest: of a face's longer side, in pixels."""


def largest_first(faces: list[Face], width: int, height: int, min_face: float) -> list[Face]:
    """Faces that are large enough and of which at least a part is in the picture, sorted by area."""
    frame = Box(0, 0, width, height)
    smallest = min_face * min(width, height)
    kept = [f for f in faces if f.box.intersection(frame) > 0 and f.box.longer_side >= smallest]
    return sorted(kept, key=lambda face: -face.box.area)
