"""Faces followed over time: numbers, evidence, and what starts afresh."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveness.live.temporal import Tracker, TrackerConfig
from liveness.types import Box, Face, FaceResult, FrameResult, Label, Match, Verdict


def face(x: float = 100, score: float | None = 0.9, size: float = 100, y: float = 100) -> FaceResult:
    verdict = None if score is None else Verdict(score, 0.5)
    return FaceResult(Face(Box(x, y, x + size, y + size), 1.0), verdict)


def frame(seconds: float, *faces: FaceResult) -> FrameResult:
    return FrameResult(round(seconds * 10), seconds, faces)


def tracks(result: FrameResult) -> list[int | None]:
    return [f.track for f in result.faces]


def score(result: FrameResult, i: int = 0) -> float:
    verdict = result.faces[i].verdict
    assert verdict is not None
    return verdict.score


def test_a_moving_face_keeps_its_number() -> None:
    tracker = Tracker()
    assert [tracks(tracker(frame(i / 10, face(100 + 15 * i)))) for i in range(30)] == [[1]] * 30


def test_two_faces_keep_their_numbers_as_they_pass_each_other() -> None:
    tracker = Tracker()
    seen = []
    for i in range(41):
        left, right = face(10 * i, y=100, size=100), face(400 - 10 * i, y=170, size=110)
        seen.append(tracks(tracker(frame(i / 10, left, right))))
    assert all(pair == seen[0] for pair in seen)
    assert sorted(n or 0 for n in seen[0]) == [1, 2]


def test_a_lost_frame_is_survived_and_a_long_absence_is_not() -> None:
    tracker = Tracker()
    assert tracks(tracker(frame(0.0, face()))) == [1]
    assert tracks(tracker(frame(0.1))) == []
    assert tracks(tracker(frame(0.9, face()))) == [1]
    assert tracks(tracker(frame(2.5, face()))) == [2]


@pytest.mark.parametrize(
    "change", [face(300), face(100, size=300), face(100, y=200), face(100, size=40)], ids=str
)
def test_a_jump_starts_a_new_track_with_fresh_evidence(change: FaceResult) -> None:
    tracker = Tracker()
    for i in range(20):
        tracker(frame(i / 10, face(score=0.99)))
    spoof = replace(change, verdict=Verdict(0.2, 0.5))
    result = tracker(frame(2.0, spoof))
    assert tracks(result) == [2]
    assert score(result) == pytest.approx(0.2)


def test_time_that_runs_backwards_starts_afresh() -> None:
    tracker = Tracker()
    tracker(frame(10.0, face()))
    assert tracks(tracker(frame(0.0, face()))) == [2]


def test_a_single_odd_frame_does_not_turn_the_verdict() -> None:
    tracker = Tracker()
    for i in range(10):
        tracker(frame(i / 10, face(score=0.9)))
    odd = tracker(frame(1.0, face(score=0.0)))
    assert odd.faces[0].live
    assert score(odd) < 0.9


def test_a_lasting_change_turns_the_verdict_within_seconds() -> None:
    tracker = Tracker()
    for i in range(100):
        tracker(frame(i / 10, face(score=0.9)))
    labels = [tracker(frame(10 + i / 10, face(score=0.1))).faces[0].live for i in range(30)]
    assert labels[0]
    assert not any(labels[10:])


def test_old_evidence_halves_with_time_not_with_frames() -> None:
    """A second of 30 frames/s weighs as much against the next as a second of 5 frames/s."""
    ends = []
    for rate in (30, 5):
        tracker = Tracker()
        for i in range(2 * rate):
            result = tracker(frame(i / rate, face(score=0.9 if i < rate else 0.2)))
        ends.append(score(result))
    assert ends[0] == pytest.approx(ends[1], abs=0.05)


def test_no_decision_is_no_evidence() -> None:
    tracker, other = Tracker(), Tracker()
    for i in range(9):
        judged = face(score=0.3 + 0.05 * i)
        with_gaps = tracker(frame(i / 10, judged if i % 2 == 0 else face(score=None)))
        assert with_gaps.faces[0].track == 1
        assert (with_gaps.faces[0].verdict is None) == (i % 2 == 1)
        if i % 2 == 0:
            assert with_gaps == other(frame(i / 10, judged))


def test_the_threshold_of_the_frame_is_kept() -> None:
    tracker = Tracker()
    tracker(frame(0.0, face(score=0.6)))
    strict = replace(face(), verdict=Verdict(0.6, 0.9))
    result = tracker(frame(0.1, strict))
    assert result.faces[0].verdict == Verdict(pytest.approx(0.6), 0.9)
    assert result.faces[0].verdict.label is Label.ATTACK


def test_all_else_passes_through() -> None:
    match = Match("Ada", 0.8, 0.5)
    before = FrameResult(7, 0.7, (replace(face(), match=match),), {"total": 3.0})
    after = Tracker()(before)
    assert (after.index, after.seconds, after.timings) == (7, 0.7, {"total": 3.0})
    assert after.faces[0].match == match
    assert after.faces[0].face == before.faces[0].face


def test_memory_can_be_stretched_for_sparse_frames() -> None:
    tracker = Tracker(TrackerConfig(memory=10))
    assert [tracks(tracker(frame(i * 4.0, face()))) for i in range(5)] == [[1]] * 5


places = st.tuples(
    st.floats(0, 600, width=32), st.floats(0, 400, width=32), st.floats(20, 200), st.floats(0, 1)
)
steps = st.lists(
    st.tuples(st.floats(0.01, 2.0), st.lists(places, max_size=5, unique_by=lambda p: p[:3])), max_size=12
)


def run(clip: list[tuple[float, list[FaceResult]]]) -> list[FrameResult]:
    tracker, now, results = Tracker(), 0.0, []
    for step, faces in clip:
        now += step
        results.append(tracker(frame(now, *faces)))
    return results


def faces_of(clip: list[tuple[float, list[tuple[float, ...]]]]) -> list[tuple[float, list[FaceResult]]]:
    return [(step, [face(x, s, size, y) for x, y, size, s in spots]) for step, spots in clip]


@given(steps)
def test_numbers_are_unique_in_a_frame_and_never_reused(clip: list) -> None:
    last_seen: dict[int, float] = {}
    highest = 0
    for result in run(faces_of(clip)):
        numbers = [n for n in tracks(result) if n is not None]
        assert len(numbers) == len(result.faces) == len(set(numbers))
        for number in numbers:
            if number in last_seen:
                assert result.seconds - last_seen[number] <= TrackerConfig().memory + 1e-9
            else:
                assert number > highest
        highest = max([highest, *numbers])
        last_seen.update(dict.fromkeys(numbers, result.seconds))


@given(steps, st.randoms(use_true_random=False))
def test_the_order_of_the_faces_does_not_matter(clip: list, random) -> None:
    plain = faces_of(clip)
    shuffled = [(step, random.sample(faces, len(faces))) for step, faces in plain]
    for (_, order), a, b in zip(shuffled, run(plain), run(shuffled)):
        assert [f.face for f in b.faces] == [f.face for f in order]
        assert {(f.face, f.track, f.verdict) for f in a.faces} == {
            (f.face, f.track, f.verdict) for f in b.faces
        }


@given(st.floats(0, 1), st.floats(0.001, 0.999), st.integers(1, 20))
def test_a_steady_score_keeps_its_label(value: float, threshold: float, frames: int) -> None:
    tracker = Tracker()
    raw = Verdict(value, threshold)
    for i in range(frames):
        result = tracker(frame(i / 10, replace(face(), verdict=raw)))
    smoothed = result.faces[0].verdict
    assert smoothed is not None
    assert 0 <= smoothed.score <= 1
    if abs(value - threshold) > 1e-6:
        assert smoothed.label is raw.label


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_steadied_score_lies_between_the_lowest_and_the_highest(values: list[float]) -> None:
    tracker = Tracker(TrackerConfig(limit=100))
    results = [tracker(frame(i / 10, face(score=v))) for i, v in enumerate(values)]
    assert min(values) - 1e-6 <= score(results[-1]) <= max(values) + 1e-6
