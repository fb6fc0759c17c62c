"""Shut eyes and smiles, told from a course of values."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from liveness.errors import InputError, WeightsError
from liveness.live.challenge import Challenge, Observation
from liveness.live.challengepolicy import ChallengePolicy, Outcome
from liveness.live.expression import FaceMesh, missing, upright
from liveness.live.movements import Action, Expression, ExpressionLimits, closures, expressed, smiles
from liveness.live.session import Session, SessionConfig
from liveness.pipeline import Pipeline
from liveness.types import Box, Face, Image
from tests.clips import ASTRONAUT, view
from tests.heads import HEAD, found, landmarks
from tests.live.test_challenge import STEP, moved

LIMITS = ExpressionLimits()
ALL = ChallengePolicy(actions=tuple(Action))


def course(blink: Callable[[float], float], seconds: float = 4.0) -> list[tuple[float, Expression]]:
    return [(t, Expression(blink(t), blink(t))) for t in np.arange(0, seconds, STEP).tolist()]


def test_a_blink_by_itself_is_seen_but_too_short_to_be_an_answer() -> None:
    moments = course(lambda t: 0.65 if 1.0 < t < 1.2 else 0.1)
    ((start, end),) = closures(moments)
    assert (start, end) == (pytest.approx(1.0, abs=STEP), pytest.approx(1.2, abs=2 * STEP))
    assert not expressed(Action.BLINK, moments, LIMITS)


def test_eyes_that_were_shut_for_a_while_and_opened_are_an_answer() -> None:
    shut = course(lambda t: 0.65 if 1.0 < t < 1.7 else 0.1)
    assert expressed(Action.BLINK, shut, LIMITS)
    assert not expressed(Action.BLINK, [m for m in shut if m[0] < 1.5], LIMITS), "they have not opened"


@pytest.mark.parametrize("rest", [0.0, 0.3, 0.55])
def test_eyes_that_look_down_all_the_time_are_not_shut(rest: float) -> None:
    noise = np.random.default_rng(0)
    assert closures(course(lambda t: rest + float(noise.normal(0, 0.04)))) == []


def test_a_smile_counts_when_it_comes_not_when_it_was_there() -> None:
    assert expressed(Action.SMILE, course(lambda t: 0.7 * (t > 1)), LIMITS)
    assert not expressed(Action.SMILE, course(lambda t: 0.7), LIMITS)
    assert smiles(course(lambda t: 0.7 if t < 2 else 0.0)) == [], "it began before it was asked for"
    assert (closures([]), smiles([])) == ([], [])


@pytest.mark.parametrize("action", [Action.BLINK, Action.SMILE])
def test_a_challenge_asks_for_it_and_takes_it(action: Action) -> None:
    challenge = next(c for c in (Challenge(ALL, random.Random(i)) for i in range(99)) if c.order[0] is action)
    state, now, asked = challenge.push(Observation(0.0, found(landmarks(HEAD)))), 0.0, None
    while state.step == 0 and state.outcome is None:
        now += STEP
        asked = now if state.action is action and asked is None else asked
        strong = 0.8 if asked and asked + 0.7 < now < asked + 1.5 else 0.1
        value = Expression(*((strong, 0.0) if action is Action.BLINK else (0.0, strong)))
        state = challenge.push(Observation(now, found(landmarks(HEAD)), expression=value))
    assert (state.outcome, state.step) == (None, 1)


def test_a_still_face_and_one_that_nods_instead_do_not_pass() -> None:
    challenge = next(
        c for c in (Challenge(ALL, random.Random(i)) for i in range(99)) if c.order[0] is Action.BLINK
    )
    for marks, outcome in (
        (landmarks(HEAD), Outcome.NOT_COMPLETED),
        (moved(HEAD, {"pitch": 22.0}, 1.0), Outcome.FAIL),
    ):
        again = Challenge(ALL, random.Random(0))
        again.order = challenge.order
        state, now = again.push(Observation(0.0, found(landmarks(HEAD)))), 0.0
        while state.outcome is None:
            now += STEP
            seen = marks if state.left < ALL.window - 1 and state.action else landmarks(HEAD)
            state = again.push(Observation(now, found(seen), expression=Expression(0.1, 0.0)))
        assert state.outcome is outcome


def test_a_session_that_cannot_see_it_does_not_ask_for_it(astronaut: Image) -> None:
    class Nobody:
        threshold = 0.5

        def __call__(self, image: Image, faces: object) -> list[float]:
            return []

    with pytest.raises(InputError, match="needs express"):
        Session(Pipeline(lambda image: [], Nobody()), SessionConfig(challenge=ALL))
    assert not {Action.BLINK, Action.SMILE} & set(SessionConfig().challenge.actions)


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVENESS_MODELS", str(tmp_path))
    monkeypatch.setenv("LIVENESS_CACHE", str(tmp_path))
    assert "liveness weights fetch face-landmarker" in missing()
    with pytest.raises(WeightsError, match="cannot be read"):
        FaceMesh()
    broken = tmp_path / "broken.task"
    broken.write_bytes(b"no ZIP")
    with pytest.raises(WeightsError, match="not MediaPipe's"):
        FaceMesh(broken)


def test_the_face_is_turned_upright(astronaut: Image) -> None:
    marks = ASTRONAUT.landmarks
    assert marks is not None
    straight = upright(astronaut, ASTRONAUT)
    turn = cv2.getRotationMatrix2D((220.0, 120.0), 25.0, 1.0)
    image = np.asarray(cv2.warpAffine(astronaut, turn, (512, 512)), np.uint8)
    points = [tuple((turn @ [x, y, 1]).tolist()) for x, y in marks.points()]
    turned = upright(image, Face(ASTRONAUT.box, 1.0, type(marks)(*points)))
    assert straight is not None
    assert turned is not None
    middle = slice(64, 192)
    assert np.abs(straight[middle, middle].astype(int) - turned[middle, middle]).mean() < 4
    assert upright(astronaut, Face(Box(0, 0, 9, 9), 1.0)) is None


def test_the_mesh_sees_the_astronaut_smile_and_a_waved_photo_not_blink(
    shared: Path, monkeypatch: pytest.MonkeyPatch, astronaut: Image
) -> None:
    pytest.importorskip("ai_edge_litert")
    monkeypatch.setenv("LIVENESS_MODELS", str(shared / "models"))
    assert missing() == ""
    mesh, moments = FaceMesh(), []
    for i in range(20):
        image, face = view(astronaut, ASTRONAUT, (320 + 30 * np.sin(i / 3), 240), 1.6 + 0.3 * np.sin(i / 5))
        value = mesh(image, face)
        assert value is not None
        moments.append((i / 10, value))
    assert min(value.smile for _, value in moments) > 0.5
    assert closures(moments) == []
    assert smiles(moments) == [], "it was there from the beginning"
