"""Scenes changed for training: things in the way, another room, a picture held up before a head.

Networks that saw few rooms take a hand or a phone near the face for an attack, and a print before a head
for a head. So bona fide and attack pictures alike get hands and things beside the face and other
backgrounds, and bona fide faces are also shown as sheets, cut-outs and screens before somebody else's
head. Every function returns new pixels, uint8 RGB (height, width, 3); boxes are in pixels.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.data.attacks import simulate_print, simulate_replay
from liveness.types import Box, Image

Rng: TypeAlias = np.random.Generator
Floats: TypeAlias = NDArray[np.float32]
_HANDS = 0.55  # of what is in the way; the rest are phones, books, cups


def clutter(image: Image, box: Box, rng: Rng) -> Image:
    """One or two hands or things beside the face, or a little over its edge."""
    for _ in range(int(rng.integers(1, 3))):
        angle = rng.uniform(0, 2 * math.pi)
        if rng.random() < _HANDS:
            size = box.width * rng.uniform(0.35, 0.8)
            place = _around(box, angle, rng.uniform(0.55, 1.3))
            image = hand(
                image, place, angle + math.pi + rng.normal(0, 0.7), size, skin_colour(image, box), rng
            )
        else:
            image = _thing(image, _around(box, angle, rng.uniform(0.75, 1.5)), box.width, rng)
    return image


def hand(
    image: Image, place: tuple[float, float], angle: float, size: float, colour: Floats, rng: Rng
) -> Image:
    """A palm at ``place`` with up to four fingers along ``angle`` (radians) and a forearm behind it.

    size: of the palm, pixels; colour: of the skin, RGB float32 (3,).
    """
    mask = _nothing(image)
    ahead = np.array([math.cos(angle), math.sin(angle)])
    aside = np.array([-ahead[1], ahead[0]])
    palm = np.array(place)
    _stroke(mask, palm - ahead * size * 2.7, palm, size * 0.9)
    for finger in range(int(rng.integers(0, 5))):
        root = palm + aside * size * (finger - 1.5) * 0.27
        tip = root + ahead * size * rng.uniform(0.5, 1.2) + aside * size * rng.uniform(-0.2, 0.2)
        _stroke(mask, root, tip, size * 0.24)
    lit = colour * rng.uniform(0.7, 1.2) + rng.normal(0, 6, 3)
    rounded = 0.65 + 0.35 * _soft(mask, size * 0.15 + 0.6)[..., None]  # darker towards the edge
    return _over(image, lit * rounded, _soft(mask, rng.uniform(0.6, 2.0)))


def before_background(image: Image, box: Box, background: Image, rng: Rng) -> Image:
    """The head, cut out roughly and with an edge from soft to hard, before another picture.

    background: of any size; now and then brought to the light of the picture, and out of focus.
    """
    height, width = image.shape[:2]
    room = cv2.resize(background, (width, height), interpolation=cv2.INTER_AREA)
    mask = _nothing(image)
    x, y = box.centre
    reach = rng.uniform(0.55, 0.95)
    if rng.random() < 0.6:
        axes = (max(2, int(box.width * reach)), max(2, int(box.height * reach * 1.1)))
        cv2.ellipse(mask, (int(x), int(y - 0.08 * box.height)), axes, 0, 0, 360, 1.0, -1)
    else:
        _fill(
            mask, x - box.width * reach, y - box.height * reach, x + box.width * reach, y + box.height * reach
        )
    if rng.random() < 0.5:  # shoulders
        _fill(mask, x - 1.3 * box.width, y + 0.55 * box.height, x + 1.3 * box.width, height)
    if rng.random() < 0.5:
        gain = (image.mean((0, 1)) + 8) / (room.mean((0, 1)) + 8)
        room = np.clip(room * gain, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        room = cv2.GaussianBlur(room, (0, 0), rng.uniform(0.8, 4.0))
    return _over(np.asarray(room, dtype=np.uint8), image, _soft(mask, rng.uniform(0.5, 9.0)))


def held_up(image: Image, box: Box, photo: Image, face: Box, rng: Rng) -> tuple[Image, Box]:
    """A print, cut-out or screen with ``photo`` before the head in ``image``, and where its face lies now.

    face: the face in the photo. The sheet may have a border, hands that hold it, and a shadow.
    """
    printed = rng.random() < 0.6
    if rng.random() < 0.85:
        photo = (simulate_print if printed else simulate_replay)(photo, rng)
    cut = rng.random() < 0.3
    reach = rng.uniform(0.52, 1.25)
    sheet, photo = _sheet(photo, face, reach, cut, printed, rng)

    scale = box.width / face.width * rng.uniform(0.8, 1.5)
    centre = np.array(box.centre) + rng.normal(0, 0.1, 2) * box.width
    matrix = _perspective(photo, face, scale, centre, 0.05 * box.width, rng)
    size = image.shape[1::-1]
    sheet = np.asarray(cv2.warpPerspective(sheet, matrix, size), dtype=np.float32)
    if rng.random() < 0.6:
        shift = (int(rng.integers(-6, 7)), int(rng.integers(-6, 7)))
        shadow = _soft(np.roll(sheet, shift, (0, 1)), 4.0)[..., None]
        image = (image * (1 - 0.35 * shadow)).astype(np.uint8)
    image = _over(image, cv2.warpPerspective(photo, matrix, size), _soft(sheet, 0.7))

    half_width, half_height = face.width * scale / 2, face.height * scale / 2
    if rng.random() < 0.5:
        colour = skin_colour(photo, face)
        edge = half_width * 2 * (0.6 if cut else reach)
        for side in ((-1, 1), (1,), (-1,), (-1, 1))[int(rng.integers(4))]:
            at = (
                centre[0] + side * edge * rng.uniform(0.9, 1.15),
                centre[1] + 2 * half_height * rng.uniform(-0.1, 0.6),
            )
            holding = box.width * rng.uniform(0.25, 0.5)
            image = hand(image, at, math.pi if side > 0 else 0.0, holding, colour, rng)
    x, y = (float(v) for v in centre)
    return image, Box(x - half_width, y - half_height, x + half_width, y + half_height)


def skin_colour(image: Image, box: Box) -> Floats:
    """The median colour of the lower middle of the face, RGB float32 (3,)."""
    x, y = box.centre
    top, left = max(0, int(y)), max(0, int(x - 0.3 * box.width))
    patch = image[top : int(y + 0.25 * box.height) + 1, left : int(x + 0.3 * box.width) + 1].reshape(-1, 3)
    if not len(patch):
        return np.array([150, 110, 90], dtype=np.float32)
    return np.asarray(np.median(patch, axis=0), dtype=np.float32)


# ---------------------------------------------------------------- helpers


def _thing(image: Image, place: tuple[float, float], face_width: float, rng: Rng) -> Image:
    """A phone, book or cup of one colour, with an edge: a slanted rectangle or an ellipse."""
    mask, rim = _nothing(image), _nothing(image)
    width, height = face_width * rng.uniform(0.3, 1.0), face_width * rng.uniform(0.4, 1.4)
    corners = cv2.boxPoints((place, (width, height), rng.uniform(-40, 40))).astype(np.int32)
    if rng.random() < 0.7:
        cv2.fillPoly(mask, [corners], 1.0)
    else:
        axes = (int(width / 2) + 1, int(height / 2) + 1)
        cv2.ellipse(mask, (int(place[0]), int(place[1])), axes, rng.uniform(0, 180), 0, 360, 1.0, -1)
    cv2.polylines(rim, [corners], True, 1.0, max(1, int(face_width * 0.05)))
    y = np.linspace(-1, 1, image.shape[0], dtype=np.float32)[:, None, None]
    colour = rng.uniform(0, 255, 3) + y * rng.uniform(-60, 60)
    edge = rng.uniform(0, 60) if rng.random() < 0.7 else 240.0
    surface = np.where(rim[..., None] > 0, edge, np.broadcast_to(colour, image.shape))
    return _over(image, surface, _soft(mask, rng.uniform(0.6, 1.6)))


def _sheet(photo: Image, face: Box, reach: float, cut: bool, printed: bool, rng: Rng) -> tuple[Floats, Image]:
    """The part of the photo that is the sheet, float32 (height, width), 0..1, and the photo with border."""
    mask = _nothing(photo)
    x, y = face.centre
    if cut:
        axes = (int(face.width * max(reach, 0.55) * 0.95), int(face.height * max(reach, 0.6) * 1.1))
        cv2.ellipse(mask, (int(x), int(y - 0.08 * face.height)), axes, 0, 0, 360, 1.0, -1)
        return mask, photo
    down = face.height * reach * rng.uniform(1, 1.5) * 0.62
    _fill(mask, x - face.width * reach, y - down, x + face.width * reach, y + down)
    if rng.random() < 0.5:
        edge = max(1, int(face.width * rng.uniform(0.02, 0.15)))
        wider = cv2.dilate(mask, np.ones((2 * edge + 1, 2 * edge + 1), dtype=np.uint8))
        colour = rng.uniform(200, 250) if printed else rng.uniform(0, 50)
        photo = np.where((wider > mask)[..., None], np.uint8(colour), photo)
        mask = np.asarray(wider, dtype=np.float32)
    return mask, photo


def _perspective(
    photo: Image, face: Box, scale: float, centre: NDArray[np.float64], bend: float, rng: Rng
) -> NDArray[np.float64]:
    """Takes pixels of the photo to where it is held: scaled, turned, and slanted by ``bend`` pixels."""
    height, width = photo.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    turn = math.radians(rng.normal(0, 7))
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    held = (corners - np.array(face.centre)) * scale @ rotation.T + centre + rng.normal(0, bend, (4, 2))
    return np.asarray(cv2.getPerspectiveTransform(corners, held.astype(np.float32)))


def _around(box: Box, angle: float, widths: float) -> tuple[float, float]:
    x, y = box.centre
    return x + widths * box.width * math.cos(angle), y + widths * box.width * math.sin(angle)


def _nothing(image: Image) -> Floats:
    return np.zeros(image.shape[:2], dtype=np.float32)


def _stroke(mask: Floats, start: NDArray[np.float64], end: NDArray[np.float64], width: float) -> None:
    a, b = (int(start[0]), int(start[1])), (int(end[0]), int(end[1]))
    cv2.line(mask, a, b, 1.0, max(2, int(width)))


def _fill(mask: Floats, left: float, top: float, right: float, bottom: float) -> None:
    cv2.rectangle(mask, (int(left), int(top)), (int(right), int(bottom)), 1.0, -1)


def _soft(mask: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma), dtype=np.float32)


def _over(under: Image, above: NDArray[np.generic], mask: Floats) -> Image:
    """``above`` where the mask is 1, ``under`` where it is 0."""
    share = mask[..., None]
    mixed = under * (1 - share) + np.asarray(above, dtype=np.float32) * share
    return np.asarray(np.clip(mixed, 0, 255), dtype=np.uint8)
