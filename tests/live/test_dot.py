"""The dot that a head follows: who does, who does not, and clips of someone who followed another."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from liveness.live.challenge import Challenge, ChallengeState
from liveness.live.challengepolicy import ChallengePolicy, Outcome
from liveness.live.dot import DotPath, draw_path, likeness
from liveness.live.movements import Action
from liveness.types import Landmarks
from tests.heads import HEAD, PHOTO, landmarks
from tests.live.test_challenge import STEP, Actor, looped, play


def asking_first(action: Action, policy: ChallengePolicy = ChallengePolicy()) -> Challenge:
    """A challenge that begins with this movement."""
    return next(c for c in (Challenge(policy, random.Random(i)) for i in range(99)) if c.order[0] is action)


def test_who_follows_goes_on_to_the_next_movement() -> None:
    state = play(asking_first(Action.DOT), Actor(HEAD))
    assert (state.outcome, state.step) == (Outcome.PASS, 3)


def test_a_photo_that_is_turned_with_the_dot_does_not_follow() -> None:
    assert play(asking_first(Action.DOT), Actor(PHOTO)).reason == "the head did not follow the dot"


def test_a_looped_clip_does_not_follow() -> None:
    turned = [(i * STEP, looped(i * STEP)) for i in range(200)]
    for seed in range(20):
        path = draw_path(ChallengePolicy().dot, random.Random(seed))
        turns = [(t, (m.nose[0] - 320) / 30, (m.nose[1] - 260) / 30) for t, m in turned if t < path.end]
        assert likeness(path, turns)[0] < ChallengePolicy().dot.alike


def test_eyes_alone_do_not_follow_the_dot() -> None:
    state = play(asking_first(Action.DOT), lambda _, __: landmarks(HEAD))
    assert (state.outcome, state.reason) == (Outcome.NOT_COMPLETED, "the head did not follow the dot")


def test_a_clip_of_someone_who_followed_another_dot_fails() -> None:
    reasons = set()
    for seed in range(6):
        other = draw_path(ChallengePolicy().dot, random.Random(1000 + seed))

        def replayed(state: ChallengeState | None, since: float, other: DotPath = other) -> Landmarks:
            x, y = other.at(since) if state is not None and state.dot is not None else (0.0, 0.0)
            return landmarks(HEAD, yaw=16 * x, pitch=12 * y)

        reasons.add(play(asking_first(Action.DOT), replayed).reason)
    assert reasons == {"the head moved in another way than the dot"}


@given(st.integers(0, 10_000), st.floats(0, 20))
def test_a_dot_stays_in_its_square_and_stands_still_in_the_end(seed: int, seconds: float) -> None:
    path = draw_path(ChallengePolicy().dot, random.Random(seed))
    x, y = path.at(seconds)
    assert max(abs(x), abs(y)) <= 1
    assert path.at(0.0) == (0.0, 0.0)
    assert path.at(path.end + seconds) == path.stops[-1][1:]
