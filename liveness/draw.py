"""A FrameResult onto a picture: boxes, landmarks, and what was decided in words."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from liveness.types import Box, FaceResult, FrameResult, Image, Label

Colour = tuple[int, int, int]

# From Okabe and Ito's palette, told apart by the colour-blind; the words say it all the same.
LIVE: Colour = (0, 114, 178)
SPOOF: Colour = (213, 94, 0)
UNDECIDED: Colour = (95, 95, 95)
_INK: Colour = (255, 255, 255)
_SMALLEST_TEXT = 11
_LONGEST_NAME = 40


def draw(image: Image, result: FrameResult, landmarks: bool = True) -> Image:
    """A new picture with the faces of the result marked; uint8 RGB of the same size.

    Lines and letters grow with the picture. Each face carries its verdict in words, the score beside
    it and, where faces were matched, a name or "unknown". A dashed box has no verdict.
    """
    canvas = PIL.Image.fromarray(image)
    pen = PIL.ImageDraw.Draw(canvas)
    width = max(2, round(min(image.shape[:2]) / 200))
    font = _font(max(_SMALLEST_TEXT, round(min(image.shape[:2]) / 26)))
    for face in reversed(result.faces):  # the largest last, on top
        _face(pen, face, width, landmarks)
        _label(pen, face, font, canvas.size)
    return np.array(canvas, dtype=np.uint8)


def label(face: FaceResult) -> str:
    """What is written above a face, e.g. ``#2 Live 0.93 | Ada``."""
    parts = [f"{face.verdict.label.word} {face.verdict.score:.2f}" if face.verdict else "No decision"]
    if face.match is not None:
        parts.append(_shortened(face.match.name) if face.match.known else "unknown")
    track = f"#{face.track} " if face.track is not None else ""
    return track + " | ".join(parts)


def colour(face: FaceResult) -> Colour:
    """The colour that stands for a face's verdict."""
    if face.verdict is None:
        return UNDECIDED
    return LIVE if face.verdict.label is Label.BONA_FIDE else SPOOF


def _shortened(name: str) -> str:
    line = " ".join(name.split())
    return line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1] + "…"


def _face(pen: PIL.ImageDraw.ImageDraw, face: FaceResult, width: int, landmarks: bool) -> None:
    shown = colour(face)
    if face.verdict is None:
        _dashed(pen, face.face.box, shown, width)
    else:
        # A light line around the dark one, so that the box shows on any ground.
        pen.rectangle(_grown(face.face.box, width / 2), outline=_INK, width=max(1, width // 2))
        pen.rectangle(face.face.box.as_tuple(), outline=shown, width=width)
    if landmarks and face.face.landmarks is not None:
        radius = width
        for x, y in face.face.landmarks.points():
            around = (x - radius, y - radius, x + radius, y + radius)
            pen.ellipse(around, fill=shown, outline=_INK)


def _grown(box: Box, by: float) -> tuple[float, float, float, float]:
    return box.left - by, box.top - by, box.right + by, box.bottom + by


def _dashed(pen: PIL.ImageDraw.ImageDraw, box: Box, shown: Colour, width: int) -> None:
    """A box of dashes; an eighth of the side each, however large the box."""
    dash_x, dash_y = box.width / 8, box.height / 8
    for i in range(0, 8, 2):
        left, top = box.left + (i + 0.5) * dash_x, box.top + (i + 0.5) * dash_y
        for y in (box.top, box.bottom):
            pen.line((left, y, left + dash_x, y), fill=shown, width=width)
        for x in (box.left, box.right):
            pen.line((x, top, x, top + dash_y), fill=shown, width=width)


def _label(
    pen: PIL.ImageDraw.ImageDraw, face: FaceResult, font: PIL.ImageFont.FreeTypeFont, size: tuple[int, int]
) -> None:
    """White letters on the verdict's colour: above the box, inside it where there is no room."""
    text = label(face)
    space = font.size // 4
    left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
    width, height = right - left + 2 * space, bottom - top + 2 * space
    box = face.face.box
    x = min(max(box.left, 0), max(0, size[0] - width))
    y = box.top - height if box.top >= height else max(box.top, 0)
    y = min(y, max(0, size[1] - height))
    pen.rectangle((x, y, x + width, y + height), fill=colour(face))
    pen.text((x + space - left, y + space - top), text, font=font, fill=_INK)


@functools.lru_cache(maxsize=16)
def _font(size: int) -> PIL.ImageFont.FreeTypeFont:
    """DejaVu Sans, which matplotlib brings along: Latin, Greek, Cyrillic, Arabic and more."""
    import matplotlib

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return PIL.ImageFont.truetype(str(path), size)
