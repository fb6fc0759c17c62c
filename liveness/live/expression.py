"""Blinks and smiles: MediaPipe's face mesh and blendshapes, run by LiteRT. Optional, in package and file.

``face_landmarker.task`` is a ZIP of TFLite networks. Its own package would bring a second OpenCV, so two of
them are run here as MediaPipe's graphs do (Apache-2.0): the mesh on a square around the face, turned upright
by the eyes, and of its points 146 to the network that gives the 52 blendshapes.
"""

from __future__ import annotations

import importlib.util
import threading
import zipfile
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.errors import WeightsError
from liveness.live.movements import Expression
from liveness.live.pose import pose
from liveness.types import Face, Image
from liveness.weights import find

WEIGHTS = "face-landmarker"
_SIDE = 256
# The square's side in units of ``Pose.size``: what MediaPipe arrives at when it follows a face (measured:
# 3.9 to 4.2 on nine clips, its middle within 0.2 of the landmarks' mean).
_REACH = 4.1
_PARTS = ("face_landmarks_detector.tflite", "face_blendshapes.tflite")
_BLINKS, _SMILES = (9, 10), (44, 45)  # left and right, in the order of MediaPipe's kBlendshapeNames
# Which of the 478 points the blendshapes are read from: MediaPipe's kLandmarksSubsetIdxs.
_SUBSET = np.fromstring(  # a text, since as a list it would fill a page
    "0 1 4 5 6 7 8 10 13 14 17 21 33 37 39 40 46 52 53 54 55 58 61 63 65 66 67 70 78 80 81 82 84 87 88 "
    "91 93 95 103 105 107 109 127 132 133 136 144 145 146 148 149 150 152 153 154 155 157 158 159 160 "
    "161 162 163 168 172 173 176 178 181 185 191 195 197 234 246 249 251 263 267 269 270 276 282 283 "
    "284 285 288 291 293 295 296 297 300 308 310 311 312 314 317 318 321 323 324 332 334 336 338 356 "
    "361 362 365 373 374 375 377 378 379 380 381 382 384 385 386 387 388 389 390 397 398 400 402 405 "
    "409 415 454 466 468 469 470 471 472 473 474 475 476 477 ",
    dtype=np.intp,
    sep=" ",
)


class Expresser(Protocol):
    """Reads a face's expression. image: uint8 RGB (height, width, 3); None where it cannot be read."""

    def __call__(self, image: Image, face: Face) -> Expression | None: ...


def missing() -> str:
    """What blinks and smiles still need, in words that can be shown; empty when they can be read.

    Raises WeightsError as ``weights.find`` does.
    """
    wanted = []
    if importlib.util.find_spec("ai_edge_litert") is None:
        wanted.append("pip install ai-edge-litert")
    if find(WEIGHTS) is None:
        wanted.append(f"liveness weights fetch {WEIGHTS}")
    return " and ".join(wanted)


class FaceMesh:
    """An ``Expresser`` on one CPU thread; may be called from several threads, which wait for each other.

    path: of face_landmarker.task, found as ``weights.find`` does when not given. Raises WeightsError when the
    file or the package ai-edge-litert is missing, or the file is not what it should be.
    """

    def __init__(self, path: Path | None = None) -> None:
        if path is None and (lacking := missing()):
            raise WeightsError(f"blinks and smiles cannot be read: {lacking}")
        self._lock = threading.Lock()
        self._mesh, self._shapes = _load(path or find(WEIGHTS))

    def __call__(self, image: Image, face: Face) -> Expression | None:
        """None for a face without landmarks, or with all of them on a line."""
        square = upright(image, face)
        if square is None:
            return None
        with self._lock:
            points = _run(self._mesh, np.divide(square[None], 255, dtype=np.float32)).reshape(-1, 3)
            shapes = _run(self._shapes, points[None, _SUBSET, :2]).reshape(-1)
        blink, smile = (float(np.clip(shapes[list(pair)].mean(), 0, 1)) for pair in (_BLINKS, _SMILES))
        return Expression(blink, smile)


def upright(image: Image, face: Face) -> NDArray[np.uint8] | None:
    """The face as the mesh wants it: uint8 RGB (256, 256, 3); None when landmarks do not say where it is."""
    turned = pose(face.landmarks) if face.landmarks else None
    if face.landmarks is None or turned is None or turned.size < 1:
        return None
    (ax, ay), (bx, by) = face.landmarks.left_eye, face.landmarks.right_eye
    x, y = np.mean(face.landmarks.points(), axis=0)
    scale = _SIDE / (_REACH * turned.size)
    angle = float(np.arctan2(by - ay, bx - ax))
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    half = _SIDE / 2
    matrix = np.array([[c, s, half - c * x - s * y], [-s, c, half + s * x - c * y]])
    square = cv2.warpAffine(image, matrix, (_SIDE, _SIDE), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(square, dtype=np.uint8)


def _load(path: Path | None) -> tuple[Any, Any]:
    """The two networks, ready to run."""
    from ai_edge_litert.interpreter import Interpreter

    assert path is not None
    try:
        with zipfile.ZipFile(path) as parts:
            networks = [Interpreter(model_content=parts.read(name), num_threads=1) for name in _PARTS]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{path} is not MediaPipe's face_landmarker.task: {error}") from error
    for network in networks:
        network.allocate_tensors()
    return networks[0], networks[1]


def _run(network: Any, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The first output of a network with one input."""
    network.set_tensor(network.get_input_details()[0]["index"], values)
    network.invoke()
    return np.asarray(network.get_tensor(network.get_output_details()[0]["index"]), dtype=np.float32)
