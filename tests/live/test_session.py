"""One presentation over time: what is decided, and when evidence is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from liveness import Session
from liveness.errors import InputError
from liveness.live.doubt import Doubt
from liveness.live.session import Phase, SessionConfig, SessionState
from liveness.pipeline import Pipeline
from liveness.types import Face, Image
from tests.clips import ASTRONAUT, drawn, noisy, view

BLACK: Image = np.zeros((480, 640, 3), np.uint8)


class Scene:
    """A detector and a classifier that are told what is in front of the camera."""

    threshold = 0.5

    def __init__(self) -> None:
        self.faces: list[Face] = []
        self.score = 0.95

    def detect(self, image: Image) -> list[Face]:
        return self.faces

    def __call__(self, image: Image, faces: object) -> list[float]:
        return [self.score] * len(self.faces)

    def pipeline(self) -> Pipeline:
        return Pipeline(self.detect, self)


class Stage:
    """A session with a camera at 10 frames/s; time goes on with each shot."""

    def __init__(self, config: SessionConfig = SessionConfig()) -> None:
        self.scene = Scene()
        self.session = Session(self.scene.pipeline(), config)
        self.now = 0.0
        self.count = 0

    def shoot(self, picture: Image | None, face: Face | None = None, frames: int = 1) -> SessionState:
        """Frames of a face that sways a little, or of an empty room, or (a frame as it is) of anything."""
        for _ in range(frames):
            self.count += 1
            self.now += 0.1
            if face is None or picture is None:
                image, self.scene.faces = (noisy(BLACK + 60, self.count) if picture is None else picture), []
            else:
                image, place = view(picture, face, (320 + 3 * np.sin(self.count), 240))
                image, self.scene.faces = noisy(image, self.count), [place]
            state = self.session.push(image, self.now)
        return state


@pytest.fixture
def stage() -> Iterator[Stage]:
    return Stage()


def test_a_verdict_needs_time_and_frames(stage: Stage, astronaut: Image) -> None:
    phases = [stage.shoot(astronaut, ASTRONAUT).phase for _ in range(20)]
    assert phases[0] is Phase.CHECKING
    assert phases[-1] is Phase.DECIDED
    assert phases.index(Phase.DECIDED) in (10, 11), "a second at ten frames a second"
    state = stage.shoot(astronaut, ASTRONAUT)
    assert state.verdict is not None
    assert state.verdict.score == pytest.approx(0.95)
    assert state.presentation == 1
    assert state.stream.rate == pytest.approx(10)


def test_a_score_near_the_threshold_is_unsure(astronaut: Image) -> None:
    stage = Stage()
    stage.scene.score = 0.55
    state = stage.shoot(astronaut, ASTRONAUT, 20)
    assert state.phase is Phase.UNSURE
    assert state.doubts == (Doubt.SCORE,)
    assert state.verdict is None


def test_a_lost_frame_is_survived(stage: Stage, astronaut: Image) -> None:
    stage.shoot(astronaut, ASTRONAUT, 15)
    assert stage.shoot(None).phase is Phase.WAITING
    state = stage.shoot(astronaut, ASTRONAUT)
    assert (state.phase, state.presentation) == (Phase.DECIDED, 1)


def test_a_face_that_left_and_came_back_is_a_new_presentation(stage: Stage, astronaut: Image) -> None:
    stage.shoot(astronaut, ASTRONAUT, 15)
    stage.shoot(None, frames=15)
    state = stage.shoot(astronaut, ASTRONAUT)
    assert (state.phase, state.presentation, state.judged) == (Phase.CHECKING, 2, 1)


def test_a_photo_pushed_in_front_of_a_face_does_not_inherit_its_verdict(
    stage: Stage, astronaut: Image
) -> None:
    """The clip is made of two: one face, then another at the same place and of the same size."""
    stage.shoot(astronaut, ASTRONAUT, 20)
    other, face = drawn()
    stage.scene.score = 0.9
    image, place = view(other, face, (320, 240), 0.8)
    stage.scene.faces = [place]
    stage.now += 0.1
    state = stage.session.push(image, stage.now)
    assert (state.phase, state.presentation, state.judged) == (Phase.CHECKING, 2, 1)
    assert state.face is not None
    assert state.face.verdict is not None
    assert state.face.verdict.score == pytest.approx(0.9)


def test_without_the_look_the_swap_goes_unseen(astronaut: Image) -> None:
    """What the test above proves is the look's doing: the boxes alone do not tell."""
    stage = Stage(SessionConfig(identity=False))
    stage.shoot(astronaut, ASTRONAUT, 20)
    image, place = view(*drawn(), (320, 240), 0.8)
    stage.scene.faces = [place]
    assert stage.session.push(image, stage.now + 0.1).presentation == 1


def test_two_people_of_the_shared_clips_in_one_stream(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clip made of two clips, cut where both faces are at one place: the evidence is dropped at the cut."""
    from liveness.detect import build_detector
    from liveness.video import read_video

    monkeypatch.setenv("LIVENESS_MODELS", str(shared / "models"))
    scene, detect = Scene(), build_detector("yunet")

    class Constant:
        threshold = 0.5

        def __call__(self, image: Image, faces: list[Face]) -> list[float]:
            return [0.95] * len(faces)

    videos = shared / "data" / "videos"
    first = [f.image for f in read_video(videos / "live_v4.mp4", 3, 0.0, 2.0)]
    second = [f.image for f in read_video(videos / "live_v3.mp4", 3, 0.0, 1.0)]
    goal = detect(first[-1])[0].box
    session = Session(Pipeline(detect, Constant()))
    states = [session.push(image, i / 10) for i, image in enumerate(first)]
    assert {s.presentation for s in states} == {1}
    assert states[-1].phase is Phase.DECIDED
    height, width = first[0].shape[:2]
    for i, image in enumerate(second):
        face = detect(image)[0]
        scale = goal.longer_side / face.box.longer_side
        cx, cy = face.box.centre
        move = np.array([[scale, 0, goal.centre[0] - scale * cx], [0, scale, goal.centre[1] - scale * cy]])
        import cv2

        moved = cv2.warpAffine(image, move, (width, height), borderMode=cv2.BORDER_REFLECT)
        state = session.push(np.asarray(moved, np.uint8), (len(first) + i) / 10)
        if i == 0:
            assert (state.presentation, state.judged) == (2, 1)
    assert state.presentation == 2
    assert scene.faces == []


@pytest.mark.parametrize(("frame", "words"), [(BLACK, "black"), (BLACK + 90, "frozen")])
def test_a_camera_that_shows_nothing_is_no_presentation(
    stage: Stage, astronaut: Image, frame: Image, words: str
) -> None:
    stage.shoot(astronaut, ASTRONAUT, 15)
    state = stage.shoot(frame, frames=12)
    assert words in state.problem
    assert state.phase is Phase.WAITING
    assert stage.shoot(astronaut, ASTRONAUT).presentation == 2


def test_a_frozen_face_loses_its_verdict(stage: Stage, astronaut: Image) -> None:
    stage.shoot(astronaut, ASTRONAUT, 15)
    image, place = view(astronaut, ASTRONAUT)
    stage.scene.faces = [place]
    states = [stage.session.push(image, stage.now + i / 10) for i in range(1, 15)]
    assert states[0].phase is Phase.DECIDED
    assert "frozen" in states[-1].problem
    assert states[-1].verdict is None


def test_a_camera_that_was_away_starts_afresh(stage: Stage, astronaut: Image) -> None:
    stage.shoot(astronaut, ASTRONAUT, 15)
    stage.now += 5
    state = stage.shoot(astronaut, ASTRONAUT)
    assert (state.phase, state.presentation) == (Phase.CHECKING, 2)
    assert state.stream.gap > 5


def test_a_varying_frame_rate_decides_by_time_not_by_frames(astronaut: Image) -> None:
    stage, seen = Stage(SessionConfig(least_seconds=2.0)), []
    for i in range(40):
        stage.now += (0.0, 0.3)[i % 4 == 0] - 0.06
        state = stage.shoot(astronaut, ASTRONAUT)
        seen.append((state.evidence, state.phase))
    assert all((phase is Phase.DECIDED) == (evidence >= 2.0) for evidence, phase in seen)
    assert state.stream.uneven


def test_another_model_starts_afresh_and_the_same_does_not(stage: Stage, astronaut: Image) -> None:
    stage.shoot(astronaut, ASTRONAUT, 15)
    stage.session.use(stage.session.pipeline)
    assert stage.shoot(astronaut, ASTRONAUT).presentation == 1
    other = Scene()
    stage.session.use(Pipeline(stage.session.pipeline.detect, other))
    state = stage.shoot(astronaut, ASTRONAUT)
    assert (state.presentation, state.phase) == (2, Phase.CHECKING)


def test_the_session_stays_with_its_face_until_another_is_clearly_larger(astronaut: Image) -> None:
    stage = Stage(SessionConfig(identity=False, follow=None))
    image, near = view(astronaut, ASTRONAUT)
    for factor, presentation in ((1.0, 1), (1.1, 1), (1.6, 2)):
        other = Face(near.box.mapped(factor, factor, -320, 0), 1.0)
        stage.scene.faces = [near, other] if factor > 1 else [near]
        stage.now += 0.1
        assert stage.session.push(noisy(image, 1), stage.now).presentation == presentation


def test_a_4k_frame_is_judged(astronaut: Image) -> None:
    import cv2

    stage = Stage()
    image, place = view(astronaut, ASTRONAUT)
    large = np.asarray(cv2.resize(image, (3840, 2880)), np.uint8)
    stage.scene.faces = [Face(place.box.mapped(6, 6), 1.0, place.landmarks.mapped(6, 6))]  # type: ignore
    for i in range(3):
        state = stage.session.push(np.roll(large, i, axis=1), i / 10)
    assert state.judged == 3


def test_a_senseless_config_is_refused() -> None:
    with pytest.raises(InputError, match="least_frames"):
        SessionConfig(least_frames=0)
