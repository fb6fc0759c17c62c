"""Where one presentation stands, and the settings that decide it. ``session.py`` fills it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from liveness.errors import InputError
from liveness.live.activecheck import Mode
from liveness.live.challenge import ChallengeState
from liveness.live.challengepolicy import ChallengePolicy, Outcome
from liveness.live.cueclip import CueWindow
from liveness.live.doubt import Doubt, DoubtPolicy
from liveness.live.follow import FollowConfig
from liveness.live.light import LightState
from liveness.live.stream import StreamState
from liveness.types import FaceResult, FrameResult, Verdict


class Phase(str, Enum):
    """Where a presentation stands."""

    WAITING = "waiting"  # no face, or a camera that shows nothing
    CHECKING = "checking"  # a face, too little evidence
    UNSURE = "unsure"  # evidence enough, and it does not decide
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """When the passive verdict is sure.

    least_seconds, least_frames: of judged frames before anything is said; doubt: what keeps a verdict from
    being sure then; follow: how faces are followed between two searches, None to search every frame;
    identity: whether a followed face must go on looking like itself.
    active: when movements are asked for, and challenge: which, and what is forgiven. cues: measured as the
    stream goes, to be looked at; light: coloured light, experimental, without which nobody passes then.
    """

    least_seconds: float = 1.0
    least_frames: int = 5
    doubt: DoubtPolicy = field(default_factory=DoubtPolicy)
    follow: FollowConfig | None = field(default_factory=FollowConfig)
    identity: bool = True
    active: Mode = "never"
    challenge: ChallengePolicy = field(default_factory=ChallengePolicy)
    cues: bool = False
    light: bool = False

    def __post_init__(self) -> None:
        if self.least_seconds < 0 or self.least_frames < 1:
            raise InputError("a session needs least_seconds >= 0 and least_frames >= 1")


@dataclass(frozen=True, slots=True)
class SessionState:
    """What is known after a frame.

    result: of this frame, faces tracked and their verdicts steadied; face: the one that the session is
    about, with its steadied verdict; score: of this frame alone; presentation: counts from 1, 0 before the
    first face; another face, or one that was away, is another presentation; evidence: seconds from its
    first judged frame to this one; judged: frames; problem: why nothing is judged, in words; doubts: why the
    verdict is not sure; challenge: the movements asked for, None when none were; why: the doubts for which
    they were, empty when they are asked for anyway; wait: seconds until another challenge may begin; cues: of
    the last two seconds, None where they are not measured; light: what to show, None where it is off.
    """

    result: FrameResult
    phase: Phase = Phase.WAITING
    face: FaceResult | None = None
    score: float | None = None
    presentation: int = 0
    evidence: float = 0.0
    judged: int = 0
    stream: StreamState = field(default_factory=StreamState)
    problem: str = ""
    doubts: tuple[Doubt, ...] = ()
    challenge: ChallengeState | None = None
    why: tuple[Doubt, ...] = ()
    wait: float = 0.0
    cues: CueWindow | None = None
    light: LightState | None = None

    @property
    def outcome(self) -> Outcome | None:
        """What this presentation comes to; None while that is open. A sure attack is never passed.

        Coloured light, where it is on, only takes a pass away.
        """
        without = self._outcome
        if self.light is None or without is not Outcome.PASS or self.light.followed:
            return without
        return Outcome.NOT_COMPLETED if self.light.over else None

    @property
    def _outcome(self) -> Outcome | None:
        """Without coloured light."""
        sure = self.verdict
        if self.challenge is not None:
            passed = self.challenge.outcome is Outcome.PASS
            attack = passed and self.face is not None and sure is not None and not self.face.live
            return Outcome.FAIL if attack else self.challenge.outcome
        if sure is None or self.face is None:
            return None
        return Outcome.PASS if self.face.live else Outcome.FAIL

    @property
    def verdict(self) -> Verdict | None:
        """The sure passive verdict of this presentation, None while there is none."""
        return self.face.verdict if self.phase is Phase.DECIDED and self.face else None
