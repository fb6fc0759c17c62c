"""The values: geometry, verdicts that cannot disagree with their score, access."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveness.types import Box, Face, FaceResult, Label, Landmarks, Match, Verdict

numbers = st.floats(-500, 500)
scores = st.floats(0, 1)
boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h), numbers, numbers, st.floats(0.5, 300), st.floats(0.5, 300)
)
FACE = Face(Box(0, 0, 10, 10), 0.9)


def test_box_measures() -> None:
    box = Box(10, 20, 40, 100)
    assert (box.width, box.height, box.area, box.longer_side) == (30, 80, 2400, 80)
    assert box.centre == (25, 60)
    assert box.as_tuple() == (10, 20, 40, 100)
    assert Box(10, 10, 5, 20).area == 0


def test_overlap_by_hand() -> None:
    assert Box(0, 0, 10, 10).overlap(Box(5, 0, 15, 10)) == pytest.approx(50 / 150)
    assert Box(0, 0, 10, 10).intersection(Box(5, 5, 20, 20)) == 25
    assert Box(0, 0, 10, 10).overlap(Box(10, 0, 20, 10)) == 0
    assert Box(0, 0, 0, 0).overlap(Box(0, 0, 0, 0)) == 0


@settings(deadline=None)
@given(a=boxes, b=boxes)
def test_overlap_is_symmetric_and_a_share(a: Box, b: Box) -> None:
    assert a.overlap(b) == pytest.approx(b.overlap(a))
    assert 0 <= a.overlap(b) <= 1 + 1e-9
    assert a.overlap(a) == pytest.approx(1)


@settings(deadline=None)
@given(a=boxes, b=boxes, scale=st.floats(0.1, 10), dx=numbers, dy=numbers)
def test_overlap_does_not_depend_on_scale_or_place(
    a: Box, b: Box, scale: float, dx: float, dy: float
) -> None:
    moved = a.mapped(scale, scale, dx, dy).overlap(b.mapped(scale, scale, dx, dy))
    assert moved == pytest.approx(a.overlap(b), abs=1e-6)


def test_mapping_scales_then_moves() -> None:
    assert Box(1, 2, 3, 4).mapped(2, 10, 5, -1) == Box(7, 19, 11, 39)
    marks = Landmarks((1, 2), (3, 4), (5, 6), (7, 8), (9, 10))
    assert marks.mapped(2, 1, 0, 100).points() == ((2, 102), (6, 104), (10, 106), (14, 108), (18, 110))
    assert marks.points()[2] == marks.nose


@settings(deadline=None)
@given(score=scores, threshold=scores)
def test_the_label_follows_the_score(score: float, threshold: float) -> None:
    assert (Verdict(score, threshold).label is Label.BONA_FIDE) == (score >= threshold)


def test_a_score_at_the_threshold_is_bona_fide() -> None:
    assert Verdict(0.5, 0.5).label is Label.BONA_FIDE
    assert Match("Ada", 0.5, 0.5).known


def test_words() -> None:
    assert [label.word for label in Label] == ["Live", "Spoof"]
    assert [label.value for label in Label] == ["bona_fide", "attack"]


@pytest.mark.parametrize(
    ("liveness", "matched", "granted"),
    [
        (0.9, 0.9, True),
        (0.9, 0.1, False),
        (0.9, None, False),
        (0.1, 0.9, False),
        (None, 0.9, False),
        (None, None, False),
    ],
)
def test_access_needs_a_live_and_known_face(
    liveness: float | None, matched: float | None, granted: bool
) -> None:
    verdict = None if liveness is None else Verdict(liveness, 0.5)
    match = None if matched is None else Match("Ada", matched, 0.5)
    assert FaceResult(FACE, verdict, match=match).granted is granted


def test_values_are_frozen_and_comparable() -> None:
    assert Box(1, 2, 3, 4) == Box(1, 2, 3, 4)
    assert FaceResult(FACE, Verdict(0.9, 0.5)) == FaceResult(FACE, Verdict(0.9, 0.5))
    with pytest.raises(dataclasses.FrozenInstanceError):
        FACE.score = 1.0  # type: ignore[misc]
    assert not hasattr(FACE, "__dict__")
