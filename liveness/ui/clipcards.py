"""A clip's analysis as HTML: progress while it runs, then a card a person."""

from __future__ import annotations

from html import escape

from liveness.live.clips import ClipProgress
from liveness.live.timeline import JOINED, ClipResult, Person
from liveness.types import Label
from liveness.ui.cards import bar, empty, note

NOT_TRIED = "Upload or record a clip and press Analyse. One verdict per person appears here."


def running(progress: ClipProgress) -> str:
    """A bar, frames done, frames per second and time left."""
    share = progress.done / max(1, progress.total)
    facts = (
        f"{progress.done} of about {progress.total} frames",
        f"{progress.rate:.1f} frames/s",
        f"{clock(progress.left)} left",
    )
    spans = "".join(f"<span>{fact}</span>" for fact in facts)
    return (
        f'<div class="lw-progress"><div role="progressbar" aria-label="Frames analysed" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{100 * share:.0f}"><i style="width:{share:.1%}"></i></div>'
        f'<div class="lw-stages">{spans}</div></div>'
    )


def finished(progress: ClipProgress, result: ClipResult) -> str:
    """One line: how long the clip is, how many frames were judged, how fast."""
    info = result.info
    facts = f"{info.width} × {info.height}, {info.seconds:.1f} s, {info.codec}"
    return note(f"{facts}. {result.frames} frames looked at, {progress.rate:.1f} a second.")


def people(result: ClipResult) -> str:
    """A card a person, stretches without a face, and what was odd."""
    parts = [note(text, "warn") for text in result.notes]
    cards = "".join(_card(person) for person in result.people)
    if cards:
        parts.append(f'<div class="lw-faces">{cards}</div>')
        parts.append(f'<p class="lw-fine">{escape(JOINED)}</p>')
    gone = sum(last - first for first, last in result.empty)
    if result.people and gone:
        times = ", ".join(f"{first:.1f}-{last:.1f} s" for first, last in result.empty[:6])
        parts.append(note(f"No face for {gone:.1f} s: {times}{' and more' if len(result.empty) > 6 else ''}"))
    return '<div class="lw-results">' + "".join(parts) + "</div>" if parts else empty(NOT_TRIED)


def clock(seconds: float) -> str:
    """A length of time as people say it: 8 s, 2 min 5 s, 1 h 10 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _card(person: Person) -> str:
    verdict = person.verdict
    kind = "none" if verdict is None else ("live" if verdict.label is Label.BONA_FIDE else "spoof")
    word = verdict.label.word if verdict else "No decision"
    total = len(person.seconds)
    facts = {
        "Seen": f"{person.seconds[0]:.1f} s to {person.seconds[-1]:.1f} s, in {total} frames",
        "Judged": f"{person.judged} frames, {person.decided:.0%}",
    }
    if person.name:
        facts["Matched"] = f"{person.name} in {person.named} of {total} frames"
    rows = "".join(f"<dt>{k}</dt><dd>{escape(v)}</dd>" for k, v in facts.items())
    return (
        f'<article class="lw-face {kind}"><header><h3>Person {person.track}</h3>'
        f'<span class="lw-pill">{word}</span></header>'
        f"{bar(verdict) if verdict else ''}<dl>{rows}</dl></article>"
    )
