"""What a challenge asks for and forgives: its policy, a random order, and the pause after failures. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

from liveness.errors import InputError
from liveness.live.dot import DotPolicy
from liveness.live.movements import AGAIN, HEAD, LANDMARKS, Action, ExpressionLimits


class Outcome(str, Enum):
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    NOT_COMPLETED = "not_completed"


@dataclass(frozen=True, slots=True)
class ChallengePolicy:
    """What is asked and what is forgiven. Seconds, and the units of ``Pose``.

    actions: to draw from; steps: movements; window: for each; settle: to look straight; calm: looked straight
    before a movement is asked, drawn from this range; reaction: nobody is faster; turn, nod: change of
    ``across`` and ``down``; closer: growth; straight: how far from straight still counts as straight, as a
    share of a movement; frames: that a movement must last; dot, expression: what following, shutting the
    eyes and smiling take; lost: without a face; judged: straight frames with a verdict, at least; attack:
    share of them that may look like an attack; attempts, pause: after so many that did not pass, wait.
    """

    actions: tuple[Action, ...] = LANDMARKS
    steps: int = 3
    window: float = 5.0
    settle: float = 6.0
    calm: tuple[float, float] = (0.4, 1.0)
    reaction: float = 0.2
    turn: float = 0.18
    nod: float = 0.1
    closer: float = 1.25
    straight: float = 0.5
    frames: int = 2
    dot: DotPolicy = field(default_factory=DotPolicy)
    expression: ExpressionLimits = field(default_factory=ExpressionLimits)
    lost: float = 0.8
    judged: int = 5
    attack: float = 0.5
    attempts: int = 3
    pause: float = 30.0

    def __post_init__(self) -> None:
        if self.steps < 1 or len(AGAIN & set(self.actions)) < 2:
            raise InputError(
                "a challenge needs at least one step, and two movements of turn left, right and nod"
            )


def draw(policy: ChallengePolicy, chance: random.Random) -> tuple[Action, ...]:
    """A random order: no movement twice in a row, only turns and nods more than once, and the head moves at
    least once, since a photo can come closer too."""
    while True:
        order = tuple(chance.choice(policy.actions) for _ in range(policy.steps))
        twice = any(a is b for a, b in pairwise(order))
        often = any(order.count(action) > 1 for action in set(order) - AGAIN)
        if not twice and not often and HEAD & set(order):
            return order


class Attempts:
    """Counts challenges that did not pass, and makes the next one wait after several in a row."""

    def __init__(self, policy: ChallengePolicy = ChallengePolicy()) -> None:
        self.policy = policy
        self._failed = 0
        self._until = 0.0

    def add(self, outcome: Outcome, seconds: float) -> None:
        """A challenge ended."""
        self._failed = 0 if outcome is Outcome.PASS else self._failed + 1
        if self._failed >= self.policy.attempts:
            self._failed, self._until = 0, seconds + self.policy.pause

    def wait(self, seconds: float) -> float:
        """Seconds until the next may begin."""
        return max(0.0, self._until - seconds)
