"""Coloured light, experimental: the page shows random colours, and skin reflects them in time and hue.

After Tang et al., "Face Flashing: a secure liveness detection protocol based on light reflections" (NDSS
2018), reduced to what a laptop's camera can show: the colour of the face alone. It can only add a doubt: no
presentation passes because of it. Tried on drawn faces; what daylight, screens and cameras that balance white
by themselves do to it was not measured on people.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from liveness.errors import InputError
from liveness.types import Face, Image

Colour = tuple[int, int, int]

# Soft, and no saturated red: that and more than three changes a second are what harms (WCAG 2.2, 2.3.1).
COLOURS: tuple[Colour, ...] = (
    (90, 120, 255),
    (80, 255, 120),
    (255, 100, 230),
    (255, 225, 80),
    (70, 235, 255),
)
_LAGS = tuple(0.05 * i for i in range(1, 19))  # seconds from the server's word to a frame that shows it


@dataclass(frozen=True, slots=True)
class LightPolicy:
    """steps: colours; each: seconds of one, drawn from this range (never more than one change in 0.8 s);
    alike: correlation wanted between what was shown and what the face did; seen: least change of the face's
    colour (root mean square of the logarithm of channel ratios); frames: fewest to judge by."""

    steps: int = 6
    each: tuple[float, float] = (0.9, 1.4)
    alike: float = 0.7
    seen: float = 0.004
    frames: int = 25

    def __post_init__(self) -> None:
        if self.steps < 3 or not 0.8 <= self.each[0] <= self.each[1]:
            raise InputError(
                "coloured light needs three colours or more, each shown for 0.8 seconds at least"
            )


@dataclass(frozen=True, slots=True)
class LightPlan:
    """Which colour is shown from when on, in seconds; it ends at ``end``."""

    stops: tuple[tuple[float, Colour], ...]
    end: float

    def at(self, seconds: float) -> Colour | None:
        """What is shown so many seconds after the beginning; None before and after."""
        if seconds >= self.end:
            return None
        shown = [colour for start, colour in self.stops if start <= seconds]
        return shown[-1] if shown else None


@dataclass(frozen=True, slots=True)
class LightState:
    """colour: to show now; over: all were shown; followed: whether the face's colour went with them, None
    while that is open; alike, seen: what was measured."""

    colour: Colour | None = None
    over: bool = False
    followed: bool | None = None
    alike: float = 0.0
    seen: float = 0.0


def draw_plan(policy: LightPolicy, chance: random.Random) -> LightPlan:
    """Colours in a random order, for random times, never the same twice in a row."""
    while True:
        order = [chance.choice(COLOURS) for _ in range(policy.steps)]
        if all(a != b for a, b in pairwise(order)):
            break
    now, stops = 0.0, []
    for colour in order:
        stops.append((now, colour))
        now += chance.uniform(*policy.each)
    return LightPlan(tuple(stops), now)


class LightCheck:
    """Push the frames of one presentation in order of time, and show what the state says."""

    def __init__(self, policy: LightPolicy = LightPolicy(), chance: random.Random | None = None) -> None:
        self.policy = policy
        self.plan = draw_plan(policy, chance or random.SystemRandom())
        self._began: float | None = None
        self._seen: list[tuple[float, NDArray[np.float64]]] = []
        self._state = LightState()

    def push(self, image: Image, face: Face | None, seconds: float) -> LightState:
        """image: uint8 RGB (height, width, 3); face: None where none was found."""
        if self._state.over:
            return self._state
        self._began = seconds if self._began is None else self._began
        passed = seconds - self._began
        if face is not None and (colour := skin(image, face)) is not None:
            self._seen.append((passed, colour))
        if passed < self.plan.end + _LAGS[-1]:
            self._state = LightState(self.plan.at(passed))
        else:
            alike, seen = reflected(self.plan, self._seen)
            enough = len(self._seen) >= self.policy.frames
            followed = enough and alike >= self.policy.alike and seen >= self.policy.seen
            self._state = LightState(None, True, followed, alike, seen)
        return self._state


def skin(image: Image, face: Face) -> NDArray[np.float64] | None:
    """The face's mean colour in linear light, float64 (3,), 0..1; None when it lies outside the picture."""
    box = face.box
    (x, y), (w, h) = box.centre, (0.3 * box.width, 0.3 * box.height)
    rows = slice(max(0, int(y - h)), max(0, int(y + h)))
    part = image[rows, max(0, int(x - w)) : max(0, int(x + w))]
    if part.size == 0:
        return None
    return np.asarray(((part / 255.0) ** 2.2).mean(axis=(0, 1)), dtype=np.float64)


def reflected(plan: LightPlan, seen: Sequence[tuple[float, NDArray[np.float64]]]) -> tuple[float, float]:
    """How alike the face's colour and the colours shown are at the best lag (-1..1), and how much it changed.

    Ratios of channels, so that brighter or darker says nothing. Both ratios must go along: the lower of the
    two correlations counts where it is negative.
    """
    if len(seen) < 3:
        return 0.0, 0.0
    times = np.array([seconds for seconds, _ in seen])
    values = np.log(np.array([colour for _, colour in seen]) + 1e-3)
    face = _flat(times, values[:, ::2] - values[:, 1:2])
    best = -1.0
    for lag in _LAGS:
        shown = np.array([plan.at(max(0.0, t - lag)) or (128, 128, 128) for t in times]) / 255.0
        light = _flat(times, (shown**2.2)[:, ::2] - (shown**2.2)[:, 1:2])
        size = np.linalg.norm(light, axis=0) * np.linalg.norm(face, axis=0)
        each = (light * face).sum(axis=0) / np.maximum(size, 1e-12)
        whole = float((light * face).sum() / max(np.linalg.norm(light) * np.linalg.norm(face), 1e-12))
        best = max(best, min(whole, float(each.min())) if each.min() < 0 else whole)
    return best, math.sqrt(float((face**2).mean()))


def _flat(times: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without mean and slope: a camera that balances its white drifts."""
    base = np.stack([np.ones_like(times), times - times.mean()], axis=1)
    return np.asarray(values - base @ np.linalg.lstsq(base, values, rcond=None)[0])
