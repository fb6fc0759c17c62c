"""Results as HTML. Everything that comes from a file, a model or a gallery is escaped here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from liveness.access import access
from liveness.types import FaceResult, Label, Verdict
from liveness.ui.photos import Photo

NOT_TRIED = "Add a picture, or click an example. What is found in it appears here."
_CARDS = 24
_STAGES = {
    "detect": "find faces",
    "quality": "quality",
    "classify": "judge",
    "match": "match",
    "total": "in all",
}


def note(text: str, kind: str = "") -> str:
    """One sentence in a quiet box; kind ``warn`` makes it stand out."""
    return f'<div class="lw-note {kind}" role="status">{escape(text)}</div>'


def empty(text: str) -> str:
    return f'<div class="lw-empty">{escape(text)}</div>'


def table(rows: Mapping[str, str]) -> str:
    """Two columns: what, and its value."""
    body = "".join(f"<tr><th scope=row>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in rows.items())
    return f'<div class="lw-scroll"><table class="lw-table">{body}</table></div>'


def photo_cards(photos: Sequence[Photo], matched: bool = False) -> str:
    """A card a face, largest first, then what could not be read. matched: whether access was asked for."""
    if not photos:
        return empty(NOT_TRIED)
    several = len(photos) > 1
    parts = [_summary(photos)] if several else []
    cards = [
        face_card(found, number, photo.name if several else "", matched)
        for photo in photos
        if photo.result
        for number, found in enumerate(photo.result.faces, start=1)
    ]
    if cards:
        parts.append(f'<div class="lw-faces">{"".join(cards[:_CARDS])}</div>')
    if len(cards) > _CARDS:
        parts.append(note(f"{len(cards) - _CARDS} more faces are in the table below."))
    blank = [photo.name for photo in photos if photo.result and not photo.result.faces]
    if blank:
        parts.append(listed("No face found" + (" in" if several else ""), blank if several else []))
    failed = [photo.error for photo in photos if photo.failed]
    if failed:
        parts.append(listed("Not read", failed, "warn"))
    return '<div class="lw-results">' + "".join(parts) + "</div>"


def face_card(found: FaceResult, number: int, where: str = "", matched: bool = False) -> str:
    """Verdict, score against threshold, access with its reasons, and the figures."""
    verdict = found.verdict
    kind = "none" if verdict is None else ("live" if found.live else "spoof")
    word = verdict.label.word if verdict else "No decision"
    title = f"Face {number}" + (f" · {where}" if where else "")
    problems = found.quality.problems if found.quality else ()
    parts = [
        f'<article class="lw-face {kind}"><header><h3>{escape(title)}</h3>',
        f'<span class="lw-pill">{word}</span></header>',
        bar(verdict) if verdict else "",
        *(f"<p>{escape(problem[:1].upper() + problem[1:])}.</p>" for problem in problems),
        access_line(found) if matched else "",
        _figures(found),
        "</article>",
    ]
    return "".join(parts)


def stages(photos: Sequence[Photo]) -> str:
    """Median time of each stage over the pictures."""
    read = [photo.result.timings for photo in photos if photo.result]
    if not read:
        return ""
    middle = {s: sorted(t.get(s, 0.0) for t in read)[len(read) // 2] for s in read[0]}
    spans = "".join(
        f"<span>{escape(_STAGES.get(s, s))} <b>{ms:.1f} ms</b></span>" for s, ms in middle.items()
    )
    label = "Time" if len(read) == 1 else f"Median time of {len(read)} pictures"
    return f'<div class="lw-stages"><span>{label}:</span>{spans}</div>'


def _summary(photos: Sequence[Photo]) -> str:
    verdicts = [f.verdict for p in photos if p.result for f in p.result.faces]
    live = sum(v is not None and v.label is Label.BONA_FIDE for v in verdicts)
    spoof = sum(v is not None and v.label is Label.ATTACK for v in verdicts)
    counts = [f"{len(photos)} pictures", f"{len(verdicts)} faces", f"{live} live", f"{spoof} spoof"]
    if len(verdicts) > live + spoof:
        counts.append(f"{len(verdicts) - live - spoof} without a decision")
    return note(" · ".join(counts))


def bar(verdict: Verdict) -> str:
    """The score as a bar with a mark at the threshold, and both as figures."""
    sign = "≥" if verdict.label is Label.BONA_FIDE else "<"
    return (
        f'<div class="lw-bar" aria-hidden="true"><i style="width:{verdict.score:.1%}"></i>'
        f'<b style="left:{verdict.threshold:.1%}"></b></div>'
        f"<p>Score <strong>{verdict.score:.3f}</strong> {sign} threshold {verdict.threshold:.3f}</p>"
    )


def access_line(found: FaceResult) -> str:
    """Whether the face may pass, with both reasons."""
    decision = access(found)
    word = "granted" if decision.granted else "refused"
    reasons = "; ".join(decision.reasons)
    return f'<p><strong>Access {word}</strong><br><span class="lw-soft">{escape(reasons)}</span></p>'


def _figures(found: FaceResult) -> str:
    left, top, right, bottom = (round(v) for v in found.face.box.as_tuple())
    rows = {"Box": f"{left}, {top} to {right}, {bottom} px", "Detection score": f"{found.face.score:.3f}"}
    if found.quality:
        rows["Sharpness, light"] = f"{found.quality.sharpness:.0f}, {found.quality.brightness:.0f} of 255"
    return "<dl>" + "".join(f"<dt>{k}</dt><dd>{escape(v)}</dd>" for k, v in rows.items()) + "</dl>"


def listed(title: str, lines: Sequence[str], kind: str = "") -> str:
    """A note with lines below it."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    body = escape(title) + (f"<ul>{items}</ul>" if items else "")
    return f'<div class="lw-note {kind}" role="status">{body}</div>'
