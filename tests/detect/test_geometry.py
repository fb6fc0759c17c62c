"""To the canvas and back again: no pixel is lost on the way."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveness.detect.geometry import Fit, letterbox, pad, shrink
from liveness.types import Box, Face, Image, Landmarks

sizes = st.integers(8, 500)
positions = st.floats(-300, 900)


@st.composite
def faces(draw: st.DrawFn) -> Face:
    left, top = draw(positions), draw(positions)
    box = Box(left, top, left + draw(st.floats(1, 300)), top + draw(st.floats(1, 300)))
    return Face(box, 0.5, Landmarks(*[(draw(positions), draw(positions)) for _ in range(5)]))


def onto(fit: Fit, face: Face) -> Face:
    assert face.landmarks is not None
    move = (fit.scale_x, fit.scale_y, fit.dx, fit.dy)
    return Face(fit.onto(face.box), face.score, face.landmarks.mapped(*move))


def blank(width: int, height: int) -> Image:
    return np.zeros((height, width, 3), np.uint8)


def fit_of(how: str, width: int, height: int) -> Fit:
    image = blank(width, height)
    ways = {"shrink": lambda: shrink(image, 160), "pad": lambda: pad(image, 0.5)}
    return ways.get(how, lambda: letterbox(image, 160))()[1]


@settings(deadline=None)
@given(face=faces(), width=sizes, height=sizes, how=st.sampled_from(["shrink", "pad", "letterbox"]))
def test_there_and_back_again(face: Face, width: int, height: int, how: str) -> None:
    fit = fit_of(how, width, height)
    back = fit.back(onto(fit, face))
    assert back.box.as_tuple() == pytest.approx(face.box.as_tuple(), abs=1e-6)
    assert face.landmarks is not None
    assert back.landmarks is not None
    for point, given_point in zip(back.landmarks.points(), face.landmarks.points()):
        assert point == pytest.approx(given_point, abs=1e-6)
    assert back.score == face.score


@settings(deadline=None)
@given(width=sizes, height=sizes, longest=st.integers(4, 600))
def test_shrink_keeps_proportions_and_never_enlarges(width: int, height: int, longest: int) -> None:
    small, fit = shrink(blank(width, height), longest)
    rows, columns = small.shape[:2]
    assert max(rows, columns) == min(longest, max(width, height))
    assert columns <= width
    assert rows <= height
    corners = fit.onto(Box(0, 0, width, height))
    assert corners.as_tuple() == pytest.approx((0, 0, columns, rows))


@settings(deadline=None)
@given(width=sizes, height=sizes, size=st.integers(32, 300))
def test_letterbox_shows_the_whole_picture_and_nothing_else(width: int, height: int, size: int) -> None:
    canvas, fit = letterbox(blank(width, height), size)
    assert canvas.shape == (size, size, 3)
    left, top, right, bottom = (round(v) for v in fit.onto(Box(0, 0, width, height)).as_tuple())
    assert (canvas[top:bottom, left:right] == 0).all()
    assert (canvas == 0).all(axis=2).sum() == (right - left) * (bottom - top)
    assert max(right - left, bottom - top) == size
    assert abs(left - (size - right)) <= 1
    assert abs(top - (size - bottom)) <= 1


def test_a_mark_is_found_where_the_fit_says() -> None:
    image = blank(300, 200)
    image[80:90, 240:250] = 255
    for canvas, fit in (shrink(image, 150), pad(image, 0.25), letterbox(image, 120)):
        rows, columns = np.nonzero((canvas == 255).all(axis=2))
        x, y = fit.onto(Box(240, 80, 250, 90)).centre
        assert columns.mean() + 0.5 == pytest.approx(x, abs=0.6)
        assert rows.mean() + 0.5 == pytest.approx(y, abs=0.6)


@settings(deadline=None, max_examples=30)
@given(width=st.integers(200, 1300), height=st.integers(200, 1300), longest=st.integers(32, 120))
def test_shrinking_by_halves_averages_like_shrinking_at_once(width: int, height: int, longest: int) -> None:
    y, x = np.mgrid[0:height, 0:width]
    image = np.stack([x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)], axis=2)
    small, _ = shrink(image.astype(np.uint8), longest)
    at_once = cv2.resize(image.astype(np.uint8), small.shape[1::-1], interpolation=cv2.INTER_AREA)
    step = 255 / min(small.shape[:2])  # from one pixel to the next
    assert np.abs(small.astype(int) - at_once).max() <= 2 + 0.2 * step
