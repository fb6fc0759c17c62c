"""Active liveness: movements asked for in a random order. A pure state machine over what is seen of a face.

What it can tell: the movement came when it was asked for, by a head with depth, and the face stayed one
and the same. What it cannot: a person under pressure, a mask that moves, a video that is driven live.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field, replace
from enum import Enum

from liveness.live.challengepolicy import ChallengePolicy, Outcome, draw
from liveness.live.dot import DotPath, draw_path, likeness
from liveness.live.movements import EXPRESSIONS, Action, Expression, expressed
from liveness.live.pose import Pose, pose
from liveness.live.temporal import Appearance
from liveness.types import FaceResult


class Stage(str, Enum):
    STRAIGHT = "straight"  # look into the camera, before the first movement and between them
    MOVE = "move"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Observation:
    """A frame as the challenge sees it. face: the one that the session is about; faces: in the picture;
    presentation: its number; look: how it looks; expression: None where nobody looked for it."""

    seconds: float
    face: FaceResult | None
    faces: int = 1
    presentation: int = 1
    look: Appearance | None = None
    expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class ChallengeState:
    """action: what is asked now, None while straight is; step: movements done; left: seconds to do it;
    progress: how far the movement went, 0..1; outcome and reason when it is over; dot: where the dot to
    follow is (-1..1, to the right of the picture and down), None when there is none."""

    stage: Stage
    step: int
    steps: int
    action: Action | None = None
    left: float = 0.0
    progress: float = 0.0
    outcome: Outcome | None = None
    reason: str = ""
    dot: tuple[float, float] | None = None


@dataclass(slots=True)
class _Since:
    """When what is being waited for began, what was last seen, for how many frames, and what of it was kept:
    turns and expressions, with seconds since then."""

    stage: float
    straight: float | None = None
    seen: float = 0.0
    moved: dict[Action, int] = field(default_factory=dict)
    path: DotPath | None = None
    turns: list[tuple[float, float, float]] = field(default_factory=list)
    moments: list[tuple[float, Expression]] = field(default_factory=list)


class Challenge:
    """Push observations in order of time until the state has an outcome; it stays the same from then on.

    chance: where order and pauses come from; the system's own randomness when not given.
    """

    def __init__(
        self, policy: ChallengePolicy = ChallengePolicy(), chance: random.Random | None = None
    ) -> None:
        self.policy = policy
        self._chance = chance or random.SystemRandom()
        self.order = draw(policy, self._chance)
        self._state = ChallengeState(Stage.STRAIGHT, 0, policy.steps)
        self._since: _Since | None = None
        self._calm = self._chance.uniform(*policy.calm)
        self._presentation: int | None = None
        self._start: Pose | None = None
        self._look: Appearance | None = None
        self._poses: deque[Pose] = deque(maxlen=15)
        self._judged = self._attacks = 0

    def push(self, seen: Observation) -> ChallengeState:
        """What stands after this frame."""
        if self._state.outcome is not None:
            return self._state
        if self._since is None:
            self._since = _Since(seen.seconds, seen=seen.seconds)
            self._presentation = seen.presentation
        self._state = self._after(seen, self._since)
        return self._state

    def _after(self, seen: Observation, since: _Since) -> ChallengeState:
        if seen.presentation != self._presentation:
            return self._end(Outcome.FAIL, "another face took the place of the first, or it jumped")
        if seen.faces > 1:
            return self._end(Outcome.NOT_COMPLETED, "more than one face is in the picture")
        marks = seen.face.face.landmarks if seen.face else None
        now = pose(marks) if marks else None
        if seen.face is None or now is None:
            if seen.seconds - since.seen > self.policy.lost:
                return self._end(Outcome.NOT_COMPLETED, "the face left the picture")
            return self._waiting(seen.seconds, since)
        since.seen = seen.seconds
        if self._state.stage is Stage.STRAIGHT:
            return self._straight(seen, now, since)
        return self._move(seen, now, since)

    def _straight(self, seen: Observation, now: Pose, since: _Since) -> ChallengeState:
        """Wait until the face has looked straight for a while, then ask for the next movement."""
        self._watch_score(seen.face)
        if not self._is_straight(now):
            since.straight = None
        elif since.straight is None:
            since.straight = seen.seconds
        if since.straight is None or seen.seconds - since.straight < self._calm:
            return self._waiting(seen.seconds, since)
        if self._look is not None and seen.look is not None and not seen.look.same(self._look):
            return self._end(Outcome.FAIL, "the face is not the one that began")
        enough = self._judged >= self.policy.judged
        if enough and self._attacks > self.policy.attack * self._judged:
            return self._end(Outcome.FAIL, "it looked like a print or a screen")
        if self._state.step == self.policy.steps:
            if not enough:  # who spoils the picture must not escape being looked at
                return self._end(Outcome.NOT_COMPLETED, "too little of the face could be judged meanwhile")
            return self._end(Outcome.PASS, "all movements came as asked")
        if self._start is None:
            self._start, self._look = _middle(self._poses), seen.look
        return self._ask(seen.seconds)

    def _ask(self, seconds: float) -> ChallengeState:
        """The next movement of the order."""
        action = self.order[self._state.step]
        path = draw_path(self.policy.dot, self._chance) if action is Action.DOT else None
        self._since = _Since(seconds, seen=seconds, path=path)
        self._calm = self._chance.uniform(*self.policy.calm)
        left = path.end if path else self.policy.window
        dot = path.at(0.0) if path else None
        return replace(self._state, stage=Stage.MOVE, action=action, left=left, progress=0.0, dot=dot)

    def _move(self, seen: Observation, now: Pose, since: _Since) -> ChallengeState:
        """Wait for the movement; another one in its place fails."""
        wanted = self._state.action
        assert wanted is not None
        shares = self._shares(now)
        if since.path is not None:
            return self._follow(seen, shares, since, since.path)
        for action, share in shares.items():
            since.moved[action] = since.moved.get(action, 0) + 1 if share >= 1 else 0
        done = {a for a, frames in since.moved.items() if frames >= self.policy.frames}
        if wanted in EXPRESSIONS and seen.expression is not None:
            since.moments.append((seen.seconds - since.stage, seen.expression))
            if expressed(wanted, since.moments, self.policy.expression):
                done.add(wanted)
        if done and seen.seconds - since.stage < self.policy.reaction:
            return self._end(Outcome.FAIL, "it moved before it was asked")
        if wanted in done:
            return self._done(seen.seconds)
        if done - {Action.CLOSER}:  # who nods may come closer
            return self._end(Outcome.FAIL, "it moved in another way than asked")
        state = self._waiting(seen.seconds, since)
        share = shares.get(wanted, 0.0)
        return replace(state, progress=min(max(share, 0.0), 1.0)) if state.outcome is None else state

    def _follow(
        self, seen: Observation, shares: dict[Action, float], since: _Since, path: DotPath
    ) -> ChallengeState:
        """Watch the head until the dot has gone its way, then hold one against the other."""
        passed = seen.seconds - since.stage
        since.turns.append((passed, shares[Action.LEFT], shares[Action.NOD]))
        if passed < path.end:
            left, progress = path.end - passed, passed / path.end
            return replace(self._state, left=left, progress=progress, dot=path.at(passed))
        alike, moved = likeness(path, since.turns)
        if moved < self.policy.dot.moved:
            return self._end(Outcome.NOT_COMPLETED, "the head did not follow the dot")
        if alike < self.policy.dot.alike:
            return self._end(Outcome.FAIL, "the head moved in another way than the dot")
        return self._done(seen.seconds)

    def _done(self, seconds: float) -> ChallengeState:
        """On to looking straight, before the next movement or the end."""
        self._since = _Since(seconds, seen=seconds)
        step = self._state.step + 1
        return replace(self._state, stage=Stage.STRAIGHT, action=None, dot=None, step=step)

    def _waiting(self, seconds: float, since: _Since) -> ChallengeState:
        asked = since.path.end + self.policy.lost if since.path else self.policy.window
        limit = asked if self._state.stage is Stage.MOVE else self.policy.settle
        left = since.stage + limit - seconds
        if left <= 0:
            late = "the movement did not come in time" if self._state.action else "it did not look straight"
            return self._end(Outcome.NOT_COMPLETED, late)
        return replace(self._state, left=left)

    def _end(self, outcome: Outcome, reason: str) -> ChallengeState:
        return replace(
            self._state, stage=Stage.DONE, action=None, dot=None, left=0.0, outcome=outcome, reason=reason
        )

    def _watch_score(self, face: FaceResult | None) -> None:
        """Only frames that look straight count: networks did not learn on turned heads."""
        if face is not None and face.verdict is not None:
            self._judged += 1
            self._attacks += not face.live

    def _is_straight(self, now: Pose) -> bool:
        """Like at the start; at the start, like the frames just before."""
        if self._start is None:
            self._poses.append(now)
            around, limit = _middle(self._poses), self.policy.straight / 2
            self_turned = abs(now.across) > self.policy.turn
        else:
            around, limit, self_turned = self._start, self.policy.straight, False
        shares = self._shares(now, around)
        return not self_turned and all(
            abs(share) <= limit for a, share in shares.items() if a is not Action.CLOSER
        )

    def _shares(self, now: Pose, start: Pose | None = None) -> dict[Action, float]:
        """How far each movement went from the start, 1 is far enough."""
        start = start or self._start
        assert start is not None
        turn = (now.across - start.across) / self.policy.turn
        grown = (now.size / start.size - 1) / (self.policy.closer - 1)
        return {
            Action.LEFT: turn,
            Action.RIGHT: -turn,
            Action.NOD: (now.down - start.down) / self.policy.nod,
            Action.CLOSER: grown,
        }


def _middle(poses: deque[Pose]) -> Pose:
    """The median of each number."""
    middle = len(poses) // 2
    return Pose(
        sorted(p.across for p in poses)[middle],
        sorted(p.down for p in poses)[middle],
        sorted(p.size for p in poses)[middle],
    )
