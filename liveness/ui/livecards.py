"""The Live tab as HTML: boxes over the camera, one calm verdict, and how fast it goes."""

from __future__ import annotations

from html import escape

from liveness.draw import label
from liveness.types import FaceResult, FrameResult
from liveness.ui.cards import access_line, bar

_STAGES = {"detect": "find faces", "classify": "judge", "match": "match"}


def waiting() -> str:
    """Before the first frame."""
    return _panel(
        "none", "Ready", "Start the camera, then press Record. Pictures are judged and dropped, none is kept."
    )


def trouble(text: str) -> str:
    """What keeps frames from being judged, in place of a verdict."""
    return _panel("none", "Cannot judge", text if text.endswith(".") else f"{text}.")


def rules(places: int, seconds: int) -> str:
    """How places are shared, said before anybody waits."""
    text = (
        f"{places} visitors can stream at once, for {seconds // 60} minutes at a time. When all places are "
        "taken the camera says Waiting, and starts by itself as soon as one is free."
    )
    return f'<p class="lw-fine">{text}</p>'


def overlay(result: FrameResult, width: int, height: int) -> str:
    """SVG over the camera's picture, mirrored as that is. What it says stands elsewhere as text too."""
    marks = "".join(_box(found, width, height) for found in result.faces)
    view = f'viewBox="0 0 {width} {height}" preserveAspectRatio="xMidYMid slice"'
    return f'<svg {view} aria-hidden="true">{marks}</svg>'


def verdict(result: FrameResult) -> str:
    """Big and calm, for the largest face. It changes only when the verdict does, so it can be read out."""
    if not result.faces:
        return _panel("none", "No face", "Look into the camera.")
    found = result.faces[0]
    others = f" {len(result.faces)} faces: this is about the largest." if len(result.faces) > 1 else ""
    if found.verdict is None:
        problems = found.quality.problems if found.quality else ()
        return _panel(
            "none",
            "No decision",
            _sentence(problems[0] if problems else "this face cannot be judged") + others,
        )
    if found.live:
        return _panel("live", "Live", "A living person, as far as this model can tell." + others)
    return _panel("spoof", "Spoof", "This looks like a print, a screen or a mask." + others)


def faces(result: FrameResult) -> str:
    """Score against threshold, and access with both reasons, of each face."""
    cards = "".join(_card(found) for found in result.faces[:4])
    return f'<div class="lw-faces">{cards}</div>' if cards else ""


def speed(result: FrameResult, rate: float) -> str:
    """Frames per second, and the time from a frame's arrival to its verdict."""
    timings = result.timings
    stages = "".join(
        f"<span>{word} <b>{timings[stage]:.0f} ms</b></span>"
        for stage, word in _STAGES.items()
        if stage in timings
    )
    shown = f"{rate:.1f}" if rate else "..."
    return (
        f'<div class="lw-stages"><span><b>{shown}</b> frames/s</span>'
        f"<span>latency <b>{timings.get('total', 0.0):.0f} ms</b></span>{stages}</div>"
    )


def _panel(kind: str, word: str, text: str) -> str:
    return f'<div class="lw-verdict {kind}"><strong>{escape(word)}</strong><p>{escape(text)}</p></div>'


def _kind(found: FaceResult) -> str:
    return "none" if found.verdict is None else ("live" if found.live else "spoof")


def _box(found: FaceResult, width: int, height: int) -> str:
    box, size = found.face.box, height / 20
    left = width - box.right  # the page mirrors the camera
    text = escape(label(found))
    above = max(box.top - size * 0.4, size)
    at, anchor = (left, "start") if left < width * 0.6 else (left + box.width, "end")  # not off the edge
    return (
        f'<g class="{_kind(found)}"><rect x="{left:.0f}" y="{box.top:.0f}" width="{box.width:.0f}" '
        f'height="{box.height:.0f}" rx="{size / 3:.0f}"/>'
        f'<text x="{at:.0f}" y="{above:.0f}" text-anchor="{anchor}" font-size="{size:.0f}">{text}</text></g>'
    )


def _card(found: FaceResult) -> str:
    word = found.verdict.label.word if found.verdict else "No decision"
    parts = [
        f'<article class="lw-face {_kind(found)}"><header><h3>Face {found.track}</h3>',
        f'<span class="lw-pill">{word}</span></header>',
        bar(found.verdict) if found.verdict else "",
        access_line(found),
        "</article>",
    ]
    return "".join(parts)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
