"""Five landmarks of a head in space, seen by a camera: what challenges are tested with."""

from __future__ import annotations

import numpy as np

from liveness.types import Box, Face, FaceResult, Landmarks, Verdict

# Millimetres; x to the right of the picture, y down, z towards the camera; from between the eyes.
HEAD = np.array([[-32.0, 0, 0], [32.0, 0, 0], [0, 36.0, 30.0], [-25.0, 70.0, 6.0], [25.0, 70.0, 6.0]])
PHOTO = HEAD * [1, 1, 0]
_FOCAL = 600.0


def landmarks(
    points: np.ndarray, yaw: float = 0, pitch: float = 0, roll: float = 0, distance: float = 550
) -> Landmarks:
    """Degrees; yaw to the person's own left, pitch down; distance from the camera in millimetres."""
    a, b, c = np.radians([yaw, pitch, roll])
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    nod = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    tilt = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    neck = np.array([0, 60.0, -80.0])  # heads turn about the neck
    seen = (points - neck) @ (tilt @ nod @ turn).T + neck
    depth = distance - seen[:, 2]
    x, y = 320 + _FOCAL * seen[:, 0] / depth, 220 + _FOCAL * seen[:, 1] / depth
    return Landmarks(*((float(u), float(v)) for u, v in zip(x, y)))


def found(marks: Landmarks, score: float = 0.9) -> FaceResult:
    xs, ys = zip(*marks.points())
    width = (max(xs) - min(xs)) * 0.6
    box = Box(min(xs) - width, min(ys) - width, max(xs) + width, max(ys) + width)
    return FaceResult(Face(box, 0.99, marks), Verdict(score, 0.5), track=1)
