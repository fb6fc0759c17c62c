"""Drawn faces: people who do not exist, for demonstrations and tests that need no photograph.

A head is a relief (an ellipsoid with nose, sockets, lips and chin) shaded by one lamp and the light
of the room, with eyes, brows, mouth, hair, clothes and a room painted on. ``Person`` holds what
stays from picture to picture; pose, expression, light and room are drawn anew.

Lengths are in half-widths of the head: x to the right, y downwards, (0, 0) between forehead and chin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.data.canvas import Canvas, Floats
from liveness.errors import InputError
from liveness.types import Box, Image, Landmarks

Colour: TypeAlias = tuple[float, float, float]

_SKINS = ((255, 219, 193), (240, 200, 168), (222, 176, 140), (190, 140, 104), (146, 100, 70), (104, 70, 50))
_HAIRS = ((24, 20, 18), (50, 34, 24), (92, 62, 36), (168, 126, 74), (120, 52, 30), (150, 148, 146))
_IRISES = ((60, 40, 26), (84, 58, 34), (70, 96, 120), (80, 104, 70))
_EYE_Y = -0.12


@dataclass(frozen=True, slots=True)
class Person:
    """What a drawn person keeps from picture to picture. Colours are RGB 0..255, lengths half-widths."""

    skin: Colour
    hair: Colour
    iris: Colour
    lips: Colour
    length: float
    jaw: float
    eye_gap: float
    eye_size: float
    brow: float
    nose: float
    nostrils: float
    mouth: float
    mouth_y: float
    hairline: float
    long_hair: bool
    beard: float
    glasses: bool


def random_person(rng: np.random.Generator) -> Person:
    """Somebody new: geometry, skin, hair and habits drawn from the generator."""
    skin = np.array(_SKINS[rng.integers(len(_SKINS))]) * rng.uniform(0.93, 1.05)
    return Person(
        skin=_colour(skin),
        hair=_colour(np.array(_HAIRS[rng.integers(len(_HAIRS))]) * rng.uniform(0.8, 1.2)),
        iris=_colour(np.array(_IRISES[rng.integers(len(_IRISES))])),
        lips=_colour(skin * (0.82, 0.58, 0.56) * rng.uniform(0.85, 1.1)),
        length=rng.uniform(1.26, 1.48),
        jaw=rng.uniform(0.08, 0.34),
        eye_gap=rng.uniform(0.38, 0.45),
        eye_size=rng.uniform(0.17, 0.22),
        brow=rng.uniform(0.035, 0.075),
        nose=rng.uniform(0.34, 0.46),
        nostrils=rng.uniform(0.12, 0.19),
        mouth=rng.uniform(0.28, 0.4),
        mouth_y=rng.uniform(0.7, 0.8),
        hairline=rng.uniform(-1.0, -0.72),
        long_hair=bool(rng.random() < 0.45),
        beard=float(rng.choice((0.0, 0.0, 0.0, 0.35, 0.7))),
        glasses=bool(rng.random() < 0.2),
    )


def draw_face(
    rng: np.random.Generator, size: int = 320, person: Person | None = None
) -> tuple[Image, Box, Landmarks]:
    """One picture of a drawn person, uint8 RGB (size, size, 3), with the box and points of the face.

    The face is about 40 % of the picture's width, as in a webcam picture. Raises InputError below
    64 pixels.
    """
    if size < 64:
        raise InputError(f"a drawn face needs a picture of at least 64 pixels, got {size}")
    person = person or random_person(rng)
    canvas = Canvas(rng, size)
    _room(canvas)
    if person.long_hair:
        _hair(canvas, person, behind=True)
    _body(canvas, person)
    _head(canvas, person)
    _eyes(canvas, person)
    _mouth(canvas, person)
    _hair(canvas, person, behind=False)
    if person.glasses:
        _glasses(canvas, person)
    return canvas.finish(), _box(canvas, person), _landmarks(canvas, person)


def _box(canvas: Canvas, person: Person) -> Box:
    """From below the hairline to the chin, as detectors have it."""
    x, top = canvas.pixel((0, person.hairline + 0.1))
    half = 0.93 * canvas.unit
    return Box(x - half, top, x + half, canvas.pixel((0, person.length))[1])


def _landmarks(canvas: Canvas, person: Person) -> Landmarks:
    gap, mouth = person.eye_gap, person.mouth
    return Landmarks(
        canvas.pixel((-gap, _EYE_Y)),
        canvas.pixel((gap, _EYE_Y)),
        canvas.pixel((0, person.nose)),
        canvas.pixel((-mouth, person.mouth_y)),
        canvas.pixel((mouth, person.mouth_y)),
    )


def _room(canvas: Canvas) -> None:
    """A wall, with the light falling off to one side and some furniture out of focus."""
    rng, size = canvas.rng, canvas.size
    wall = rng.uniform(70, 215) + rng.normal(0, 12, 3)
    room = np.broadcast_to(wall, (size, size, 3)).astype(np.float32).copy()
    for _ in range(int(rng.integers(0, 7))):
        corner = rng.integers(-size // 4, size, 2)
        far = corner + rng.integers(size // 12, size // 2, 2)
        colour = [float(c) for c in rng.uniform(40, 220) + rng.normal(0, 22, 3)]
        cv2.rectangle(room, [int(c) for c in corner], [int(c) for c in far], colour, -1)
    room = cv2.GaussianBlur(room, (0, 0), rng.uniform(0.004, 0.025) * size).astype(np.float32)
    falls_off = 1 + rng.uniform(-0.12, 0.12) * canvas.x + rng.uniform(-0.06, 0.06) * canvas.y
    canvas.pixels[:] = room * falls_off[..., None] * canvas.noise(0.4, 0.4, 0.02)[..., None]


def _body(canvas: Canvas, person: Person) -> None:
    """Shoulders in a plain or striped shirt, and the neck in the chin's shadow."""
    x, y, rng = canvas.x, canvas.y, canvas.rng
    top = person.length + 0.28
    shoulders = np.maximum(top + 0.16 * x**2 - y, np.abs(x) - 2.1)
    shirt = (rng.uniform(20, 220) + rng.normal(0, 40, 3)).astype(np.float32)
    stripes = 1 + rng.choice((0.0, 0.12)) * np.sign(np.sin(y * rng.uniform(12, 30)))
    folds = canvas.noise(0.12, 0.4, 0.07) * (1 - 0.12 * np.abs(x)) * stripes
    canvas.paint(canvas.mask(shoulders), shirt * folds[..., None])
    neck = np.maximum(np.abs(x) - 0.55 - 0.25 * np.clip(y - top, 0, 1), y - top - 0.12 * np.cos(x * 2.5))
    neck = np.maximum(neck, 0.5 - y)
    light = np.clip(0.55 + 0.5 * (y - person.length), 0.5, 0.85) * (1 - 0.25 * x * np.sign(-canvas.lamp[0]))
    canvas.paint(canvas.mask(neck), np.array(person.skin) * light[..., None])


def _outline(canvas: Canvas, person: Person) -> Floats:
    """Signed distance to the edge of the head, half-widths."""
    x, y = canvas.x, canvas.y
    narrowing = 1 - person.jaw * np.clip((y - 0.15) / person.length, 0, 1) ** 1.5
    radius = np.sqrt((x / narrowing) ** 2 + np.where(y > 0, y / person.length, y / 1.3) ** 2)
    return np.asarray((radius - 1) * 0.9, dtype=np.float32)


def _relief(canvas: Canvas, person: Person) -> Floats:
    """Height of the face towards the camera, half-widths."""
    x, y = canvas.face_x, canvas.face_y
    radius = np.clip(_outline(canvas, person) / 0.9 + 1, 0, 0.995)
    relief = 0.85 * np.sqrt(1 - radius**2)
    bridge = np.clip((y + 0.25) / (person.nose + 0.25), 0, 1) * np.clip((person.nose + 0.1 - y) / 0.1, 0, 1)
    relief += (0.07 + 0.2 * bridge) * bridge * np.exp(-((x / (0.09 + 0.07 * bridge)) ** 2))
    relief += _bump(x, y, person.nostrils * 0.85, person.nose + 0.02, 0.075, 0.07, 0.07)
    relief -= _bump(x, y, person.eye_gap, _EYE_Y, 0.26, 0.15, 0.13)
    relief += _bump(x, y, person.eye_gap, _EYE_Y - 0.24, 0.3, 0.09, 0.05)
    relief += _bump(x, y, person.eye_gap + 0.08, 0.3, 0.26, 0.2, 0.06)
    relief += 0.06 * np.exp(-((x / 0.3) ** 2) - ((y - person.mouth_y) / 0.13) ** 2)
    relief += 0.09 * np.exp(-((x / 0.25) ** 2) - ((y - person.length + 0.2) / 0.12) ** 2)
    return np.asarray(relief, dtype=np.float32)


def _bump(x: Floats, y: Floats, at_x: float, at_y: float, wide: float, high: float, by: float) -> Floats:
    """A pair of soft bumps, one on each side of the face."""
    return np.asarray(by * np.exp(-(((np.abs(x) - at_x) / wide) ** 2) - ((y - at_y) / high) ** 2), np.float32)


def _head(canvas: Canvas, person: Person) -> None:
    """Ears, and the skin of the face: shaded relief, red cheeks, nostrils, beard, a shine of the lamp."""
    x, y = canvas.face_x, canvas.face_y
    skin = np.array(person.skin, dtype=np.float32)
    ears = np.hypot((np.abs(canvas.x) - 1.0) / 0.13, (canvas.y - 0.1) / 0.28) - 1
    canvas.paint(canvas.mask(ears * 0.13), skin * np.float32(0.75))
    light = canvas.shade(_relief(canvas, person))
    colour = skin * (canvas.noise(0.2, 0.2, 0.02) * canvas.noise(0.015, 0.015, 0.015))[..., None]
    colour -= _bump(x, y, 0.5, 0.34, 0.25, 0.2, 1.0)[..., None] * skin * np.array((0.0, 0.12, 0.1))
    stubble = np.clip((y - 0.42 - 0.25 * (np.abs(x) < 0.25)) * 4, 0, 1) * np.float32(person.beard)
    stubble = (stubble * np.clip(canvas.noise(0.012, 0.03, 0.3), 0, 1.2))[..., None]
    colour += stubble * (np.array(person.hair, dtype=np.float32) - colour)
    shine = 26 * np.clip(light, 0, 1) ** 24
    canvas.paint(canvas.mask(_outline(canvas, person)), colour * light[..., None] + shine[..., None])
    holes = np.hypot((np.abs(x) - person.nostrils * 0.55) / 0.06, (y - person.nose - 0.065) / 0.03) - 1
    canvas.paint(np.float32(0.75) * canvas.mask(holes * 0.04), skin * 0.25)


def _eyes(canvas: Canvas, person: Person) -> None:
    """Almonds of white with iris, pupil and a glint, the lid's line and shadow, and brows."""
    x, y, skin = np.abs(canvas.face_x) - person.eye_gap, canvas.face_y - _EYE_Y, np.array(person.skin)
    width, high = person.eye_size, 0.45 * person.eye_size * canvas.open_eyes
    arch = np.clip(1 - (x / width) ** 2, -1, 1)
    white = canvas.mask(np.maximum(-y - high * arch, y - 0.75 * high * arch))
    light = np.clip(0.62 + 1.6 * (y + high), 0.5, 0.95) * (0.6 + 0.4 * canvas.ambient)
    canvas.paint(white, np.array((238, 232, 226)) * light[..., None])
    gaze = canvas.rng.normal(0, 0.012)
    toward = np.abs(canvas.face_x + gaze) - person.eye_gap
    for radius, colour in ((0.45, person.iris), (0.2, (12, 10, 10))):
        canvas.paint(white * canvas.mask(np.hypot(toward, y + 0.01) - radius * width), colour)
    glint = np.hypot(x - 0.03 * np.sign(canvas.lamp[0]), y + 0.035) - 0.022
    canvas.paint(white * canvas.mask(glint), (245, 245, 245))
    lid = np.maximum(np.abs(y + high * arch) - 0.022, np.abs(x) - width)
    canvas.paint(np.float32(0.8) * canvas.mask(lid), skin * 0.22)
    brow = np.abs(y + 0.27 - 0.8 * (x - 0.03) ** 2) - person.brow * (1 - x / width * 0.3)
    brow = np.maximum(brow, np.abs(x) - 1.35 * width)
    canvas.paint(np.float32(0.75) * canvas.mask(brow), np.array(person.hair) * 0.8)


def _mouth(canvas: Canvas, person: Person) -> None:
    """Two lips with the line between them, bent by the smile."""
    x = canvas.face_x
    y = canvas.face_y - person.mouth_y + np.float32(0.14 * canvas.smile) * (x / person.mouth) ** 2
    arch = np.clip(1 - (x / person.mouth) ** 2, 0, 1)
    corners = np.abs(x) - person.mouth
    upper = np.maximum(-y - 0.075 * arch * (1 - 0.25 * np.exp(-((x / 0.05) ** 2))), y)
    lower = np.maximum(y - 0.1 * arch, -y)
    light = canvas.ambient + (1 - canvas.ambient) * 0.75
    lips = np.array(person.lips)
    canvas.paint(canvas.mask(np.maximum(upper, corners)), lips * light * 0.85)
    canvas.paint(canvas.mask(np.maximum(lower, corners)), lips * light)
    line = np.maximum(np.abs(y) - 0.016, corners)
    canvas.paint(np.float32(0.85) * canvas.mask(line), lips * 0.3)


def _hair(canvas: Canvas, person: Person, behind: bool) -> None:
    """The cap of hair above the hairline, or, behind, long hair down to the shoulders."""
    x, y = canvas.x, canvas.y
    if behind:
        shape = np.hypot(x / (1.2 + 0.08 * np.sin(3 * y)), np.minimum(y, 0) / 1.5) - 1
        shape = np.maximum(shape, y - 1.5 - person.jaw)
    else:
        cap = (np.hypot(x / 1.12, (y + 0.15) / 1.38) - 1) * 1.1
        face = person.hairline + 0.55 * np.abs(canvas.face_x) ** 2.6 - canvas.face_y
        shape = np.maximum(cap, -face)
    strands = canvas.noise(0.015, 0.25, 0.13) * canvas.noise(0.2, 0.3, 0.08)
    light = canvas.shade(0.8 * np.sqrt(np.clip(1.4 - x**2 - (y / 1.4) ** 2, 0, None)))
    hair = np.array(person.hair, dtype=np.float32) * (strands * light)[..., None] * np.float32(1.1)
    canvas.paint(canvas.mask(shape), hair)


def _glasses(canvas: Canvas, person: Person) -> None:
    """Two dark rims and the bridge between them."""
    x, y = np.abs(canvas.face_x) - person.eye_gap, canvas.face_y - _EYE_Y - 0.03
    rims = np.abs(np.hypot(x / 1.15, y) - 0.26) - 0.02
    bridge = np.maximum(np.abs(y + 0.06) - 0.02, np.abs(canvas.face_x) - person.eye_gap + 0.26)
    canvas.paint(canvas.mask(np.minimum(rims, bridge).astype(np.float32)), (30, 28, 30))


def _colour(values: NDArray[Any]) -> Colour:
    red, green, blue = (float(v) for v in np.clip(values, 0, 255))
    return red, green, blue
