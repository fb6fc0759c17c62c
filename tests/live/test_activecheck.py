"""From passive to active: when a session asks for movements, and what it then comes to."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest

from liveness.live.activecheck import ActiveCheck, Mode
from liveness.live.challenge import Observation
from liveness.live.challengepolicy import ChallengePolicy, Outcome
from liveness.live.doubt import Doubt
from liveness.live.movements import Action
from liveness.live.session import Phase, Session, SessionConfig, SessionState
from liveness.pipeline import Pipeline
from liveness.types import Face, Image
from tests.heads import HEAD, found, landmarks

# Two noisy frames in turn: a camera whose frames are all equal would count as frozen.
FRAMES = np.random.default_rng(0).integers(60, 200, (2, 480, 640, 3), dtype=np.uint8)
MOVES = {
    Action.LEFT: {"yaw": 30.0},
    Action.RIGHT: {"yaw": -30.0},
    Action.NOD: {"pitch": 22.0},
    Action.CLOSER: {"distance": 400.0},
}


class Person:
    """A detector and a classifier: someone who does what is asked, seen at 15 frames/s."""

    threshold = 0.5

    def __init__(self, score: float, mode: Mode, obeys: bool = True) -> None:
        self.score, self.obeys, self.now = score, obeys, 0.0
        self.state: SessionState | None = None
        config = SessionConfig(follow=None, identity=False, active=mode)
        self.session = Session(Pipeline(self.detect, self), config)
        self._share, self._doing = 0.0, {}

    def detect(self, image: Image) -> list[Face]:
        asked = self.state.challenge.action if self.state and self.state.challenge else None
        if asked is Action.DOT and self.obeys:
            x, y = self.state.challenge.dot or (0.0, 0.0)  # type: ignore[union-attr]
            self._share, self._doing = 1.0, {"yaw": 16 * x, "pitch": 12 * y}
        elif asked is not None and self.obeys:
            self._share, self._doing = min(1.0, self._share + 0.15), MOVES[asked]
        else:
            self._share = max(0.0, self._share - 0.15)
        rest = {"distance": 550.0}
        turned = {k: rest.get(k, 0.0) + (v - rest.get(k, 0.0)) * self._share for k, v in self._doing.items()}
        return [found(landmarks(HEAD, **turned)).face]

    def __call__(self, image: Image, faces: object) -> list[float]:
        return [self.score]

    def run(self, seconds: float) -> SessionState:
        for i in range(int(seconds * 15)):
            self.now += 1 / 15
            self.state = self.session.push(FRAMES[i % 2], self.now)
        assert self.state is not None
        return self.state


def test_a_sure_verdict_asks_for_nothing() -> None:
    for score, outcome in ((0.95, Outcome.PASS), (0.05, Outcome.FAIL)):
        state = Person(score, "unsure").run(3)
        assert (state.challenge, state.outcome) == (None, outcome)


def test_an_unsure_verdict_asks_and_who_answers_passes() -> None:
    state = Person(0.55, "unsure").run(20)
    assert state.phase is Phase.UNSURE
    assert state.challenge is not None
    assert (state.outcome, state.challenge.step) == (Outcome.PASS, 3), state.challenge.reason


def test_never_means_never() -> None:
    state = Person(0.55, "never").run(4)
    assert (state.challenge, state.outcome, state.phase) == (None, None, Phase.UNSURE)


def test_always_asks_whom_it_believes_too() -> None:
    person = Person(0.95, "always")
    assert person.run(2).outcome is None
    assert person.run(20).outcome is Outcome.PASS


def test_an_attack_does_not_pass_by_moving() -> None:
    assert Person(0.05, "always").run(20).outcome is Outcome.FAIL


def test_who_does_nothing_has_not_completed_and_may_try_again() -> None:
    person = Person(0.95, "always", obeys=False)
    assert person.run(12).outcome is Outcome.NOT_COMPLETED
    assert person.run(5).outcome is Outcome.NOT_COMPLETED, "it stays so until somebody asks"
    person.session.retry()
    person.obeys = True
    assert person.run(20).outcome is Outcome.PASS


def test_after_three_failures_the_next_challenge_waits() -> None:
    person = Person(0.95, "always", obeys=False)
    for _ in range(3):
        state = person.run(12)  # the dot, where it is drawn first, takes nine alone
        assert state.outcome is Outcome.NOT_COMPLETED
        person.session.retry()
    state = person.run(2)
    assert state.wait > 10
    assert state.challenge is None
    person.obeys = True
    assert person.run(45).outcome is Outcome.PASS


def test_another_mode_drops_the_challenge_that_runs() -> None:
    person = Person(0.95, "always")
    assert person.run(3).challenge is not None
    person.session.ask("never")
    state = person.run(1)
    assert (state.challenge, state.outcome) == (None, Outcome.PASS)


def test_a_challenge_waits_until_there_is_one_face(check: ActiveCheck) -> None:
    face = found(landmarks(HEAD))
    for i in range(5):
        assert check.push(Observation(i / 10, face, faces=2), due=True).challenge is None
    begun = check.push(Observation(0.6, face, faces=1), due=True, why=(Doubt.LIGHT,))
    assert begun.challenge is not None
    assert begun.why == (Doubt.LIGHT,)


@pytest.fixture
def check() -> Iterator[ActiveCheck]:
    return ActiveCheck("always", ChallengePolicy(), random.Random(0))


def test_an_outcome_holds_for_the_presentation_that_it_ended_on(check: ActiveCheck) -> None:
    face = found(landmarks(HEAD))
    assert check.push(Observation(0.0, face, presentation=1), due=False).challenge is None
    check.push(Observation(0.1, face, presentation=1), due=True)
    swapped = check.push(Observation(0.2, face, presentation=2), due=True).challenge
    assert swapped is not None
    assert swapped.outcome is Outcome.FAIL
    assert check.push(Observation(0.3, face, presentation=2), due=True).challenge == swapped
    again = check.push(Observation(0.4, face, presentation=3), due=True).challenge
    assert again is not None
    assert again.outcome is None
