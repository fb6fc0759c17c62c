"""The canvas of the drawn faces: where a turned head lies in a picture, soft masks, grain and light.

Lengths are in half-widths of the head: x to the right, y downwards, (0, 0) between forehead and chin.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.types import Image, Point

Floats: TypeAlias = NDArray[np.float32]


class Canvas:
    """The picture being painted, the coordinates of its pixels, pose, expression and light.

    x, y: half-widths, upright in the picture turned with the head; face_x, face_y: the same on the
    surface of the head, moved by its turn.
    """

    def __init__(self, rng: np.random.Generator, size: int) -> None:
        self.rng, self.size = rng, size
        self.unit = size * rng.uniform(0.17, 0.23)
        self.centre = size * rng.uniform(0.44, 0.56), size * rng.uniform(0.42, 0.5)
        self.roll = rng.normal(0, 0.07)
        self.turn = np.clip(rng.normal(0, 0.1), -0.22, 0.22), np.clip(rng.normal(0, 0.05), -0.12, 0.12)
        self.smile = rng.uniform(-0.2, 0.6)
        self.open_eyes = rng.uniform(0.75, 1.1)
        self.pixels: Floats = np.zeros((size, size, 3), dtype=np.float32)
        v, u = np.mgrid[:size, :size].astype(np.float32)
        u, v = (u + 0.5 - self.centre[0]) / self.unit, (v + 0.5 - self.centre[1]) / self.unit
        cos, sin = np.cos(self.roll), np.sin(self.roll)
        self.x: Floats = np.asarray(u * cos + v * sin, dtype=np.float32)
        self.y: Floats = np.asarray(v * cos - u * sin, dtype=np.float32)
        depth = np.sqrt(np.clip(1 - self.x**2 - (self.y / 1.4) ** 2, 0, 1))
        self.face_x: Floats = np.asarray(self.x - self.turn[0] * depth, dtype=np.float32)
        self.face_y: Floats = np.asarray(self.y - self.turn[1] * depth, dtype=np.float32)
        side = rng.uniform(-0.7, 0.7)
        lamp = np.array((side, rng.uniform(-0.7, -0.1), 1.0))
        self.lamp = lamp / np.linalg.norm(lamp)
        self.ambient = rng.uniform(0.3, 0.6)
        self.tint = rng.uniform((0.92, 0.94, 0.86), (1.06, 1.0, 1.04)).astype(np.float32)

    def mask(self, distance: NDArray[Any]) -> Floats:
        """1 where the signed distance (half-widths) is negative, with an edge of one pixel."""
        return np.asarray(np.clip(0.5 - distance * np.float32(self.unit), 0, 1), dtype=np.float32)

    def paint(self, mask: Floats, colour: Any) -> None:
        """Lay a colour, one or one a pixel, over the canvas. mask: 0..1 (size, size)."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if rows.size == 0:
            return
        # Most things painted are small: only their part of the canvas is touched.
        part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        colour = np.asarray(colour, dtype=np.float32)
        colour = colour[part] if colour.ndim == 3 else colour
        self.pixels[part] += mask[part][..., None] * (colour - self.pixels[part])

    def noise(self, across: float, down: float, strength: float) -> Floats:
        """Smooth noise about 1 with grains of the given half-widths."""
        cells = [max(3, min(self.size, round(self.size / (g * self.unit)))) for g in (down, across)]
        grains = self.rng.standard_normal(cells, dtype=np.float32)
        grains = cv2.resize(grains, (self.size, self.size), interpolation=cv2.INTER_CUBIC).astype(np.float32)
        return np.asarray(1 + strength * grains, dtype=np.float32)

    def shade(self, relief: NDArray[Any]) -> Floats:
        """Light on a relief (half-widths towards the camera): the lamp by Lambert's law, and the room's."""
        down, right = np.gradient(relief * np.float32(self.unit))
        length = np.sqrt(right**2 + down**2 + 1)
        facing = (-right * self.lamp[0] - down * self.lamp[1] + self.lamp[2]) / length
        return np.asarray(self.ambient + (1 - self.ambient) * np.clip(facing, 0, 1), dtype=np.float32)

    def pixel(self, point: Point) -> Point:
        """Where a point of the turned head lies in the picture."""
        x, y = point
        depth = np.sqrt(max(0.0, 1 - x**2 - (y / 1.4) ** 2))
        x, y = x + self.turn[0] * depth, y + self.turn[1] * depth
        cos, sin = np.cos(self.roll), np.sin(self.roll)
        return (
            float(self.centre[0] + self.unit * (x * cos - y * sin)),
            float(self.centre[1] + self.unit * (x * sin + y * cos)),
        )

    def finish(self) -> Image:
        """The camera's share: the colour of the light, and a little noise."""
        noise = self.rng.standard_normal(self.pixels.shape, dtype=np.float32)
        return np.asarray(np.clip(self.pixels * self.tint + 2 * noise, 0, 255), dtype=np.uint8)
