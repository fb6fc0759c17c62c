"""Alignment: whatever similarity transform a face went through, its eyes come to the same places."""

from __future__ import annotations

import cmath
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from liveness.errors import InputError
from liveness.matching.align import CANONICAL, align, similarity
from liveness.types import Box, Face, Image, Landmarks, Point

transforms = st.builds(
    lambda scale, angle, x, y: (cmath.rect(scale, angle), complex(x, y)),
    st.floats(5, 2000),
    st.floats(-3.2, 3.2),
    st.floats(-5000, 5000),
    st.floats(-5000, 5000),
)


def moved(marks: Landmarks, a: complex, b: complex) -> Landmarks:
    def point(p: Point) -> Point:
        z = a * complex(*p) + b
        return z.real, z.imag

    return Landmarks(*map(point, marks.points()))


@given(transforms, st.integers(32, 512))
def test_all_five_points_of_a_canonical_face_come_back(transform: tuple[complex, complex], size: int) -> None:
    marks = moved(CANONICAL, *transform)
    a, b = similarity(Face(Box(0, 0, 1, 1), 1.0, marks), size)
    for found, wanted in zip(marks.points(), CANONICAL.points(), strict=True):
        assert a * complex(*found) + b == pytest.approx(complex(*wanted) * size, abs=1e-4 * size)


@given(transforms, st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=5, max_size=5))
def test_any_face_is_aligned_alike_before_and_after_a_transform(
    transform: tuple[complex, complex], points: list[Point]
) -> None:
    before = Landmarks(*points)
    spread = np.array([complex(*p) for p in points])
    assume(abs(spread - spread.mean()).max() > 5)
    a, b = similarity(Face(Box(0, 0, 1, 1), 1.0, before), 160)
    # Points that do not look like a face at all have no best rotation.
    assume(abs(a) > 0.1)
    c, d = similarity(Face(Box(0, 0, 1, 1), 1.0, moved(before, *transform)), 160)
    again = moved(moved(before, *transform), c, d)
    for left, right in zip(moved(before, a, b).points(), again.points(), strict=True):
        assert left == pytest.approx(right, abs=1e-3)


@given(st.floats(-500, 500), st.floats(-500, 500), st.floats(5, 800), st.floats(5, 800))
def test_without_landmarks_the_box_fills_the_square(x: float, y: float, width: float, height: float) -> None:
    box = Box(x, y, x + width, y + height)
    same_spot = Landmarks(*[(x, y)] * 5)
    for face in (Face(box, 1.0), Face(box, 1.0, same_spot)):
        a, b = similarity(face, 100)
        assert a * complex(*box.centre) + b == pytest.approx(50 + 50j, abs=1e-6)
        assert a.imag == 0
        assert a.real * box.longer_side == pytest.approx(100)


@pytest.mark.parametrize(("angle", "scale"), [(0, 1.0), (35, 1.0), (-80, 1.6), (180, 0.7), (10, 0.35)])
def test_the_picture_follows_the_points(
    astronaut: Image, astronaut_face: Face, angle: float, scale: float
) -> None:
    assert astronaut_face.landmarks is not None
    matrix = cv2.getRotationMatrix2D((220.0, 120.0), angle, scale)
    matrix[:, 2] += 36
    turned = cv2.warpAffine(astronaut, matrix, (600, 600), flags=cv2.INTER_AREA)
    points = np.array(astronaut_face.landmarks.points()) @ matrix[:, :2].T + matrix[:, 2]
    face = replace(astronaut_face, landmarks=Landmarks(*[(float(x), float(y)) for x, y in points]))
    one, other = align(astronaut, astronaut_face, 96), align(np.asarray(turned, np.uint8), face, 96)
    assert one.shape == other.shape == (96, 96)
    assert one.dtype == np.uint8
    middle = slice(16, 80)
    alike = np.corrcoef(one[middle, middle].ravel(), other[middle, middle].ravel())[0, 1]
    assert alike > 0.93


def test_a_mark_at_the_eye_lands_at_the_canonical_eye() -> None:
    image = np.zeros((300, 400, 3), dtype=np.uint8)
    marks = Landmarks((140.0, 100.0), (204.0, 100.0), (172.0, 136.0), (146.0, 172.0), (198.0, 172.0))
    cv2.circle(image, (140, 100), 4, (255, 255, 255), -1)
    square = align(image, Face(Box(120, 60, 220, 200), 1.0, marks), 160)
    y, x = np.unravel_index(cv2.GaussianBlur(square, (5, 5), 0).argmax(), square.shape)
    assert (x, y) == pytest.approx((0.34 * 160, 0.38 * 160), abs=3)


def test_a_face_outside_the_picture_is_refused() -> None:
    image = np.zeros((50, 50, 3), dtype=np.uint8)
    with pytest.raises(InputError, match="outside the picture"):
        align(image, Face(Box(500, 500, 600, 600), 1.0), 96)
    with pytest.raises(InputError, match="empty box"):
        align(image, Face(Box(5, 5, 5, 5), 1.0), 96)


def test_a_face_that_fills_more_than_the_picture_still_aligns() -> None:
    image = np.full((20, 20, 3), 90, dtype=np.uint8)
    square = align(image, Face(Box(-30, -30, 60, 60), 1.0), 64)
    assert np.unique(square).tolist() == [90]  # the edge is repeated: no black, so no false corners
