"""Views of faces that move, for tests of what happens over time: an astronaut, and a drawn face."""

from __future__ import annotations

import cv2
import numpy as np

from liveness.types import Box, Face, Image, Landmarks

ASTRONAUT = Face(
    Box(178.0, 63.0, 268.0, 176.0),
    1.0,
    Landmarks((200.0, 102.0), (247.0, 102.5), (220.5, 124.5), (198.5, 143.0), (239.5, 143.5)),
)


def drawn(side: int = 512) -> tuple[Image, Face]:
    """A drawn face in front of stripes, and where it is: uint8 RGB (side, side, 3)."""
    image = np.full((side, side, 3), 90, np.uint8)
    image[:, ::32] = 140
    middle = side // 2
    cv2.ellipse(image, (middle, middle), (70, 95), 0, 0, 360, (214, 176, 150), -1)
    cv2.ellipse(image, (middle, middle - 80), (74, 45), 0, 180, 360, (60, 40, 30), -1)
    for x in (-28, 28):
        cv2.ellipse(image, (middle + x, middle - 18), (14, 7), 0, 0, 360, (250, 250, 250), -1)
        cv2.circle(image, (middle + x, middle - 18), 6, (40, 60, 30), -1)
        cv2.line(image, (middle + x - 18, middle - 38), (middle + x + 18, middle - 40), (60, 40, 30), 5)
    cv2.line(image, (middle, middle - 10), (middle - 8, middle + 22), (150, 110, 90), 4)
    cv2.ellipse(image, (middle, middle + 50), (26, 8), 0, 0, 360, (160, 60, 60), -1)
    marks = Landmarks(
        (middle - 28.0, middle - 18.0),
        (middle + 28.0, middle - 18.0),
        (float(middle), middle + 18.0),
        (middle - 26.0, middle + 50.0),
        (middle + 26.0, middle + 50.0),
    )
    return image, Face(Box(middle - 72.0, middle - 100.0, middle + 72.0, middle + 98.0), 1.0, marks)


def view(
    picture: Image, face: Face, centre: tuple[float, float] = (320, 240), zoom: float = 1.4
) -> tuple[Image, Face]:
    """A camera's view, uint8 RGB (480, 640, 3), with the face's middle at ``centre``; and where it is."""
    dx, dy = centre[0] - zoom * face.box.centre[0], centre[1] - zoom * face.box.centre[1]
    image = cv2.warpAffine(
        picture, np.array([[zoom, 0, dx], [0, zoom, dy]]), (640, 480), borderMode=cv2.BORDER_REFLECT
    )
    marks = face.landmarks.mapped(zoom, zoom, dx, dy) if face.landmarks else None
    return np.asarray(image, np.uint8), Face(face.box.mapped(zoom, zoom, dx, dy), face.score, marks)


def noisy(image: Image, seed: int, sigma: float = 2.0) -> Image:
    """The picture with a sensor's noise."""
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)
