"""Faces between two searches: followed while they can be, searched for when they cannot."""

from __future__ import annotations

import math

import numpy as np
import pytest

from liveness.live.follow import FollowConfig, Follower
from liveness.types import Face, Image
from tests.clips import ASTRONAUT, noisy, view


class Truth:
    """A detector that is told where the face is, takes ``milliseconds`` of a made clock, and counts."""

    def __init__(self, milliseconds: float) -> None:
        self.now, self.calls, self.cost = 0.0, 0, milliseconds / 1000
        self.faces: list[Face] = []

    def __call__(self, image: Image) -> list[Face]:
        self.calls += 1
        self.now += self.cost
        return self.faces


def run(truth: Truth, follower: Follower, astronaut: Image, path: list[tuple[float, float]]) -> list[float]:
    """How far each found centre lies from the true one; 30 frames a second."""
    missed = []
    for i, spot in enumerate(path):
        image, face = view(astronaut, ASTRONAUT, spot)
        truth.faces = [face]
        truth.now += 1 / 30
        (found,) = follower(noisy(image, i))
        assert found.landmarks is not None
        missed.append(math.dist(found.box.centre, face.box.centre))
        missed.append(math.dist(found.landmarks.nose, face.landmarks.nose))  # type: ignore[union-attr]
    return missed


def sway(frames: int) -> list[tuple[float, float]]:
    return [(320 + 25 * math.sin(i / 12), 240 + 4 * math.cos(i / 9)) for i in range(frames)]


def test_a_slow_detector_is_asked_seldom_and_the_face_is_where_it_is(astronaut: Image) -> None:
    truth = Truth(40)
    missed = run(truth, Follower(truth, clock=lambda: truth.now), astronaut, sway(40))
    assert truth.calls <= 12
    assert max(missed) < 4, "pixels, of a face of 126 x 158"


def test_a_fast_detector_is_asked_often(astronaut: Image) -> None:
    truth = Truth(4)
    run(truth, Follower(truth, clock=lambda: truth.now), astronaut, sway(10))
    assert truth.calls == 10


def test_a_face_that_moves_much_is_searched_for(astronaut: Image) -> None:
    truth = Truth(40)
    path = [(200 + 18.0 * i, 240.0) for i in range(12)]
    run(truth, Follower(truth, clock=lambda: truth.now), astronaut, path)
    assert truth.calls == 12


def test_a_cut_to_another_scene_is_searched(astronaut: Image) -> None:
    truth = Truth(40)
    follower = Follower(truth, clock=lambda: truth.now)
    run(truth, follower, astronaut, [(320, 240)] * 3)
    assert not follower.searched
    truth.faces = []
    assert follower(np.random.default_rng(1).integers(0, 255, (480, 640, 3), dtype=np.uint8)) == []
    assert follower.searched


def test_no_face_is_looked_for_in_every_frame_and_time_asks_for_a_search(astronaut: Image) -> None:
    truth = Truth(40)
    follower = Follower(truth, clock=lambda: truth.now)
    image, face = view(astronaut, ASTRONAUT)
    for _ in range(3):
        assert follower(image) == []
    assert truth.calls == 3
    truth.faces = [face]
    follower(image)
    assert follower(image)[0].box.as_tuple() == pytest.approx(face.box.as_tuple(), abs=1)
    assert truth.calls == 4
    truth.now += FollowConfig().seconds
    follower(image)
    assert truth.calls == 5
    follower.forget()
    follower(image)
    assert truth.calls == 6
    follower(np.ascontiguousarray(image[:400]))
    assert truth.calls == 7, "frames of another size are not compared"
