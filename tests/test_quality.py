"""Reasons not to decide: each appears for the picture that earns it, and for no other."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from liveness.quality import QualityLimits, assess
from liveness.types import Box, Face, Image


def changed(image: Image, gain: float = 1.0, offset: float = 0.0) -> Image:
    return np.clip(image * gain + offset, 0, 255).astype(np.uint8)


def test_a_good_face_has_no_problem(astronaut: Image, astronaut_face: Face) -> None:
    quality = assess(astronaut, astronaut_face)
    assert quality.ok
    assert quality.problems == ()
    assert quality.size == 113
    assert quality.visible == 1
    assert 80 < quality.brightness < 200


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda im: changed(im, 0.05), "too dark"),
        (lambda im: changed(im, 0.02, 250), "washed out"),
        (lambda im: cv2.GaussianBlur(im, (0, 0), 12), "blurred"),
    ],
)
def test_each_problem_is_named(astronaut: Image, astronaut_face: Face, change, problem: str) -> None:
    problems = assess(change(astronaut), astronaut_face).problems
    assert any(p.startswith(problem) for p in problems)


def test_small_faces(astronaut: Image, astronaut_face: Face) -> None:
    small = cv2.resize(astronaut, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    face = Face(astronaut_face.box.mapped(0.3, 0.3), 1.0)
    assert assess(small, face).problems == ("too small (34 px, 40 wanted): move closer",)
    assert assess(small, face, QualityLimits(size=30)).ok


def test_faces_cut_off_by_the_edge(astronaut: Image, astronaut_face: Face) -> None:
    cut = astronaut[:, 230:]
    face = Face(astronaut_face.box.mapped(1, 1, -230), 1.0)
    quality = assess(cut, face)
    assert quality.visible == pytest.approx(38 / 90)
    assert quality.problems == ("cut off by the edge of the picture: move to the centre",)


@pytest.mark.parametrize("box", [Box(600, 600, 700, 700), Box(-50, -50, 0, 0), Box(10, 10, 10, 40)])
def test_faces_outside_are_not_measured(astronaut: Image, box: Box) -> None:
    quality = assess(astronaut, Face(box, 1.0))
    assert quality.visible == 0
    assert quality.problems == ("the face lies outside the picture",)


def test_sharpness_does_not_depend_on_the_size_of_the_picture(astronaut: Image, astronaut_face: Face) -> None:
    large = cv2.resize(astronaut, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    sharpness = assess(np.asarray(large), Face(astronaut_face.box.mapped(3, 3), 1.0)).sharpness
    assert sharpness == pytest.approx(assess(astronaut, astronaut_face).sharpness, rel=0.3)
    blurred = cv2.GaussianBlur(astronaut, (0, 0), 3)
    assert assess(blurred, astronaut_face).sharpness < sharpness / 3
