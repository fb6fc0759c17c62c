"""The decoder, on outputs made by hand: what goes in as logits comes out in pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest

from liveness.detect.yolov5_face import decode, distinct


def outputs() -> list[np.ndarray]:
    """What the network says of a picture without a face."""
    return [np.full((1, 3, 640 // s, 640 // s, 16), -8.0, np.float32) for s in (8, 16, 32)]


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def place(raw: np.ndarray, anchor: int, row: int, column: int, score: float) -> None:
    """A face in the middle of a cell, of its anchor's own size, with points at chosen places."""
    cell = raw[0, anchor, row, column]
    cell[:4] = logit(0.5)  # centre: 2 * .5 - .5 = half a cell; size: (2 * .5) ** 2 = 1 anchor
    cell[4] = cell[15] = logit(math.sqrt(score))
    cell[5:15] = [0, 0, 1, 0, 0.5, 0.5, 0, 1, 1, 1]  # in anchors from the cell's corner


def test_a_face_in_one_cell() -> None:
    raw = outputs()
    place(raw[2], anchor=0, row=5, column=7, score=0.81)
    rows = decode(raw, 0.5)
    assert rows.shape == (1, 15)
    x, y, width, height = 7.5 * 32, 5.5 * 32, 146, 217
    box = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
    assert rows[0, :4] == pytest.approx(box, abs=1e-3)
    assert rows[0, 4] == pytest.approx(0.81, abs=1e-4)
    corner = np.array([7 * 32, 5 * 32])
    marks = np.array([(0, 0), (width, 0), (width / 2, height / 2), (0, height), (width, height)])
    assert rows[0, 5:].reshape(5, 2) == pytest.approx(corner + marks, abs=1e-3)


def test_each_stride_has_its_own_anchors() -> None:
    sizes = []
    for level, stride in enumerate((8, 16, 32)):
        for anchor in range(3):
            raw = outputs()
            place(raw[level], anchor, 10, 4, 0.9)
            left, top, right, bottom = decode(raw, 0.5)[0, :4]
            assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((4.5 * stride, 10.5 * stride))
            sizes.append(round(right - left))
    assert sizes == [4, 8, 13, 23, 43, 73, 146, 231, 335]


def test_unsure_cells_are_left_out() -> None:
    raw = outputs()
    place(raw[1], 1, 3, 3, score=0.49)
    assert decode(raw, 0.5).shape == (0, 15)
    assert distinct(decode(raw, 0.5)) == []


def test_of_overlapping_faces_the_surest_stays() -> None:
    raw = outputs()
    place(raw[2], 0, 5, 7, 0.7)
    place(raw[2], 0, 5, 8, 0.9)
    place(raw[2], 0, 15, 15, 0.6)
    kept = distinct(decode(raw, 0.5))
    assert [round(row[4], 2) for row in kept] == [0.9, 0.6]
