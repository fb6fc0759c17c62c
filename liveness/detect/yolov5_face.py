"""YOLO5Face (Qi et al., 2021), its smallest network, in ONNX Runtime; the weights are under GPL-3.0."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.detect.base import ShrinkingDetector
from liveness.detect.geometry import letterbox
from liveness.errors import WeightsError
from liveness.types import Box, Face, Image, Landmarks
from liveness.weights import fetch

_SIZE = 640
_OVERLAP = 0.5
# Width and height in pixels of the three boxes that each cell starts from, by the cell's stride.
_ANCHORS = {
    8: ((4, 5), (8, 10), (13, 16)),
    16: ((23, 29), (43, 55), (73, 105)),
    32: ((146, 217), (231, 300), (335, 433)),
}


class Yolov5Face(ShrinkingDetector):
    """path: the network's file; None finds or fetches it.

    Raises WeightsError when the file cannot be had, or must not be fetched before its licence is accepted.
    threads: of ONNX Runtime; None leaves the choice to it.
    """

    def __init__(
        self,
        min_face: float = 0.05,
        min_score: float = 0.5,
        path: Path | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(_SIZE, min_face, min_score)
        path = path or fetch("yolov5-face")
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except _onnx_errors() as error:
            raise WeightsError(f"{path} cannot be loaded as YOLOv5-face: {error}") from error
        self._input = self._session.get_inputs()[0].name

    def _find(self, image: Image, smallest: float) -> list[Face]:
        canvas, fit = letterbox(image, _SIZE)
        values = canvas.astype(np.float32).transpose(2, 0, 1)[None] / 255
        rows = decode(self._session.run(None, {self._input: values}), self.min_score)
        return [fit.back(_face(row)) for row in distinct(rows)]


def decode(outputs: Sequence[NDArray[np.float32]], min_score: float) -> NDArray[np.float64]:
    """The raw outputs of the network as candidate faces.

    outputs: one for each stride, (1, 3 anchors, rows, columns, 16): box centre and size, objectness,
    five points, class; all but the points still to be squashed. Returns float64 (n, 15): left, top,
    right, bottom, score, x and y of the five points, in pixels of the network's input.
    """
    found = []
    for stride, output in zip(_ANCHORS, outputs):
        raw = np.asarray(output[0], dtype=np.float64)
        score = _sigmoid(raw[..., 4]) * _sigmoid(raw[..., 15])
        anchor, row, column = np.nonzero(score >= min_score)
        cells = raw[anchor, row, column]
        sizes = np.asarray(_ANCHORS[stride], dtype=np.float64)[anchor]
        grid = np.stack([column, row], axis=1).astype(np.float64)
        centre = (_sigmoid(cells[:, 0:2]) * 2 - 0.5 + grid) * stride
        half = (_sigmoid(cells[:, 2:4]) * 2) ** 2 * sizes / 2
        points = cells[:, 5:15].reshape(-1, 5, 2) * sizes[:, None] + (grid * stride)[:, None]
        found.append(
            np.concatenate(
                [centre - half, centre + half, score[anchor, row, column][:, None], points.reshape(-1, 10)],
                axis=1,
            )
        )
    return np.concatenate(found)


def distinct(rows: NDArray[np.float64]) -> list[list[float]]:
    """Candidates of ``decode`` without those that overlap a surer one."""
    if not len(rows):
        return []
    corners, sizes = rows[:, :2], rows[:, 2:4] - rows[:, :2]
    boxes = np.concatenate([corners, sizes], axis=1).tolist()
    kept: Any = cv2.dnn.NMSBoxes(boxes, rows[:, 4].tolist(), 0.0, _OVERLAP)
    return [rows[int(i)].tolist() for i in np.asarray(kept).ravel()]


def _face(row: list[float]) -> Face:
    left, top, right, bottom, score = row[:5]
    return Face(Box(left, top, right, bottom), score, Landmarks(*zip(row[5::2], row[6::2])))


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-values))


def _onnx_errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises for a file that it cannot load."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return state.Fail, state.InvalidProtobuf, state.InvalidGraph, state.NoSuchFile, state.InvalidArgument
