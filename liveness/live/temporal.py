"""Faces followed from frame to frame, and verdicts steadied over time. Pure and deterministic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Protocol

from liveness.types import Box, FaceResult, FrameResult, Verdict


class Appearance(Protocol):
    """How a face looked in a frame (``identity.Look`` is one)."""

    def same(self, other: Any) -> bool:
        """Whether both can be one face seen twice within about a second."""
        ...


@dataclass(frozen=True, slots=True)
class TrackerConfig:
    """When two boxes are one face, and how long evidence lasts.

    reach: how far a centre may move between two looks, in face sizes (a head turns and sways by a few
    tenths at 10 frames/s; a photo pushed in front of it jumps further or changes size); growth: how much
    larger or smaller a face may get at once; memory: seconds that a lost face is waited for, enough for a
    missed detection or a hand passing by, too short to change the person unseen.

    half_life: seconds after which a frame counts half. At 10 frames/s, 0.7 s averages some ten frames,
    which takes the jitter out of a score, and a change of the truth still turns the verdict in about a
    second. limit: how far one frame may pull, in units of the logit around the threshold, so that a
    single overconfident frame is outvoted by its neighbours.
    """

    reach: float = 0.6
    growth: float = 1.6
    memory: float = 1.0
    half_life: float = 0.7
    limit: float = 6.0


@dataclass(slots=True)
class _Track:
    """One face while it is followed: where it was last, and the weighted sum of its evidence."""

    number: int
    box: Box
    seen: float
    look: Appearance | None = None
    total: float = 0.0
    weight: float = 0.0
    judged: float = 0.0

    def steadied(self, verdict: Verdict, seconds: float, config: TrackerConfig) -> Verdict:
        """Add a frame's evidence; the mean of the logits so far, each halved every ``half_life``."""
        centre = logit(verdict.threshold)
        evidence = logit(verdict.score)
        evidence = min(max(evidence, centre - config.limit), centre + config.limit)
        fade = 0.5 ** ((seconds - self.judged) / config.half_life)
        self.total = self.total * fade + evidence
        self.weight = self.weight * fade + 1.0
        self.judged = seconds
        return replace(verdict, score=1 / (1 + math.exp(-self.total / self.weight)))


class Tracker:
    """Gives each face a track number and a steadied verdict; one per stream or browser session.

    Call it with each frame's result in order of time. Numbers count from 1 and are never used twice. A
    face that jumps, changes size at once, or was gone for more than ``memory`` seconds starts a new track
    with fresh evidence; so does every face when time runs backwards, and one that does not look like the
    face that was followed: a photo pushed in front of a face takes its place, but not its evidence. Frames
    without a verdict count as no evidence, and their verdict stays empty. The order of the faces does not
    matter.
    """

    def __init__(self, config: TrackerConfig | None = None) -> None:
        self.config = config or TrackerConfig()
        self._tracks: list[_Track] = []
        self._given = 0
        self._now = -math.inf

    def __call__(self, result: FrameResult, looks: Sequence[Appearance | None] = ()) -> FrameResult:
        """The same faces in the same order, with ``track`` set and the verdicts steadied.

        looks: of the faces, in their order; empty, or None for a face, where place alone decides.
        """
        if result.seconds < self._now:
            self._tracks = []
        self._now = result.seconds
        self._tracks = [t for t in self._tracks if self._now - t.seen <= self.config.memory]
        seen = tuple(looks) or (None,) * len(result.faces)
        found = self._associate(result.faces, seen)
        faces = tuple(self._update(*each) for each in zip(result.faces, found, seen))
        return replace(result, faces=faces)

    def _update(self, face: FaceResult, track: _Track, look: Appearance | None) -> FaceResult:
        track.box, track.seen, track.look = face.face.box, self._now, look or track.look
        verdict = face.verdict and track.steadied(face.verdict, self._now, self.config)
        return replace(face, track=track.number, verdict=verdict)

    def _associate(self, faces: tuple[FaceResult, ...], looks: Sequence[Appearance | None]) -> list[_Track]:
        """A track for each face: the closest pairs that look alike first, then new ones, the largest first.

        Ties are broken by number and place, never by the order in which faces come.
        """
        pairs = []
        for i, track in product(range(len(faces)), self._tracks):
            closeness = self._closeness(faces[i].face.box, track.box)
            if closeness is not None:
                pairs.append((-closeness, track.number, faces[i].face.box.as_tuple(), i, track))
        chosen: dict[int, _Track] = {}
        taken: set[int] = set()
        for _, number, _, i, track in sorted(pairs, key=lambda pair: pair[:4]):
            if i not in chosen and number not in taken and _alike(track.look, looks[i]):
                chosen[i] = track
                taken.add(number)
        fresh = [i for i in range(len(faces)) if i not in chosen]
        for i in sorted(fresh, key=lambda i: (-faces[i].face.box.area, faces[i].face.box.as_tuple())):
            self._given += 1
            chosen[i] = _Track(self._given, faces[i].face.box, self._now)
            self._tracks.append(chosen[i])
        return [chosen[i] for i in range(len(faces))]

    def _closeness(self, box: Box, last: Box) -> float | None:
        """Overlap (0..1) less the distance of the centres in face sizes; None when it is another face."""
        small, large = sorted((box.longer_side, last.longer_side))
        if small <= 0 or large / small > self.config.growth:
            return None
        distance = math.dist(box.centre, last.centre) / ((small + large) / 2)
        return box.overlap(last) - distance if distance <= self.config.reach else None


def _alike(last: Appearance | None, now: Appearance | None) -> bool:
    return last is None or now is None or now.same(last)


def logit(score: float) -> float:
    """Log-odds of a score; scores of exactly 0 and 1 are taken as very sure, not as infinite."""
    score = min(max(score, 1e-9), 1 - 1e-9)
    return math.log(score / (1 - score))
