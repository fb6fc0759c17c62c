"""A batch of picture files -> results that can be shown, and shown again at another threshold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from liveness.errors import ImageError, LivenessError
from liveness.frames import read_photo
from liveness.pipeline import Pipeline, with_threshold
from liveness.types import FrameResult, Image

_SHOWN_ALONE, _SHOWN_IN_BATCH = 1600, 960
_JPEG_QUALITY = 92


@dataclass(frozen=True)
class Photo:
    """One file of a batch: its result, or the sentence that says why there is none.

    preview: the picture as JPEG bytes, ``scale`` times the original's size, so that a visitor's
    results take little memory.
    """

    name: str
    result: FrameResult | None = None
    error: str = ""
    preview: bytes = b""
    scale: float = 1.0

    @property
    def failed(self) -> bool:
        return self.result is None


def analyse(paths: Sequence[str], pipeline: Pipeline) -> Iterator[Photo]:
    """Judge each file; one that cannot be read does not stop the others."""
    side = _SHOWN_ALONE if len(paths) == 1 else _SHOWN_IN_BATCH
    for path in map(Path, paths):
        try:
            frame = read_photo(path)
            result = pipeline(frame)
        except ImageError as error:
            yield Photo(path.name, error=named(error, path))
            continue
        preview, scale = _preview(frame.image, side)
        yield Photo(path.name, result, preview=preview, scale=scale)


def at_threshold(photos: Sequence[Photo], threshold: float) -> list[Photo]:
    """The same scores held against another threshold."""
    return [replace(p, result=with_threshold(p.result, threshold)) if p.result else p for p in photos]


def annotated(photo: Photo) -> Image:
    """The picture with its faces drawn: uint8 RGB, at the size of the preview."""
    from liveness.draw import draw

    if photo.result is None:
        raise ImageError(photo.error)
    decoded = cv2.imdecode(np.frombuffer(photo.preview, np.uint8), cv2.IMREAD_COLOR)
    image = cv2.cvtColor(np.asarray(decoded), cv2.COLOR_BGR2RGB)
    return draw(np.asarray(image, dtype=np.uint8), _scaled(photo.result, photo.scale))


def named(error: LivenessError, path: Path) -> str:
    """The message with the file's name in place of where the app keeps it."""
    text = str(error).replace(str(path), path.name)
    return text[:1].upper() + text[1:] if not text.startswith(path.name) else text


def _preview(image: Image, side: int) -> tuple[bytes, float]:
    height, width = image.shape[:2]
    scale = min(1.0, side / max(height, width))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    _, encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return encoded.tobytes(), scale


def _scaled(result: FrameResult, scale: float) -> FrameResult:
    """The result in pixels of the preview."""
    faces = []
    for found in result.faces:
        marks = found.face.landmarks
        face = replace(
            found.face,
            box=found.face.box.mapped(scale, scale),
            landmarks=marks.mapped(scale, scale) if marks else None,
        )
        faces.append(replace(found, face=face))
    return replace(result, faces=tuple(faces))
