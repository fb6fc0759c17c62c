"""Who is one person in a clip: a swap in one place, a face that comes back, and faces followed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from liveness.live.clips import ClipProgress, analyse, followed
from liveness.live.timeline import ClipResult
from liveness.pipeline import Pipeline
from liveness.types import Face, Frame, FrameResult, Image
from liveness.video import VideoWriter, read_video
from tests.clips import ASTRONAUT, drawn, noisy, view

RATE = 20.0


class Constant:
    """A classifier that is always sure."""

    threshold = 0.5

    def __init__(self, score: float = 0.95) -> None:
        self.score = score

    def __call__(self, image: Image, faces: Sequence[Face]) -> list[float]:
        return [self.score] * len(faces)


class Story:
    """A clip in parts: who is seen, in how many frames, with which score; a part without a face is empty."""

    def __init__(self, astronaut: Image) -> None:
        self.people = {"astronaut": (astronaut, ASTRONAUT, 1.4), "drawn": (*drawn(), 0.8)}
        self.plan: list[tuple[str, float]] = []

    def write(self, path: Path, *parts: tuple[str, int, float]) -> Path:
        with VideoWriter(path, RATE) as writer:
            for who, frames, score in parts:
                for _ in range(frames):
                    self.plan.append((who, score))
                    writer.write(noisy(self._shot(len(self.plan) - 1)[0], len(self.plan)))
        return path

    def _shot(self, index: int) -> tuple[Image, list[Face]]:
        who = self.plan[index][0]
        if not who:
            return np.full((480, 640, 3), 90, np.uint8), []
        picture, face, zoom = self.people[who]
        image, place = view(picture, face, (320 + 4 * np.sin(index / 3), 240), zoom)
        return image, [place]

    def judge(self, frame: Frame) -> FrameResult:
        """Stands for a pipeline: knows where the face of this frame is, and its score."""

        def detect(image: Image) -> list[Face]:
            return self._shot(frame.index)[1]

        return Pipeline(detect, Constant(self.plan[frame.index][1]))(frame)


@pytest.fixture
def story(astronaut: Image) -> Story:
    return Story(astronaut)


def last(steps: Sequence[ClipProgress]) -> ClipResult:
    assert steps[-1].result is not None
    return steps[-1].result


def test_a_face_put_in_the_place_of_another_is_another_person(story: Story, tmp_path: Path) -> None:
    """A clip made of two: the attack does not live on the evidence of the face that it covers."""
    clip = story.write(tmp_path / "swap.mp4", ("astronaut", 20, 0.95), ("drawn", 20, 0.05))
    live, attack = last(list(analyse(clip, story.judge))).people
    assert (len(live.seconds), len(attack.seconds)) == (20, 20)
    assert attack.seconds[0] == pytest.approx(1.0)
    assert attack.smoothed[0] == pytest.approx(0.05), "nothing is left of the live face's scores"
    assert live.verdict is not None
    assert attack.verdict is not None
    assert (live.verdict.label.word, attack.verdict.label.word) == ("Live", "Spoof")


def test_where_frames_lie_far_apart_a_swap_is_not_looked_for_and_that_is_said(
    story: Story, tmp_path: Path
) -> None:
    clip = story.write(tmp_path / "swap.mp4", ("astronaut", 30, 0.95), ("drawn", 30, 0.05))
    result = last(list(analyse(clip, story.judge, every=5)))
    assert len(result.people) == 1
    assert "more than 0.2 s apart" in " ".join(result.notes)
    assert not last(list(analyse(clip, story.judge, every=4))).notes


@pytest.mark.parametrize(("gone", "people"), [(10, 1), (26, 2)])
def test_a_face_that_was_away_for_more_than_a_second_is_counted_anew(
    story: Story, tmp_path: Path, gone: int, people: int
) -> None:
    parts = (("astronaut", 12, 0.95), ("", gone, 0.0), ("astronaut", 12, 0.95))
    clip = story.write(tmp_path / "back.mp4", *parts)
    assert len(last(list(analyse(clip, story.judge))).people) == people


def test_a_clip_is_searched_seldom_and_gives_the_same_each_time(
    story: Story, tmp_path: Path, astronaut: Image
) -> None:
    clip = story.write(tmp_path / "one.mp4", ("astronaut", 40, 0.9))
    searched = []

    def detect(image: Image) -> list[Face]:
        searched.append(image.shape)
        return [view(astronaut, ASTRONAUT)[1]]

    def boxes() -> list[Face]:
        steps = list(analyse(clip, followed(Pipeline(detect, Constant()), clip)))
        return [step.latest.faces[0].face for step in steps if step.latest]

    first = boxes()
    assert 10 <= len(searched) <= 14, "of 40 frames, every fourth at 20 frames a second"
    assert len({face.box for face in first}) > 20, "between searches the box goes with the face"
    assert boxes() == first


def test_two_people_of_the_shared_clips_are_two_in_the_analysis(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clip made of two, cut where both faces are at one place and of one size."""
    from liveness.detect import build_detector

    monkeypatch.setenv("LIVENESS_MODELS", str(shared / "models"))
    detect, videos = build_detector("yunet"), shared / "data" / "videos"
    first = [f.image for f in read_video(videos / "live_v4.mp4", 1, 0.0, 1.5)]
    goal = detect(first[-1])[0].box
    size = (first[0].shape[1], first[0].shape[0])
    with VideoWriter(tmp_path / "two.mp4", 25) as writer:
        for image in first:
            writer.write(image)
        for frame in read_video(videos / "live_v3.mp4", 1, 0.0, 1.5):
            face = detect(frame.image)[0]
            scale, (x, y) = goal.longer_side / face.box.longer_side, face.box.centre
            move = np.array([[scale, 0, goal.centre[0] - scale * x], [0, scale, goal.centre[1] - scale * y]])
            moved = cv2.warpAffine(frame.image, move, size, borderMode=cv2.BORDER_REFLECT)
            writer.write(np.asarray(moved, np.uint8))

    pipeline = followed(Pipeline(detect, Constant()), tmp_path / "two.mp4")
    people = last(list(analyse(tmp_path / "two.mp4", pipeline))).people
    assert len(people) == 2
    assert people[0].seconds[-1] < people[1].seconds[0]
    assert people[1].seconds[0] == pytest.approx(len(first) / 25, abs=0.05)
