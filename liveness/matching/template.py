"""What is kept of an enrolled face, and its form in bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liveness.errors import GalleryError

DESCRIPTOR_BYTES = 32
MOST_POINTS = 4096
_MAGIC = b"LVT1"  # the version of the form; another form gets another number


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """ORB features of one aligned face.

    points: float32 (n, 2), x and y in pixels of the aligned square; descriptors: uint8 (n, 32), 256 bits
    a point. method: what made it; only templates of one method can be compared.
    Raises GalleryError for other shapes or types.
    """

    points: NDArray[np.float32]
    descriptors: NDArray[np.uint8]
    method: str

    def __post_init__(self) -> None:
        n = len(self.points)
        if self.points.dtype != np.float32 or self.points.shape != (n, 2):
            raise GalleryError(
                f"template points must be float32 (n, 2), got {self.points.dtype} {self.points.shape}"
            )
        if self.descriptors.dtype != np.uint8 or self.descriptors.shape != (n, DESCRIPTOR_BYTES):
            raise GalleryError(
                f"template descriptors must be uint8 ({n}, {DESCRIPTOR_BYTES}), "
                f"got {self.descriptors.dtype} {self.descriptors.shape}"
            )
        if not 1 <= n <= MOST_POINTS or not np.isfinite(self.points).all():
            raise GalleryError(f"a template has 1 to {MOST_POINTS} finite points, got {n}")


def pack(template: Template) -> bytes:
    """The template as bytes: four bytes of version, then two arrays as ``numpy.save`` writes them."""
    out = io.BytesIO()
    out.write(_MAGIC)
    np.save(out, template.points, allow_pickle=False)
    np.save(out, template.descriptors, allow_pickle=False)
    return out.getvalue()


def unpack(data: bytes, method: str) -> Template:
    """The template that ``pack`` wrote. Raises GalleryError for anything else; runs no code."""
    if data[: len(_MAGIC)] != _MAGIC:
        raise GalleryError(f"a stored template begins with {data[:4]!r}, wanted {_MAGIC!r}")
    stream = io.BytesIO(data[len(_MAGIC) :])
    try:
        points = np.load(stream, allow_pickle=False)
        descriptors = np.load(stream, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise GalleryError(f"a stored template is damaged: {error}") from error
    return Template(points, descriptors, method)
