"""The pipeline: order, one network call for all faces, no verdict without quality, timings, thresholds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from liveness.pipeline import Pipeline, with_threshold
from liveness.quality import QualityLimits
from liveness.types import Box, Face, Frame, Image, Label, Match

SMALL, LARGE, TINY = (
    Face(Box(10, 10, 70, 80), 0.9),
    Face(Box(100, 50, 220, 190), 0.8),
    Face(Box(150, 5, 170, 25), 0.7),
)


class Detect:
    """Finds what it is told to find."""

    def __init__(self, *faces: Face) -> None:
        self.faces = faces

    def __call__(self, image: Image) -> Sequence[Face]:
        return self.faces


class Classify:
    """A face's score is its left edge in thousandths; keeps what it was asked."""

    threshold = 0.05

    def __init__(self) -> None:
        self.asked: list[list[Face]] = []

    def __call__(self, image: Image, faces: Sequence[Face]) -> Sequence[float]:
        self.asked.append(list(faces))
        return np.array([face.box.left / 1000 for face in faces])  # type: ignore[return-value]


@pytest.fixture
def frame() -> Frame:
    image = np.random.default_rng(0).integers(60, 200, (200, 240, 3), dtype=np.uint8)
    return Frame(image, index=7, seconds=0.5)


def test_faces_come_largest_first_with_their_own_scores(frame: Frame) -> None:
    classify = Classify()
    result = Pipeline(Detect(SMALL, LARGE), classify)(frame)
    assert [r.face for r in result.faces] == [LARGE, SMALL]
    assert [r.verdict.score for r in result.faces if r.verdict] == [0.1, 0.01]
    assert [r.verdict.label for r in result.faces if r.verdict] == [Label.BONA_FIDE, Label.ATTACK]
    assert classify.asked == [[LARGE, SMALL]]
    assert (result.index, result.seconds) == (7, 0.5)
    assert all(isinstance(r.verdict.score, float) for r in result.faces if r.verdict)


def test_a_face_of_poor_quality_gets_no_verdict(frame: Frame) -> None:
    classify = Classify()
    result = Pipeline(Detect(TINY, SMALL), classify)(frame)
    small, tiny = result.faces
    assert small.verdict is not None
    assert tiny.verdict is None
    assert tiny.quality is not None
    assert tiny.quality.problems[0].startswith("too small")
    assert classify.asked == [[SMALL]]
    assert not tiny.granted


def test_without_limits_every_face_is_judged(frame: Frame) -> None:
    result = Pipeline(Detect(TINY, SMALL), Classify(), limits=None)(frame)
    assert all(r.verdict for r in result.faces)
    assert result.faces[1].quality is not None


def test_limits_can_be_chosen(frame: Frame) -> None:
    result = Pipeline(Detect(TINY), Classify(), limits=QualityLimits(size=10))(frame)
    assert result.faces[0].verdict is not None


def test_nothing_found_is_a_result_and_costs_no_network(frame: Frame) -> None:
    classify = Classify()
    result = Pipeline(Detect(), classify, match=lambda image, face: None)(frame)
    assert result.faces == ()
    assert classify.asked == []
    assert set(result.timings) == {"detect", "quality", "classify", "match", "total"}


def test_matches_are_kept_per_face(frame: Frame) -> None:
    names = {SMALL: Match("Ada", 0.9, 0.5), LARGE: None}
    result = Pipeline(Detect(SMALL, LARGE), Classify(), lambda image, face: names[face])(frame)
    assert [r.match for r in result.faces] == [None, names[SMALL]]
    assert not any(r.granted for r in result.faces)  # the known face is a spoof


def test_timings(frame: Frame) -> None:
    timings = Pipeline(Detect(SMALL), Classify())(frame).timings
    assert set(timings) == {"detect", "quality", "classify", "total"}
    assert min(timings.values()) >= 0
    assert timings["total"] >= timings["detect"] + timings["quality"] + timings["classify"]


def test_another_threshold_moves_verdicts_and_nothing_else(frame: Frame) -> None:
    classify = Classify()
    result = Pipeline(Detect(SMALL, LARGE, TINY), classify)(frame)
    moved = with_threshold(result, 0.2)
    assert [r.verdict.label for r in moved.faces if r.verdict] == [Label.ATTACK, Label.ATTACK]
    assert moved.faces[2] == result.faces[2]
    assert len(classify.asked) == 1
    assert with_threshold(moved, Classify.threshold) == result


def test_two_faces_in_one_place_keep_their_own_verdicts(frame: Frame) -> None:
    result = Pipeline(Detect(SMALL, SMALL), Classify())(frame)
    assert [r.verdict.score for r in result.faces if r.verdict] == [0.01, 0.01]
