"""A still picture as seen when someone holds it before a camera: shifted, turned, tilted, nearer, further."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from liveness.types import Image


def moved(image: Image, seconds: float, rate: float = 15.0) -> Iterator[tuple[float, Image]]:
    """(seconds, view): the picture under perspective, with a little of a sensor's noise; uint8 RGB."""
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    noise = np.random.default_rng(0)
    for i in range(int(seconds * rate)):
        t = i / rate
        tilt = 0.12 * np.array([np.sin(2 * t), np.sin(1.3 * t + 1)])
        x, y = corners[:, 0] / width - 0.5, corners[:, 1] / height - 0.5
        depth = (1 + tilt[0] * x + tilt[1] * y) / (1 + 0.1 * np.sin(0.9 * t))
        angle = 0.1 * np.sin(1.7 * t)
        u = (np.cos(angle) * x - np.sin(angle) * y) / depth + 0.5 + 0.03 * np.sin(2.3 * t)
        v = (np.sin(angle) * x + np.cos(angle) * y) / depth + 0.5
        goal = np.stack([u * width, v * height], axis=1).astype(np.float32)
        view = cv2.warpPerspective(image, cv2.getPerspectiveTransform(corners, goal), (width, height))
        yield t, np.clip(view + noise.normal(0, 2, view.shape), 0, 255).astype(np.uint8)
