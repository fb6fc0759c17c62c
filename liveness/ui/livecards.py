"""The Live tab's words: the get-ready screen, one calm verdict, what is asked, and the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from liveness.live.challenge import ChallengeState, Stage
from liveness.live.challengepolicy import Outcome
from liveness.live.doubt import Doubt
from liveness.live.session import Phase, SessionState
from liveness.types import FaceResult
from liveness.ui import keptframes
from liveness.ui.cards import access_line, bar
from liveness.ui.guide import PROMPTS, REASONS
from liveness.ui.livedraw import kind, sign

LIGHT = (
    "The edge of the page lights up in one colour after another, about one a second for seven seconds, and "
    "the face must reflect them: darken the room, come close. It only makes passing harder. Warning: leave "
    "it off if changing light can harm you (photosensitive epilepsy). Movements ask the same without light."
)
KEEP = (
    f"Off: none is kept. On: from now {keptframes.A_SECOND} pictures a second wait in this app's memory, the "
    f"last {keptframes.FRAMES} or {keptframes.MEGABYTES} MB of them, never on its disk, for you alone. They "
    "are gone once you save them, untick this or leave the page."
)
_MARKS = {"live": "M22 54 L42 72 L78 32", "spoof": "M30 30 L70 70 M70 30 L30 70"}
_STAGES = {"detect": "find faces", "classify": "judge", "match": "match"}


def get_ready(places: int, seconds: int) -> str:
    """What happens and what is kept, before the camera is asked for."""
    lines = (
        ("Your place", "Face a window or a lamp, your face uncovered, nobody else in the picture."),
        (
            "Your pictures",
            "They are sent to this app, judged, and dropped at once. None is kept unless you tick, in the "
            "researcher's drawer, that you want to save them. Scores, as numbers, are kept while this page "
            "is open, and saved only if you ask for it.",
        ),
        (
            "Your part",
            "You may be asked to turn your head, to nod, to come closer, to follow a dot and the like. "
            "Nothing flashes unless you switch coloured light on.",
        ),
        (
            "Waiting",
            f"{places} visitors can stream at once, for {seconds // 60} minutes at a time. When all places "
            "are taken the camera says Waiting, and starts by itself as soon as one is free.",
        ),
        (
            "Virtual cameras",
            "Those that say so are refused. That is a courtesy, no security boundary: one that calls itself "
            "something else is not noticed.",
        ),
    )
    items = "".join(f"<dt>{head}</dt><dd>{line}</dd>" for head, line in lines)
    return f'<div class="lw-ready"><h2>Get ready</h2><dl>{items}</dl></div>'


def movements(missing: str) -> str:
    """Which movements may be asked for; missing: what blinks and smiles still need, empty for nothing."""
    asked = "Turn left or right, nod, come closer, follow a dot with your nose"
    if missing:
        text = f"{asked}. Shutting the eyes and smiling are not asked for: they need {escape(missing)}."
    else:
        text = f"{asked}, shut your eyes for a moment, smile."
    return f'<p class="lw-fine">{text}</p>'


def waiting() -> str:
    """Before the first frame."""
    return _panel("none", "Ready", "Start the camera, then press Record.")


def trouble(text: str) -> str:
    """What keeps frames from being judged, in place of a verdict."""
    return _panel("none", "Cannot judge", text if text.endswith(".") else f"{text}.")


def verdict(state: SessionState) -> str:
    """Big and calm, about one face. It changes only when what it says does, so it can be read out."""
    others = (
        f" {len(state.result.faces)} faces: this is about the first." if len(state.result.faces) > 1 else ""
    )
    if state.challenge is not None:
        return _asked(state, state.challenge)
    if state.face is None:
        return _panel("none", "No face", _sentence(state.problem))
    if lit := _lit(state):
        return lit
    if state.outcome is Outcome.PASS:
        return _panel("live", "Live", "A living person, as far as this model can tell." + others)
    if state.outcome is Outcome.FAIL:
        return _panel("spoof", "Spoof", "This looks like a print or a screen." + others)
    if state.problem:
        return _panel("none", "No decision", _sentence(state.problem) + others)
    if state.phase is Phase.UNSURE:
        return _panel("none", "Not sure", _because(state.doubts) + others + _pause(state))
    return _panel("none", "Checking", "Look into the camera." + others)


def faces(state: SessionState) -> str:
    """Score against threshold, and access with both reasons, of each face."""
    cards = "".join(_card(found) for found in state.result.faces[:4])
    return f'<div class="lw-faces">{cards}</div>' if cards else ""


def speed(state: SessionState) -> str:
    """Frames per second, and the time from a frame's arrival to its verdict."""
    timings = state.result.timings
    stages = "".join(
        f"<span>{word} <b>{timings[stage]:.0f} ms</b></span>"
        for stage, word in _STAGES.items()
        if stage in timings
    )
    shown = f"{state.stream.rate:.1f}" if state.stream.rate else "..."
    uneven = "<span>the camera's rate varies</span>" if state.stream.uneven else ""
    unsure = f"<span>not sure: <b>{escape(_joined(state.doubts))}</b></span>" if state.doubts else ""
    return (
        f'<div class="lw-stages"><span><b>{shown}</b> frames/s</span>'
        f"<span>latency <b>{timings.get('total', 0.0):.0f} ms</b></span>{stages}{uneven}{unsure}"
        f"<span>presentation <b>{state.presentation}</b></span></div>"
    )


def _asked(state: SessionState, challenge: ChallengeState) -> str:
    """What is asked, or what came of it."""
    if challenge.outcome is Outcome.PASS and (lit := _lit(state)):
        return lit
    if state.outcome is Outcome.PASS:
        return _panel("live", "Live", "All movements came as asked.")
    if challenge.outcome is Outcome.PASS:
        return _panel("spoof", "Spoof", "The movements came, but it looks like a print or a screen.")
    if challenge.outcome is not None:
        kind = "spoof" if challenge.outcome is Outcome.FAIL else "none"
        return _panel(kind, REASONS[challenge.outcome], _sentence(challenge.reason) + _pause(state))
    done = f"{challenge.step} of {challenge.steps} done."
    if challenge.stage is Stage.MOVE and challenge.action is not None:
        return _panel("none", PROMPTS[challenge.action], done, sign(challenge.action))
    why = f" Asked for because {_joined(state.why)}." if state.why and challenge.step == 0 else ""
    return _panel("none", "Look straight", f"Into the camera, and hold still. {done}{why}")


def _lit(state: SessionState) -> str:
    """What coloured light keeps from passing; empty when it keeps nothing."""
    passes = state.light is not None and replace(state, light=None).outcome is Outcome.PASS
    if not passes or state.outcome is Outcome.PASS:
        return ""
    if state.outcome is None:
        return _panel("none", "Hold still", "Coloured light is shown at the edge of the page.")
    return _panel(
        "none",
        "Not completed",
        "The page's colours were not seen on the face: darken the room, come closer, or switch them off.",
    )


def _because(doubts: Sequence[Doubt]) -> str:
    """Why there is no verdict, as a sentence."""
    return _sentence(_joined(doubts))


def _joined(doubts: Sequence[Doubt]) -> str:
    return ", and ".join(doubt.words for doubt in doubts)


def _pause(state: SessionState) -> str:
    """In words that change seldom: they are read out."""
    return " Too many tries: the next one may begin in half a minute or less." if state.wait > 0 else ""


def _panel(kind: str, word: str, text: str, picture: str = "") -> str:
    """picture: an SVG beside the words; a tick or a cross where a verdict has none."""
    if not picture and kind in _MARKS:
        ring = '<circle cx="50" cy="50" r="44"/>'
        drawn = f'{ring}<path d="{_MARKS[kind]}"/>'
        picture = f'<svg class="lw-sign" viewBox="0 0 100 100" aria-hidden="true">{drawn}</svg>'
    return (
        f'<div class="lw-verdict {kind}">{picture}<div><strong>{escape(word)}</strong>'
        f"<p>{escape(text)}</p></div></div>"
    )


def _card(found: FaceResult) -> str:
    word = found.verdict.label.word if found.verdict else "No decision"
    parts = [
        f'<article class="lw-face {kind(found)}"><header><h3>Face {found.track}</h3>',
        f'<span class="lw-pill">{word}</span></header>',
        bar(found.verdict) if found.verdict else "",
        access_line(found),
        "</article>",
    ]
    return "".join(parts)


def _sentence(text: str) -> str:
    stop = "" if text.endswith((".", "?")) else "."
    return f"{text[:1].upper()}{text[1:]}{stop}" if text else ""
