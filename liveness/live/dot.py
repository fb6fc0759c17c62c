"""A dot that wanders unpredictably, and whether a head followed it. Pure.

The head's turns are held against the dot's path, shifted by the time that people need: who follows is alike
at one lag, whatever the size of the turns; a clip that was filmed before knows nothing of this path.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

_SIDES = ((-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0))
_LAGS = tuple(0.15 + 0.05 * i for i in range(18))  # seconds, up to 1.0; slower is not following


@dataclass(frozen=True, slots=True)
class DotPolicy:
    """stops: places on the way; dwell: seconds from one to the next, drawn from this range; glide: seconds
    that a jump takes; alike: correlation wanted between path and head; moved: least movement of the head,
    as a share of what counts as a turn (root mean square); rest: seconds watched after the last stop."""

    stops: int = 5
    dwell: tuple[float, float] = (1.0, 1.6)
    glide: float = 0.35
    alike: float = 0.7
    moved: float = 0.3
    rest: float = 0.8


@dataclass(frozen=True, slots=True)
class DotPath:
    """stops: (seconds, x, y), from the middle outwards; -1..1, x to the right of the picture, y down."""

    stops: tuple[tuple[float, float, float], ...]
    end: float
    glide: float

    def at(self, seconds: float) -> tuple[float, float]:
        """Where the dot is so many seconds after it set out."""
        x = y = 0.0
        for start, to_x, to_y in self.stops:
            if seconds < start:
                break
            share = min(1.0, (seconds - start) / self.glide)
            share = share * share * (3 - 2 * share)  # sets out and arrives gently
            x, y = x + (to_x - x) * share, y + (to_y - y) * share
        return x, y


def draw_path(policy: DotPolicy, chance: random.Random) -> DotPath:
    """A path that nobody can foretell; it never stays at one place for two stops."""
    now, last = 0.4, (0.0, 0.0)
    stops: list[tuple[float, float, float]] = []
    for _ in range(policy.stops):
        last = chance.choice([side for side in _SIDES if side != last])
        stops.append((now, *last))
        now += chance.uniform(*policy.dwell)
    return DotPath(tuple(stops), now + policy.rest, policy.glide)


def likeness(path: DotPath, turns: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    """How alike head and dot are (-1..1, at the best lag), and how much the head moved.

    turns: (seconds since the dot set out, across, down), in units of a turn and of a nod. Both 0 with fewer
    than ten of them.
    """
    if len(turns) < 10:
        return 0.0, 0.0
    across = _centred([a for _, a, _ in turns])
    down = _centred([d for _, _, d in turns])
    power = sum(a * a + d * d for a, d in zip(across, down))
    best = -1.0
    for lag in _LAGS:
        places = [path.at(seconds - lag) for seconds, _, _ in turns]
        x, y = _centred([p[0] for p in places]), _centred([p[1] for p in places])
        size = sum(a * a + b * b for a, b in zip(x, y))
        shared = sum(a * b for a, b in zip(x, across)) + sum(a * b for a, b in zip(y, down))
        best = max(best, shared / math.sqrt(size * power) if size * power > 0 else 0.0)
    return best, math.sqrt(power / len(turns))


def _centred(values: Sequence[float]) -> list[float]:
    mean = sum(values) / len(values)
    return [value - mean for value in values]
