"""The Live tab without a browser: what is shown, and that no visitor sees another's evidence."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from itertools import count

import gradio as gr
import numpy as np
import pytest

from liveness.errors import InputError
from liveness.live.challenge import ChallengeState, Stage
from liveness.live.challengepolicy import Outcome
from liveness.live.doubt import Doubt
from liveness.live.movements import Action
from liveness.live.session import Phase, SessionState
from liveness.pipeline import Pipeline
from liveness.types import Box, Face, FaceResult, FrameResult, Image, Match, Quality, Verdict
from liveness.ui import guide, live, liveapi, livecards, livecurves, livedraw, visitors
from tests.clips import ASTRONAUT, noisy, view


class Always:
    """A pipeline's parts: the astronaut's face, always with this score."""

    threshold = 0.5

    def __init__(self, score: float) -> None:
        self.score = score

    def __call__(self, image: Image, faces: object) -> list[float]:
        return [self.score]

    def pipeline(self, found: Face) -> Pipeline:
        self.found = found
        return Pipeline(self.detect, self)

    def detect(self, image: Image) -> list[Face]:
        return [self.found]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of a second goes by whenever somebody looks."""
    times = count()
    monkeypatch.setattr(visitors, "monotonic", lambda: next(times) / 10)


def found(score: float | None = 0.9, name: str = "", problems: tuple[str, ...] = ()) -> FaceResult:
    face = Face(Box(260, 120, 420, 330), 0.9)
    verdict = None if score is None else Verdict(score, 0.5)
    match = Match(name, 0.8, 0.5) if name else None
    return FaceResult(face, verdict, Quality(120, 50, 120, 1, problems), match, 1)


def state(*faces: FaceResult, phase: Phase = Phase.DECIDED, problem: str = "") -> SessionState:
    result = FrameResult(7, 1.5, faces, {"detect": 20.0, "total": 31.0})
    if not faces:
        return SessionState(result, Phase.WAITING, problem=problem or "no face is seen")
    score = faces[0].verdict.score if faces[0].verdict else None
    phase = phase if score is not None else Phase.CHECKING
    problems = faces[0].quality.problems if faces[0].quality else ()
    return SessionState(
        result, phase, faces[0], score, 1, 1.5, 10, problem=problem or (problems[0] if problems else "")
    )


def asked(action: Action | None, outcome: Outcome | None = None, reason: str = "") -> SessionState:
    stage = Stage.DONE if outcome else (Stage.MOVE if action else Stage.STRAIGHT)
    challenge = ChallengeState(stage, 1, 3, action, 3.0, 0.0, outcome, reason)
    return replace(state(found(0.55), phase=Phase.UNSURE), challenge=challenge)


def first_step() -> SessionState:
    """A challenge that has just begun."""
    begun = asked(None)
    assert begun.challenge is not None
    return replace(begun, challenge=replace(begun.challenge, step=0))


@pytest.mark.usefixtures("clock")
def test_visitors_do_not_share_evidence(astronaut: Image) -> None:
    """A spoof in front of one camera leaves the other visitor's score alone."""
    known = visitors.Visitors()
    image, face = view(astronaut, ASTRONAUT)
    good, bad = Always(0.9).pipeline(face), Always(0.1).pipeline(face)
    for i in range(30):
        mine = known.of("a").look(good, noisy(image, i))
        other = known.of("b").look(bad, noisy(image, i))
    assert (mine.outcome, other.outcome) == (Outcome.PASS, Outcome.FAIL)
    assert (mine.presentation, other.presentation) == (1, 1)
    assert len(known) == 2
    assert len(known.of("a").as_csv().splitlines()) == 31


def test_who_leaves_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    known = visitors.Visitors()
    first = known.of("a")
    assert known.of("a") is first
    known.forget("a")
    known.forget("never came")
    assert len(known) == 0
    assert known.of("a") is not first
    monkeypatch.setattr(visitors, "monotonic", lambda: 1e9)
    known.of("b")
    assert len(known) == 1, "a visitor who has been away for long is dropped"


@pytest.mark.usefixtures("clock")
def test_the_scores_of_a_session_are_numbers_a_row_a_frame(
    astronaut: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "STATES_KEPT", 0.35)
    visitor = visitors.Visitor()
    image, face = view(astronaut, ASTRONAUT)
    pipeline = Always(0.9).pipeline(face)
    for i in range(12):
        visitor.look(pipeline, noisy(image, i))
    rows = list(csv.DictReader(io.StringIO(visitor.as_csv())))
    assert tuple(rows[0]) == visitors.COLUMNS
    assert len(rows) == 12
    assert float(rows[-1]["score"]) == pytest.approx(0.9)
    assert rows[-1]["phase"] == "decided"
    assert [s.result.index for s in visitor.recent()] == [8, 9, 10, 11], "old states go"


@pytest.mark.usefixtures("clock")
def test_only_what_changed_is_sent(astronaut: Image) -> None:
    visitor = visitors.Visitor()
    image, face = view(astronaut, ASTRONAUT)
    pipeline, skip = Always(0.9).pipeline(face), gr.skip()
    outputs = [live.shown(visitor, visitor.look(pipeline, noisy(image, i)), (640, 480)) for i in range(15)]
    sent = [[out != skip for out in row] for row in outputs]
    assert sent[0] == [True] * 4
    assert sum(row[1] for row in sent) == 2, "the verdict: checking, then live"
    assert sum(row[2] for row in sent) == 1, "coloured light: none all the time"
    assert sum(row[3] for row in sent) <= 5, "the drawer: every half second"


def test_boxes_lie_mirrored_over_the_mirrored_camera() -> None:
    svg = livedraw.overlay(state(found()), 640, 480)
    assert 'viewBox="0 0 640 480"' in svg
    assert '<rect x="220" y="120" width="160" height="210"' in svg
    assert 'data-frame="7"' in svg
    assert 'class="live"' in svg
    assert "0.9" not in svg, "no score over the picture"
    early = livedraw.overlay(state(found(), phase=Phase.CHECKING), 640, 480)
    assert 'class="live"' not in early, "no colour before there is a verdict"
    late = livedraw.overlay(asked(None, Outcome.NOT_COMPLETED), 640, 480)
    assert 'class="live"' not in late, "nor after a challenge that came to nothing"
    other = replace(found(0.9), track=2)
    both = livedraw.overlay(state(found(0.1), other), 640, 480)
    assert both.count('class="spoof"') == both.count('class="none"') == 1, "the verdict is about one face"


def test_names_are_escaped() -> None:
    rude = state(found(name="<img src=x onerror=alert(1)>"))
    html = livecards.faces(rude)
    assert "<img" not in html
    assert "&lt;img" in html


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (state(found(0.9)), "Live"),
        (state(found(0.2)), "Spoof"),
        (state(found(0.9), phase=Phase.CHECKING), "Checking"),
        (
            replace(state(found(0.55), phase=Phase.UNSURE), doubts=(Doubt.SCORE,)),
            "The score is near the thresh",
        ),
        (replace(state(found(0.9), phase=Phase.UNSURE), doubts=(Doubt.LIGHT,)), "The light is poor."),
        (
            replace(state(found(0.9), phase=Phase.UNSURE), doubts=(Doubt.QUALITY, Doubt.LIGHT)),
            "cut off, and the light is poor.",
        ),
        (replace(state(found(0.9), phase=Phase.UNSURE), doubts=(Doubt.CUES,)), "looks like an attack."),
        (replace(first_step(), why=(Doubt.LIGHT,)), "Asked for because the light is poor."),
        (state(found(None, problems=("too dark: more light",))), "Too dark: more light."),
        (state(), "No face"),
        (state(problem="the camera shows black: is it covered or switched off?"), "switched off?<"),
        (state(found(0.9), found(0.2)), "2 faces: this is about the first"),
        (asked(Action.LEFT), "Turn your head to your left"),
        (asked(None), "1 of 3 done"),
        (asked(None, Outcome.PASS), "All movements came as asked"),
        (asked(None, Outcome.FAIL, "it moved before it was asked"), "It moved before it was asked."),
        (asked(None, Outcome.NOT_COMPLETED, "the face left the picture"), "Not completed"),
    ],
)
def test_the_verdict_is_in_words(now: SessionState, words: str) -> None:
    assert words in livecards.verdict(now)


def test_a_pause_is_said_without_a_countdown() -> None:
    late = replace(asked(None, Outcome.NOT_COMPLETED, "the face left the picture"), wait=12.0)
    assert "half a minute" in livecards.verdict(late)
    assert livecards.verdict(late) == livecards.verdict(replace(late, wait=11.0))


def test_movements_never_pass_what_surely_looks_like_an_attack() -> None:
    sure = replace(
        asked(None, Outcome.PASS), face=found(0.1), phase=Phase.DECIDED, result=state(found(0.1)).result
    )
    assert sure.outcome is Outcome.FAIL
    assert "Spoof" in livecards.verdict(sure)


def test_the_verdict_stays_the_same_text_while_the_score_moves() -> None:
    """So that a screen reader speaks when the verdict changes, not ten times a second."""
    assert livecards.verdict(state(found(0.8))) == livecards.verdict(state(found(0.85)))
    assert not re.search(r"\d", re.sub("<[^>]*>", " ", livecards.verdict(state(found(0.8)))))


def test_every_movement_has_words_and_a_sign() -> None:
    assert set(guide.PROMPTS) == set(Action)
    for action in Action:
        assert "<path" in livedraw.sign(action)
        assert 'class="sign"' in livedraw.overlay(asked(action), 640, 480)


def test_the_curves_break_between_presentations() -> None:
    first, second = state(found(0.9)), replace(state(found(0.2)), presentation=2)
    later = replace(second, result=replace(second.result, seconds=3.0))
    svg = livecurves.curves([first, later])
    assert svg.count("<polyline") == 2
    assert svg.count("h0") == 2, "a dot a frame"
    drawer = livecurves.drawer([first, later])
    assert all(f'id="live-{part}"' in drawer for part in ("speed", "curves", "cues", "faces"))
    assert livecurves.drawer([]) == ""
    assert livecurves.curves([]) == ""


def test_access_needs_both_and_gives_both_reasons() -> None:
    assert "Access granted" in livecards.faces(state(found(0.9, "Ada")))
    for face in (found(0.2, "Ada"), found(0.9), found(None, "Ada")):
        assert "Access refused" in livecards.faces(state(face))
    spoof = livecards.faces(state(found(0.2, "Ada")))
    assert "Spoof: score 0.20, 0.50 wanted" in spoof
    assert "matches Ada" in spoof


def test_speed_is_shown() -> None:
    now = state(found())
    now = replace(now, stream=replace(now.stream, rate=9.84))
    text = " ".join(re.sub("<[^>]*>", " ", livecards.speed(now)).split())
    assert "9.8 frames/s" in text
    assert "latency 31 ms" in text


def test_what_is_kept_is_said_before_the_camera_is_asked_for() -> None:
    text = livecards.get_ready(4, 300)
    for words in (
        "None is kept",
        "no security boundary",
        "Nothing flashes unless",
        "4 visitors",
        "5 minutes",
    ):
        assert words in text


def test_no_picture_is_explained() -> None:
    with pytest.raises(InputError, match="send a picture"):
        liveapi.predict_frame(None, None, "mtcnn", False, None)  # type: ignore[arg-type]


def test_a_state_is_plain_json() -> None:
    answer = json.loads(json.dumps(liveapi.state_dict(asked(Action.NOD))))
    assert answer["asked"] == {"action": "nod", "words": guide.PROMPTS[Action.NOD]}
    assert answer["challenge"]["steps"] == 3
    assert answer["outcome"] is None
    assert liveapi.state_dict(state(found(0.9)))["outcome"] == "pass"
    assert liveapi.state_dict(state())["problem"] == "no face is seen"
    dim = liveapi.state_dict(replace(state(found(0.9), phase=Phase.UNSURE), doubts=(Doubt.LIGHT,)))
    assert dim["doubts"] == [{"kind": "light", "words": "the light is poor"}]


def test_a_black_camera_is_not_judged(astronaut: Image) -> None:
    visitor = visitors.Visitor()
    _, face = view(astronaut, ASTRONAUT)
    now = visitor.look(Always(0.9).pipeline(face), np.zeros((480, 640, 3), np.uint8))
    assert "black" in now.problem
    assert now.outcome is None
