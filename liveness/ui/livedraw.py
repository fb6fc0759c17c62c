"""The Live tab's drawings as SVG: boxes and oval over the camera, signs for movements, curves over time."""

from __future__ import annotations

from html import escape

from liveness.live.challenge import Stage
from liveness.live.challengepolicy import Outcome
from liveness.live.movements import Action
from liveness.live.session import SessionState
from liveness.types import FaceResult
from liveness.ui.guide import OVAL_CENTRE, OVAL_HEIGHT, OVAL_RATIO, guidance

_SIGNS = {
    Action.LEFT: "M62 22 L30 50 L62 78",
    Action.RIGHT: "M38 22 L70 50 L38 78",
    Action.NOD: "M22 38 L50 70 L78 38",
    Action.CLOSER: "M20 20 L38 38 M80 20 L62 38 M20 80 L38 62 M80 80 L62 62",
    Action.DOT: "M50 50 L50.1 50 M18 50 L10 50 M90 50 L82 50 M50 18 L50 10 M50 90 L50 82",
    Action.BLINK: "M14 46 Q50 78 86 46 M30 64 L24 74 M50 70 L50 82 M70 64 L76 74",
    Action.SMILE: "M20 52 Q50 92 80 52 M34 26 L34 30 M66 26 L66 30",
}
_DOT_REACH = 0.3  # from the oval's middle, as a share of the frame's height


def overlay(state: SessionState, width: int, height: int) -> str:
    """Over the camera's picture, mirrored as that is. What it says stands elsewhere as text too."""
    marks = "".join(_box(found, width, _colours(state, found)) for found in state.result.faces)
    words = guidance(state, width, height)
    text = _words(words, width, height) if words else ""
    sign = _movement(state, width, height)
    view = f'viewBox="0 0 {width} {height}" preserveAspectRatio="xMidYMid slice"'
    inner = f"{_oval(state, width, height)}{marks}{sign}{text}"
    return f'<svg {view} data-frame="{state.result.index}" aria-hidden="true">{inner}</svg>'


def _colours(state: SessionState, found: FaceResult) -> str:
    """The class of a box: no colour says more than the verdict does, which is about one face."""
    if state.outcome is None or state.face is None or found.track != state.face.track:
        return "none"
    return {Outcome.PASS: "live", Outcome.FAIL: "spoof"}.get(state.outcome, "none")


def kind(found: FaceResult | None) -> str:
    """The class of a face's colours."""
    if found is None or found.verdict is None:
        return "none"
    return "live" if found.live else "spoof"


def _oval(state: SessionState, width: int, height: int) -> str:
    tall = height * OVAL_HEIGHT / 2
    good = "ready" if state.face is not None and not guidance(state, width, height) else ""
    return (
        f'<ellipse class="oval {good}" cx="{width / 2:.0f}" cy="{height * OVAL_CENTRE:.0f}" '
        f'rx="{tall * OVAL_RATIO:.0f}" ry="{tall:.0f}"/>'
    )


def _box(found: FaceResult, width: int, colours: str) -> str:
    box = found.face.box
    left = width - box.right  # the page mirrors the camera
    return (
        f'<g class="{colours}"><rect x="{left:.0f}" y="{box.top:.0f}" width="{box.width:.0f}" '
        f'height="{box.height:.0f}" rx="{box.width / 12:.0f}"/></g>'
    )


def _words(text: str, width: int, height: int) -> str:
    """At the top: the camera's own buttons are at the bottom."""
    size = min(height / 14, 1.55 * width / max(len(text), 1))
    return (
        f'<text class="guide" x="{width / 2:.0f}" y="{1.4 * size:.0f}" text-anchor="middle" '
        f'font-size="{size:.0f}">{escape(text)}</text>'
    )


def _movement(state: SessionState, width: int, height: int) -> str:
    """A large sign for the movement, or the dot. In the mirror the person's left is at the left."""
    challenge = state.challenge
    if challenge is None or challenge.stage is not Stage.MOVE or challenge.action is None:
        return ""
    if challenge.dot is not None:
        x = width / 2 - challenge.dot[0] * _DOT_REACH * height
        y = height * (OVAL_CENTRE + challenge.dot[1] * _DOT_REACH)
        return f'<circle class="dot" cx="{x:.0f}" cy="{y:.0f}" r="{height / 24:.0f}"/>'
    side = height * (0.66 if challenge.action is Action.CLOSER else 0.3)  # around the face, not on it
    shift = {Action.LEFT: -0.36, Action.RIGHT: 0.36}.get(challenge.action, 0.0) * height
    x, y = width / 2 + shift - side / 2, height * OVAL_CENTRE - side / 2
    move = f"translate({x:.0f} {y:.0f}) scale({side / 100:.2f})"
    thick = 3 * height / side  # the same in the picture, however large the sign
    return (
        f'<path class="sign" stroke-width="{thick:.1f}" transform="{move}" d="{_SIGNS[challenge.action]}"/>'
    )


def sign(action: Action) -> str:
    """A movement as a small picture beside its words."""
    return f'<svg class="lw-sign" viewBox="0 0 100 100" aria-hidden="true"><path d="{_SIGNS[action]}"/></svg>'


def light(state: SessionState) -> str:
    """The frame of light around the page; what it is for stands beside its switch."""
    colour = state.light.colour if state.light else None
    if colour is None:
        return ""
    return f'<div class="lw-light" aria-hidden="true" style="border-color: rgb{colour}"></div>'
