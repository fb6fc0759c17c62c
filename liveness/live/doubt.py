"""Why a passive verdict may not be sure: its score, the picture's quality, the light, cues against it. Pure.

What is poor here can still be judged; what cannot be judged at all has no verdict (``quality.py``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from liveness.cues import CUES
from liveness.errors import InputError
from liveness.live.temporal import logit
from liveness.types import Label, Quality, Verdict


class Doubt(str, Enum):
    """What keeps a verdict from being sure."""

    SCORE = "score"
    QUALITY = "quality"
    LIGHT = "light"
    CUES = "cues"

    @property
    def words(self) -> str:
        """In words that can be shown."""
        return _WORDS[self]


_WORDS = {
    Doubt.SCORE: "the score is near the threshold",
    Doubt.QUALITY: "the face is small, blurred or cut off",
    Doubt.LIGHT: "the light is poor",
    Doubt.CUES: "the score says live, but what shows over time looks like an attack",
}


@dataclass(frozen=True, slots=True)
class DoubtPolicy:
    """When a verdict is not sure.

    band: how far the steadied score must lie from the threshold, in units of the logit. size (pixels),
    sharpness, darkest, brightest, visible: below or above these a frame is poor, in the units of ``Quality``;
    span: seconds of late that are looked at; share: of their frames that must be poor. cues: from which value
    on a cue speaks against a live verdict; those that told nothing on clips are left out
    (docs/experiments-live.md).
    """

    band: float = 0.5
    size: float = 64.0
    sharpness: float = 20.0
    darkest: float = 45.0
    brightest: float = 210.0
    visible: float = 0.8
    span: float = 1.0
    share: float = 0.5
    cues: tuple[tuple[str, float], ...] = (("bezel", 1.2), ("moire", 25.0))

    def __post_init__(self) -> None:
        if self.band < 0 or self.span <= 0 or not 0 < self.share <= 1:
            raise InputError("doubts need band >= 0, span > 0 and share in 0..1, above 0")
        if unknown := {name for name, _ in self.cues} - set(CUES):
            raise InputError(f"no cue is called {min(unknown)!r}, known are: {', '.join(CUES)}")


class DoubtWatch:
    """For one presentation's frames in order of time; keeps their quality, as yes and no, for ``span``."""

    def __init__(self, policy: DoubtPolicy = DoubtPolicy()) -> None:
        self.policy = policy
        self._seen: deque[tuple[float, bool, bool]] = deque()  # seconds, poor quality, poor light

    def forget(self) -> None:
        """Begin anew: another face, or the camera was away."""
        self._seen.clear()

    def push(self, seconds: float, quality: Quality | None) -> None:
        """A frame with the face; without a quality it is taken as good."""
        if quality is not None:
            self._seen.append((seconds, poor_quality(quality, self.policy), poor_light(quality, self.policy)))
        while self._seen and self._seen[0][0] < seconds - self.policy.span:
            self._seen.popleft()

    def doubts(self, verdict: Verdict, cues: Mapping[str, float | None]) -> tuple[Doubt, ...]:
        """What speaks against being sure of this verdict now; empty for nothing. cues: as last measured."""
        wanted = self.policy.share * len(self._seen)
        found = {
            Doubt.SCORE: abs(logit(verdict.score) - logit(verdict.threshold)) < self.policy.band,
            Doubt.QUALITY: bool(self._seen) and sum(poor for _, poor, _ in self._seen) >= wanted,
            Doubt.LIGHT: bool(self._seen) and sum(dark for _, _, dark in self._seen) >= wanted,
            Doubt.CUES: disagreeing(verdict, cues, self.policy),
        }
        return tuple(doubt for doubt, there in found.items() if there)


def poor_quality(quality: Quality, policy: DoubtPolicy) -> bool:
    """Small, blurred, or cut off by the picture's edge. What is dark has no contrast: that is the light's."""
    blurred = quality.sharpness < policy.sharpness and quality.brightness >= policy.darkest
    return blurred or quality.size < policy.size or quality.visible < policy.visible


def poor_light(quality: Quality, policy: DoubtPolicy) -> bool:
    """The face is dark, or washed out."""
    return not policy.darkest <= quality.brightness <= policy.brightest


def disagreeing(verdict: Verdict, cues: Mapping[str, float | None], policy: DoubtPolicy) -> bool:
    """Whether a cue clearly looks like an attack where the score says live. Not the other way round: no cue
    can speak for a living person, it only finds nothing."""
    if verdict.label is not Label.BONA_FIDE:
        return False
    values = ((cues.get(name), limit) for name, limit in policy.cues)
    return any(value is not None and value >= limit for value, limit in values)
