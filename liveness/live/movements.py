"""What can be asked of a face, and what its eyes and mouth show over a moment. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Action(str, Enum):
    """A movement that can be asked for; left and right are the person's own."""

    LEFT = "turn_left"
    RIGHT = "turn_right"
    NOD = "nod"
    CLOSER = "closer"
    DOT = "follow_dot"
    BLINK = "close_eyes"
    SMILE = "smile"


# Movements of a head with depth: a flat picture shows none of them, whatever is printed on it.
HEAD = frozenset({Action.LEFT, Action.RIGHT, Action.NOD, Action.DOT})
AGAIN = HEAD - {Action.DOT}  # may come more than once in an order
# Seen by the face mesh (``expression.py``); the others need the five landmarks alone.
EXPRESSIONS = frozenset({Action.BLINK, Action.SMILE})
LANDMARKS = tuple(action for action in Action if action not in EXPRESSIONS)


@dataclass(frozen=True, slots=True)
class Expression:
    """How far both eyes are shut, and how far the mouth smiles, 0..1 each."""

    blink: float
    smile: float


@dataclass(frozen=True, slots=True)
class ExpressionLimits:
    """When eyes count as shut and a mouth as smiling (docs/experiments-live.md has the counts).

    blink, smile: the value that it takes; rise: above its own resting level, since eyes that look down and
    mouths at rest differ from person to person; shut: seconds that asked-for eyes stay shut, longer than a
    blink that comes by itself; smiling: seconds of a smile.
    """

    blink: float = 0.45
    smile: float = 0.35
    rise: float = 0.25
    shut: float = 0.4
    smiling: float = 0.3


Moments = Sequence[tuple[float, Expression]]


def closures(moments: Moments, limits: ExpressionLimits = ExpressionLimits()) -> list[tuple[float, float]]:
    """When the eyes were shut and opened again: (from, to) in seconds of the moments, which rise in time."""
    return _stretches([(seconds, each.blink) for seconds, each in moments], limits.blink, limits.rise, True)


def smiles(moments: Moments, limits: ExpressionLimits = ExpressionLimits()) -> list[tuple[float, float]]:
    """When the mouth smiled, one that still does at the end too."""
    return _stretches([(seconds, each.smile) for seconds, each in moments], limits.smile, limits.rise, False)


def expressed(action: Action, moments: Moments, limits: ExpressionLimits) -> bool:
    """Whether what was asked for was seen: eyes shut for a while and opened again, or a smile that lasts."""
    if action is Action.BLINK:
        return any(end - start >= limits.shut for start, end in closures(moments, limits))
    return any(end - start >= limits.smiling for start, end in smiles(moments, limits))


def _stretches(
    values: Sequence[tuple[float, float]], level: float, rise: float, ended: bool
) -> list[tuple[float, float]]:
    """From the first moment above the level to the first one below it (or to the last, unless ``ended``).

    The resting level is the tenth lowest of a hundred values; a stretch that was there from the beginning
    does not count.
    """
    if not values:
        return []
    rest = sorted(value for _, value in values)[len(values) // 10]
    level = max(level, rest + rise)
    found: list[tuple[float, float]] = []
    since: float | None = None
    resting = False
    for seconds, value in values:
        if value < level:
            if since is not None:
                found.append((since, seconds))
            since, resting = None, True
        elif since is None and resting:
            since = seconds
    if since is not None and not ended:
        found.append((since, values[-1][0]))
    return found
