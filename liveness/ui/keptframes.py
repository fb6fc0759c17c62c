"""Frames that a visitor asked to keep: in memory alone, few, and gone as soon as they are saved."""

from __future__ import annotations

import io
import zipfile
from collections import deque

import PIL.Image

from liveness.types import Image

FRAMES = 200
MEGABYTES = 12
A_SECOND = 5
_QUALITY = 90


class KeptFrames:
    """The last frames of one stream as JPEG, at most ``FRAMES`` of them and ``MEGABYTES`` in all."""

    def __init__(self) -> None:
        self._frames: deque[tuple[int, bytes]] = deque()
        self._size = 0
        self._next = 0.0

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, index: int, image: Image, seconds: float) -> None:
        """A frame, uint8 RGB (height, width, 3); one that comes too soon after the last kept is left out."""
        if seconds < self._next:
            return
        self._next = seconds + 1 / A_SECOND - 0.02  # frames come a little early or late
        out = io.BytesIO()
        PIL.Image.fromarray(image).save(out, format="JPEG", quality=_QUALITY)
        self._frames.append((index, out.getvalue()))
        self._size += out.tell()
        while len(self._frames) > FRAMES or self._size > MEGABYTES * 1_000_000:
            self._size -= len(self._frames.popleft()[1])

    def clear(self) -> None:
        """Drop them all."""
        self._frames.clear()
        self._size = 0
        self._next = 0.0

    def zipped(self, scores: str) -> bytes:
        """A ZIP file: scores.csv, and frames/NUMBER.jpg by the number of their row."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as file:
            file.writestr("scores.csv", scores)
            for index, data in self._frames:
                file.writestr(f"frames/{index:06d}.jpg", data)
        return out.getvalue()
