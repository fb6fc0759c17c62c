"""Drawn faces: the same generator draws the same face, people keep their looks, detectors find them."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from liveness.data.faces import draw_face, random_person
from liveness.errors import InputError


def test_a_face_is_drawn_from_its_generator_alone() -> None:
    first, box, marks = draw_face(np.random.default_rng(1), 160)
    again, box_again, marks_again = draw_face(np.random.default_rng(1), 160)
    other, _, _ = draw_face(np.random.default_rng(2), 160)
    assert first.shape == (160, 160, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert (box, marks) == (box_again, marks_again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("seed", range(8))
def test_points_lie_in_the_box_and_the_box_in_the_picture(seed: int) -> None:
    _, box, marks = draw_face(np.random.default_rng(seed), 200)
    assert box.left > 0
    assert box.top > 0
    assert max(box.right, box.bottom) < 200
    for x, y in marks.points():
        assert box.left < x < box.right
        assert box.top < y < box.bottom
    assert marks.left_eye[0] < marks.right_eye[0]
    assert marks.left_mouth[0] < marks.right_mouth[0]
    assert marks.left_eye[1] < marks.nose[1] < marks.left_mouth[1]


def test_eyes_are_where_the_points_say() -> None:
    """Pupils are the darkest spot of a bright-skinned face without glasses."""
    found = 0
    for seed in range(40):
        person = random_person(np.random.default_rng(seed))
        if person.glasses or sum(person.skin) < 600:
            continue
        image, _, marks = draw_face(np.random.default_rng(seed), 320, person)
        for x, y in (marks.left_eye, marks.right_eye):
            eye = image[int(y) - 4 : int(y) + 5, int(x) - 4 : int(x) + 5].mean()
            cheek = image[int(y) + 25 : int(y) + 32, int(x) - 4 : int(x) + 5].mean()
            assert eye < cheek
            found += 1
    assert found >= 10


def test_a_person_keeps_skin_and_proportions() -> None:
    person = random_person(np.random.default_rng(5))
    rng = np.random.default_rng(6)
    ratios = []
    for _ in range(4):
        _, box, marks = draw_face(rng, 240, person)
        eyes = np.hypot(*np.subtract(marks.right_eye, marks.left_eye))
        ratios.append(eyes / box.width)
    assert np.ptp(ratios) < 0.02
    assert asdict(person) == asdict(random_person(np.random.default_rng(5)))
    assert person != random_person(np.random.default_rng(6))


def test_too_small_a_picture_is_refused() -> None:
    with pytest.raises(InputError, match="at least 64"):
        draw_face(np.random.default_rng(0), 63)
