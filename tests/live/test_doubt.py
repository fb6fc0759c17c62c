"""What keeps a verdict from being sure: score, quality, light, and cues that speak against it."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from liveness.errors import InputError
from liveness.live.challengepolicy import Outcome
from liveness.live.doubt import Doubt, DoubtPolicy, DoubtWatch, disagreeing
from liveness.live.session import Phase, SessionConfig, SessionState
from liveness.types import Image, Quality, Verdict
from tests.clips import ASTRONAUT, drawn, noisy, view
from tests.live.test_session import Stage

GOOD = Quality(150, 200, 120, 1.0)
SURE, SPOOF = Verdict(0.95, 0.5), Verdict(0.05, 0.5)


def doubts(*frames: Quality | None, verdict: Verdict = SURE, step: float = 0.1) -> tuple[Doubt, ...]:
    """After these frames, one every tenth of a second."""
    watch = DoubtWatch()
    for i, quality in enumerate(frames):
        watch.push(i * step, quality)
    return watch.doubts(verdict, {})


def test_a_good_picture_with_a_clear_score_is_sure() -> None:
    assert doubts(*[GOOD] * 10) == ()
    assert doubts(*[None] * 10) == (), "no quality was measured: nothing speaks against it"
    assert doubts() == ()


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.9])
def test_the_band_lies_around_any_threshold(threshold: float) -> None:
    centre = math.log(threshold / (1 - threshold))
    for shift, unsure in ((-0.6, False), (-0.4, True), (0.4, True), (0.6, False)):
        score = 1 / (1 + math.exp(-(centre + shift)))
        assert (Doubt.SCORE in doubts(GOOD, verdict=Verdict(score, threshold))) is unsure, shift


@pytest.mark.parametrize(
    ("poor", "doubt"),
    [
        (replace(GOOD, size=50), Doubt.QUALITY),
        (replace(GOOD, sharpness=8), Doubt.QUALITY),
        (replace(GOOD, visible=0.7), Doubt.QUALITY),
        (replace(GOOD, brightness=30), Doubt.LIGHT),
        (replace(GOOD, brightness=30, sharpness=8), Doubt.LIGHT),
        (replace(GOOD, brightness=230), Doubt.LIGHT),
    ],
)
def test_poor_frames_make_any_verdict_unsure(poor: Quality, doubt: Doubt) -> None:
    for verdict in (SURE, SPOOF):
        assert doubts(*[poor] * 10, verdict=verdict) == (doubt,)


def test_one_blurred_frame_changes_nothing_and_half_a_second_does() -> None:
    poor = replace(GOOD, sharpness=8)
    assert doubts(*[GOOD] * 10, poor, *[GOOD] * 2) == ()
    assert doubts(*[GOOD] * 10, *[poor] * 6) == (Doubt.QUALITY,)
    assert doubts(*[poor] * 10, *[GOOD] * 6) == (), "it passes when the picture is good again"


@pytest.mark.parametrize("rate", [4, 10, 25])
def test_time_counts_and_not_frames(rate: int) -> None:
    poor = replace(GOOD, brightness=30)
    frames = [*[GOOD] * 5 * rate, *[poor] * math.ceil(0.7 * rate)]
    assert doubts(*frames, step=1 / rate) == (Doubt.LIGHT,)


def test_a_cue_disagrees_with_live_and_never_with_spoof() -> None:
    policy = DoubtPolicy(cues=(("bezel", 1.2),))
    for value, against in ((1.3, True), (1.2, True), (0.4, False), (None, False)):
        assert disagreeing(SURE, {"bezel": value, "moire": 99.0}, policy) is against
        assert disagreeing(SPOOF, {"bezel": value}, policy) is False
    assert not disagreeing(SURE, {}, policy), "cues that are not measured say nothing"


def test_a_senseless_policy_is_refused() -> None:
    with pytest.raises(InputError, match="no cue is called 'aura'"):
        DoubtPolicy(cues=(("aura", 1.0),))
    with pytest.raises(InputError, match="share"):
        DoubtPolicy(share=0.0)


def test_every_doubt_has_words() -> None:
    assert len({doubt.words for doubt in Doubt}) == len(Doubt)


def dim(picture: Image) -> Image:
    return np.asarray(picture * 0.2, np.uint8)


def test_a_session_in_poor_light_is_unsure_and_asks(astronaut: Image) -> None:
    stage = Stage(SessionConfig(active="unsure"))
    stage.scene.score = 0.97
    state = stage.shoot(dim(astronaut), ASTRONAUT, 15)
    assert (state.phase, state.doubts, state.outcome) == (Phase.UNSURE, (Doubt.LIGHT,), None)
    assert state.challenge is not None
    assert state.why == (Doubt.LIGHT,)


def test_light_that_comes_back_makes_a_session_sure(astronaut: Image) -> None:
    stage = Stage(SessionConfig(identity=False))
    assert stage.shoot(dim(astronaut), ASTRONAUT, 15).phase is Phase.UNSURE
    state = stage.shoot(astronaut, ASTRONAUT, 15)
    assert (state.phase, state.doubts, state.outcome) == (Phase.DECIDED, (), Outcome.PASS)


def test_a_verdict_does_not_outlive_the_frames_that_could_be_judged(astronaut: Image) -> None:
    """Too dark to judge at all: the verdict of before goes within a second."""
    stage = Stage(SessionConfig(identity=False))
    assert stage.shoot(astronaut, ASTRONAUT, 15).outcome is Outcome.PASS
    state = stage.shoot(np.asarray(astronaut * 0.08, np.uint8), ASTRONAUT, 8)
    assert "too dark" in state.problem
    assert (state.phase, state.outcome) == (Phase.UNSURE, None)


def held(seconds: float, cues: bool) -> SessionState:
    """A face on a screen, its edges in the picture, that the network calls live."""
    stage = Stage(SessionConfig(cues=cues, identity=False, follow=None))
    stage.scene.score = 0.97
    picture, face = drawn()
    image, place = view(picture, face, zoom=0.8)
    screen = np.full_like(image, 200)
    top, left = 60, 180
    cv2.rectangle(screen, (left - 12, top - 12), (460 + 12, 420 + 12), (10, 10, 10), -1)
    screen[top:420, left:460] = image[top:420, left:460]
    stage.scene.faces = [place]
    for i in range(int(seconds * 10)):
        state = stage.session.push(noisy(screen, i), i / 10)
    return state


def test_cues_against_a_live_score_make_a_session_unsure_where_they_are_measured() -> None:
    state = held(2.5, cues=True)
    assert state.cues is not None
    assert (state.phase, state.doubts) == (Phase.UNSURE, (Doubt.CUES,)), state.cues.values
    assert held(2.5, cues=False).outcome is Outcome.PASS, "off by default, and then they decide nothing"


def test_another_face_begins_without_the_doubts_of_the_one_before(astronaut: Image) -> None:
    stage = Stage()
    stage.shoot(dim(astronaut), ASTRONAUT, 15)
    stage.shoot(None, frames=15)
    state = stage.shoot(astronaut, ASTRONAUT, 14)
    assert (state.presentation, state.phase, state.doubts) == (2, Phase.DECIDED, ())
