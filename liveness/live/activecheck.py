"""From passive to active: when a challenge is due, the one that runs, the pause after failures. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from liveness.live.challenge import Challenge, ChallengeState, Observation
from liveness.live.challengepolicy import Attempts, ChallengePolicy
from liveness.live.doubt import Doubt
from liveness.live.movements import Action

Mode = Literal["never", "unsure", "always"]


@dataclass(frozen=True, slots=True)
class ActiveState:
    """challenge: the one that runs or ran for this presentation; wait: seconds until one may begin; why: what
    it was begun for, empty when it was not for a doubt."""

    challenge: ChallengeState | None = None
    wait: float = 0.0
    why: tuple[Doubt, ...] = ()


class ActiveCheck:
    """One per session. A challenge that began is brought to its end, and its outcome holds for the
    presentation that it ended on, until ``retry``."""

    def __init__(
        self, mode: Mode, policy: ChallengePolicy = ChallengePolicy(), chance: random.Random | None = None
    ) -> None:
        self.mode = mode
        self.policy = policy
        self._chance = chance
        self._attempts = Attempts(policy)
        self._challenge: Challenge | None = None
        self._state: ChallengeState | None = None
        self._why: tuple[Doubt, ...] = ()
        self._ended_on = 0

    @property
    def asked(self) -> Action | None:
        """The movement that is waited for now."""
        return self._state.action if self._state is not None else None

    def retry(self) -> None:
        """Forget the last outcome, so that another challenge may begin."""
        if self._state is not None and self._state.outcome is not None:
            self._challenge = self._state = None
            self._why = ()

    def push(self, seen: Observation, due: bool, why: tuple[Doubt, ...] = ()) -> ActiveState:
        """due: whether the passive verdict asks for a challenge now; why: for which doubts. While there are
        several faces it waits: to begin would be to end at once."""
        if self.mode == "never":
            return ActiveState()
        over = self._state is not None and self._state.outcome is not None
        if over and seen.face is not None and seen.presentation != self._ended_on:
            self.retry()
        wait = self._attempts.wait(seen.seconds)
        if self._challenge is None and due and wait == 0 and seen.faces == 1:
            self._challenge, self._why = Challenge(self.policy, self._chance), why
        if self._challenge is not None and not (self._state and self._state.outcome):
            self._state = self._challenge.push(seen)
            if self._state.outcome is not None:
                self._ended_on = seen.presentation
                self._attempts.add(self._state.outcome, seen.seconds)
                wait = self._attempts.wait(seen.seconds)
        return ActiveState(self._state, wait, self._why)
