"""The researcher's drawer: scores and cues over the last twenty seconds, as SVG."""

from __future__ import annotations

from collections.abc import Sequence

from liveness.cues import CUES
from liveness.live.session import SessionState
from liveness.ui import livecards

SPAN = 20.0  # seconds that the curves show
_NAMES = {
    "plane": ("moves as a plane", "0 a head before a room, 1 a sheet"),
    "stillness": ("stays still", "1 eyes and mouth never move"),
    "moire": ("grid of a screen", "decibels"),
    "flicker": ("flicker in rows", "per cent of the brightness"),
    "bezel": ("edges around it", "0 to 4 sides"),
    "glare": ("shine wanders", "in face sides"),
}


def drawer(states: Sequence[SessionState]) -> str:
    """All that the drawer shows after the last of these states; empty for none."""
    if not states:
        return ""
    parts = {
        "speed": livecards.speed(states[-1]),
        "curves": curves(states),
        "cues": cues(states),
        "faces": livecards.faces(states[-1]),
    }
    return "".join(f'<div id="live-{name}">{html}</div>' for name, html in parts.items())


def curves(states: Sequence[SessionState]) -> str:
    """Score of each frame (dots), steadied (line) and threshold (dashes) over the last twenty seconds."""
    if not states:
        return ""
    end = states[-1].result.seconds

    def place(seconds: float, score: float) -> tuple[float, float]:
        return 600 * (1 - (end - seconds) / SPAN), 120 - 110 * score

    dots = [place(s.result.seconds, s.score) for s in states if s.score is not None]
    line = [
        (place(s.result.seconds, s.face.verdict.score), s.presentation, s.face.verdict.threshold)
        for s in states
        if s.face and s.face.verdict
    ]
    runs: dict[int, list[str]] = {}
    for (x, y), presentation, _ in line:
        runs.setdefault(presentation, []).append(f"{x:.1f},{y:.1f}")
    level = 120 - 110 * line[-1][2] if line else None
    parts = [f'<line class="level" x1="0" x2="600" y1="{level:.1f}" y2="{level:.1f}"/>' if level else ""]
    # One path of points, not an element each: the page rewrites all of them twice a second.
    parts.append(f'<path d="{"".join(f"M{x:.1f} {y:.1f}h0" for x, y in dots)}"/>')
    parts += [f'<polyline points="{" ".join(points)}"/>' for points in runs.values()]
    label = "Bona fide score over the last 20 seconds, 0 at the bottom, 1 at the top"
    return (
        f'<figure class="lw-curves"><svg viewBox="0 0 600 130" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg><figcaption>{label}: dots are single frames, the line is steadied, "
        "the dashes are the threshold.</figcaption></figure>"
    )


def cues(states: Sequence[SessionState]) -> str:
    """A small curve of each cue; empty while none are measured."""
    if not states or states[-1].cues is None:
        return ""
    cells = "".join(_cue(name, states) for name in CUES)
    label = "Cues over the last 20 seconds. Higher is more like an attack; alone they decide nothing."
    return (
        f'<figure class="lw-curves"><div class="lw-cues">{cells}</div>'
        f"<figcaption>{label}</figcaption></figure>"
    )


def _cue(name: str, states: Sequence[SessionState]) -> str:
    end = states[-1].result.seconds
    found = [
        (s.result.seconds, s.presentation, value)
        for s in states
        if s.cues is not None and (value := s.cues.values[name]) is not None
    ]
    words, unit = _NAMES[name]
    now = states[-1].cues.values[name] if states[-1].cues else None
    top = max((value for *_, value in found), default=1.0) or 1.0
    runs: dict[int, list[str]] = {}
    for seconds, presentation, value in found:
        x, y = 200 * (1 - (end - seconds) / SPAN), 46 - 40 * max(value, 0.0) / top
        runs.setdefault(presentation, []).append(f"{x:.1f},{y:.1f}")
    lines = "".join(f'<polyline points="{" ".join(points)}"/>' for points in runs.values())
    shown, said = ("–", "nothing to measure") if now is None else (f"{now:.2f}", f"{now:.2f}")
    return (
        f"<div><h4>{words} <b>{shown}</b></h4>"
        f'<svg viewBox="0 0 200 50" preserveAspectRatio="none" role="img" '
        f'aria-label="{words}: now {said}, highest {top:.2f}">{lines}</svg><p>{unit}</p></div>'
    )
