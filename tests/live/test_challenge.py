"""Challenges driven by heads, photos and clips in front of a camera, as projected landmarks."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveness.errors import InputError
from liveness.live.challenge import Challenge, ChallengeState, Observation, Stage
from liveness.live.challengepolicy import Attempts, ChallengePolicy, Outcome, draw
from liveness.live.movements import LANDMARKS, Action
from liveness.live.pose import pose
from liveness.types import Landmarks
from tests.heads import HEAD, PHOTO, found, landmarks

STEP = 1 / 15
MOVES = {
    Action.LEFT: {"yaw": 30.0},
    Action.RIGHT: {"yaw": -30.0},
    Action.NOD: {"pitch": 22.0},
    Action.CLOSER: {"distance": -150.0},
}


def moved(points: np.ndarray, move: dict[str, float], share: float) -> Landmarks:
    turned = {k: v * share for k, v in move.items()}
    turned["distance"] = 550 + turned.get("distance", 0.0)
    return landmarks(points, **turned)


@dataclass
class Actor:
    """Does what is asked, ``delay`` seconds after it is asked, unless it is told what to do."""

    points: np.ndarray
    delay: float = 0.5
    answer: Callable[[Action], Action] = lambda action: action
    dots: list[tuple[float, float]] = field(default_factory=list)

    def __call__(self, state: ChallengeState | None, since: float) -> Landmarks:
        if state is None or state.action is None or since < self.delay:
            self.dots.clear()
            return moved(self.points, {}, 0)
        if state.dot is not None:
            self.dots.append(state.dot)
            x, y = self.dots[-min(len(self.dots), 5)]  # a third of a second behind
            return landmarks(self.points, yaw=16 * x, pitch=12 * y)
        there = min(1.0, (since - self.delay) / 0.5)
        return moved(self.points, MOVES[self.answer(state.action)], there)


def play(
    challenge: Challenge,
    actor: Callable[[ChallengeState | None, float], Landmarks | None],
    score: float = 0.9,
    seconds: float = 60.0,
) -> ChallengeState:
    """Until the outcome, or for so long; a little noise on each landmark."""
    noise, state, began, asked = np.random.default_rng(1), None, 0.0, None
    for i in range(int(seconds / STEP)):
        now = i * STEP
        if state is not None and state.action is not asked:
            began, asked = now, state.action
        marks = actor(state, now - began)
        face = None
        if marks is not None:
            jitter = noise.normal(0, 0.3, (5, 2))
            face = found(
                Landmarks(*((x + dx, y + dy) for (x, y), (dx, dy) in zip(marks.points(), jitter.tolist()))),
                score,
            )
        state = challenge.push(Observation(now, face, faces=int(face is not None)))
        if state.outcome is not None:
            break
    assert state is not None
    return state


def challenges(count: int = 12) -> Iterator[Challenge]:
    return (Challenge(chance=random.Random(seed)) for seed in range(count))


def test_the_right_answer_passes_in_any_order() -> None:
    for challenge in challenges():
        state = play(challenge, Actor(HEAD))
        assert (state.outcome, state.step) == (Outcome.PASS, 3), (challenge.order, state.reason)


def test_a_photo_that_is_waved_does_not_pass() -> None:
    for challenge in challenges():
        assert play(challenge, Actor(PHOTO)).outcome is not Outcome.PASS, challenge.order


@given(st.floats(-40, 40), st.floats(-30, 30), st.floats(-20, 20), st.floats(400, 900))
def test_a_photo_keeps_its_pose_however_it_is_held(
    yaw: float, pitch: float, roll: float, distance: float
) -> None:
    straight, held = pose(landmarks(PHOTO)), pose(landmarks(PHOTO, yaw, pitch, roll, distance))
    assert straight is not None
    assert held is not None
    policy = ChallengePolicy()
    assert abs(held.across - straight.across) < policy.turn / 2
    assert abs(held.down - straight.down) < policy.nod


def test_a_head_changes_its_pose() -> None:
    straight, policy = pose(landmarks(HEAD)), ChallengePolicy()
    assert straight is not None
    for move, name, sign in (({"yaw": 30.0}, "across", 1), ({"yaw": -30.0}, "across", -1)):
        turned = pose(landmarks(HEAD, **move))
        assert sign * (getattr(turned, name) - getattr(straight, name)) > policy.turn


def test_the_right_movements_in_the_wrong_order_fail() -> None:
    swap = {Action.LEFT: Action.RIGHT, Action.RIGHT: Action.NOD, Action.NOD: Action.LEFT}
    for challenge in challenges():
        state = play(challenge, Actor(HEAD, answer=lambda a: swap.get(a, a)))
        if state.reason == "the head moved in another way than the dot":
            continue
        assert (state.outcome, state.reason) == (Outcome.FAIL, "it moved in another way than asked")


def looped(now: float) -> Landmarks:
    """Left, right, nod, closer, two seconds each, half of them straight."""
    place = now % 2.0
    share = min(1.0, max(0.0, place - 0.7) / 0.4) * (place < 1.5)
    return moved(HEAD, MOVES[tuple(MOVES)[int(now / 2) % 4]], share)


def test_a_looped_clip_seldom_passes() -> None:
    """Someone was filmed turning left, right, nodding, coming closer, and it plays over and over."""
    passed = 0
    for challenge in challenges(33):
        clock = iter(np.arange(0, 1000, STEP))

        passed += play(challenge, lambda _, __, c=clock: looped(next(c))).outcome is Outcome.PASS  # type: ignore
    assert passed <= 3, "what luck gives"


def test_who_is_too_late_has_not_completed() -> None:
    for challenge in challenges(4):
        state = play(challenge, Actor(HEAD, delay=5.2))
        assert state.outcome is Outcome.NOT_COMPLETED
        assert "in time" in state.reason


def test_who_moves_before_being_asked_fails() -> None:
    (challenge,) = challenges(1)
    state = play(challenge, Actor(HEAD, delay=-0.5))
    assert (state.outcome, state.reason) == (Outcome.FAIL, "it moved before it was asked")


def test_a_swapped_face_fails() -> None:
    for presentation in (2, 1):
        challenge = next(challenges(1))
        straight = found(landmarks(HEAD))

        class Seen:
            def __init__(self, person: str) -> None:
                self.person = person

            def same(self, other: Seen) -> bool:
                return self.person == other.person

        state, now = challenge.push(Observation(0.0, straight, look=Seen("a"))), 0.0
        while state.stage is Stage.STRAIGHT and now < 3:
            now += STEP
            state = challenge.push(Observation(now, straight, look=Seen("a")))
        assert state.action is not None
        if presentation == 2:
            state = challenge.push(Observation(now + STEP, straight, presentation=2))
            assert (state.outcome, "another face" in state.reason) == (Outcome.FAIL, True)
            continue
        turned = found(moved(HEAD, MOVES[state.action], 1.0))
        for _ in range(60):
            now += STEP
            face = turned if state.stage is Stage.MOVE and now > 1.5 else straight
            state = challenge.push(Observation(now, face, look=Seen("b")))
        assert (state.outcome, state.reason) == (Outcome.FAIL, "the face is not the one that began")


def test_what_looks_like_an_attack_fails_whatever_it_does() -> None:
    for challenge in challenges(4):
        state = play(challenge, Actor(HEAD), score=0.2)
        assert (state.outcome, "print" in state.reason) == (Outcome.FAIL, True)


def test_who_spoils_the_picture_is_not_passed_unseen() -> None:
    """No frame can be judged, so nothing says that it looked like an attack; that is no pass."""
    (challenge,) = challenges(1)
    actor, state, began, asked = Actor(HEAD), None, 0.0, None
    for i in range(900):
        if state is not None and state.action is not asked:
            began, asked = i * STEP, state.action
        face = replace(found(actor(state, i * STEP - began)), verdict=None)
        state = challenge.push(Observation(i * STEP, face))
    assert (state.outcome, state.step) == (Outcome.NOT_COMPLETED, 3)
    assert "could be judged" in state.reason


def test_a_face_that_leaves_or_a_second_one_ends_it_without_blame() -> None:
    (challenge,) = challenges(1)
    state = play(challenge, lambda _, __: None)
    assert (state.outcome, state.reason) == (Outcome.NOT_COMPLETED, "the face left the picture")
    (challenge,) = challenges(1)
    state = challenge.push(Observation(0.0, found(landmarks(HEAD)), faces=2))
    assert state.outcome is Outcome.NOT_COMPLETED


def test_an_outcome_stays() -> None:
    (challenge,) = challenges(1)
    state = play(challenge, Actor(HEAD))
    assert challenge.push(Observation(99.0, None, presentation=7)) == state


def test_who_never_looks_straight_has_not_completed() -> None:
    (challenge,) = challenges(1)
    state = play(challenge, lambda _, __: landmarks(HEAD, yaw=35))
    assert (state.outcome, state.reason) == (Outcome.NOT_COMPLETED, "it did not look straight")


def test_orders_are_many_and_never_repeat_a_movement() -> None:
    policy, chance = ChallengePolicy(), random.Random(0)
    orders = {draw(policy, chance) for _ in range(2000)}
    possible = [
        order
        for order in itertools.product(LANDMARKS, repeat=3)
        if all(a is not b for a, b in itertools.pairwise(order))
        and order.count(Action.CLOSER) <= 1
        and order.count(Action.DOT) <= 1
    ]
    assert orders == set(possible)
    assert len(orders) == 72


def test_two_challenges_do_not_ask_the_same() -> None:
    assert len({Challenge().order for _ in range(40)}) > 5


def test_failures_in_a_row_make_the_next_wait() -> None:
    attempts = Attempts(ChallengePolicy(attempts=2, pause=30))
    attempts.add(Outcome.FAIL, 1.0)
    attempts.add(Outcome.PASS, 2.0)
    attempts.add(Outcome.NOT_COMPLETED, 3.0)
    assert attempts.wait(3.0) == 0
    attempts.add(Outcome.FAIL, 4.0)
    assert attempts.wait(10.0) == pytest.approx(24)
    assert attempts.wait(40.0) == 0


def test_a_senseless_policy_is_refused() -> None:
    with pytest.raises(InputError, match="two movements"):
        ChallengePolicy(actions=(Action.CLOSER, Action.DOT, Action.NOD))


def test_landmarks_on_a_line_have_no_pose() -> None:
    assert pose(Landmarks((0, 0), (10, 0), (5, 0), (2, 0), (8, 0))) is None


@pytest.mark.parametrize("name", ["live_v4.mp4", "spoof_v2.mp4"])
def test_no_shared_clip_passes_by_itself(shared: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    from liveness.detect import build_detector
    from liveness.types import FaceResult, Verdict
    from liveness.video import read_video

    monkeypatch.setenv("LIVENESS_MODELS", str(shared / "models"))
    detect = build_detector("yunet")
    clip = [detect(f.image) for f in read_video(shared / "data" / "videos" / name, 4, 0.0, 3.0)]
    for challenge in challenges(6):
        for i in range(300):
            faces = clip[i % len(clip)]
            face = FaceResult(faces[0], Verdict(0.9, 0.5)) if faces else None
            state = challenge.push(Observation(i * 0.13, face, faces=len(faces[:1])))
        assert state.outcome in (Outcome.FAIL, Outcome.NOT_COMPLETED)
