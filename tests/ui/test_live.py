"""The Live tab without a browser: what is shown, and that no visitor sees another's evidence."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from liveness.errors import InputError
from liveness.types import Box, Face, FaceResult, Frame, FrameResult, Image, Match, Quality, Verdict
from liveness.ui import live, livecards

FRAME: Image = np.zeros((480, 640, 3), np.uint8)


def found(score: float | None = 0.9, name: str = "", problems: tuple[str, ...] = ()) -> FaceResult:
    face = Face(Box(100, 100, 200, 220), 0.9)
    verdict = None if score is None else Verdict(score, 0.5)
    match = Match(name, 0.8, 0.5) if name else None
    return FaceResult(face, verdict, Quality(120, 50, 120, 1, problems), match, 1)


def always(*faces: FaceResult) -> Callable[[Frame], FrameResult]:
    return lambda frame: FrameResult(frame.index, frame.seconds, faces, {"detect": 20.0, "total": 31.0})


def result(*faces: FaceResult) -> FrameResult:
    return always(*faces)(Frame(FRAME))


def test_visitors_do_not_share_evidence() -> None:
    """A spoof in front of one camera leaves the other visitor's score alone."""
    visitors = live.Visitors()
    for _ in range(5):
        mine = visitors.of("a").look(always(found(0.9)), FRAME).result.faces[0]
        other = visitors.of("b").look(always(found(0.1)), FRAME).result.faces[0]
    assert mine.verdict is not None
    assert other.verdict is not None
    assert mine.verdict.score == pytest.approx(0.9)
    assert other.verdict.score == pytest.approx(0.1)
    assert (mine.track, other.track) == (1, 1)
    assert len(visitors) == 2


def test_who_leaves_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    visitors = live.Visitors()
    first = visitors.of("a")
    assert visitors.of("a") is first
    visitors.forget("a")
    visitors.forget("never came")
    assert len(visitors) == 0
    assert visitors.of("a") is not first
    monkeypatch.setattr(live, "monotonic", lambda: 1e9)
    visitors.of("b")
    assert len(visitors) == 1, "a visitor who has been away for long is dropped"


def test_a_visitors_stream_steadies_scores_and_measures_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(np.arange(0, 100, 0.1))
    monkeypatch.setattr(live, "monotonic", lambda: float(next(now)))
    visitor = live.Visitor()
    for _ in range(20):
        visitor.look(always(found(0.9)), FRAME)
    seen = visitor.look(always(found(0.0)), FRAME)
    assert seen.rate == pytest.approx(10)
    assert seen.size == (640, 480)
    assert seen.result.faces[0].live, "one odd frame does not turn the verdict"
    assert seen.result.index == 20


@pytest.mark.parametrize(("step", "tracks"), [(1.5, [1, 1, 1, 1]), (4.0, [1, 2, 3, 4])])
def test_a_slow_machine_keeps_its_tracks_unless_it_is_too_slow(
    monkeypatch: pytest.MonkeyPatch, step: float, tracks: list[int]
) -> None:
    now = iter(np.arange(0, 100, step))
    monkeypatch.setattr(live, "monotonic", lambda: float(next(now)))
    visitor = live.Visitor()
    assert [visitor.look(always(found(0.9)), FRAME).result.faces[0].track for _ in range(4)] == tracks


def test_a_label_at_the_edge_is_written_inwards() -> None:
    near = FaceResult(Face(Box(5, 100, 60, 160), 0.9), Verdict(0.9, 0.5))
    svg = livecards.overlay(result(near), 640, 480)
    assert 'x="635" y="90" text-anchor="end"' in svg


def test_boxes_lie_mirrored_over_the_mirrored_camera() -> None:
    svg = livecards.overlay(result(found()), 640, 480)
    assert 'viewBox="0 0 640 480"' in svg
    assert '<rect x="440" y="100" width="100" height="120"' in svg
    assert "Live 0.90" in svg
    assert 'class="live"' in svg


def test_names_are_escaped() -> None:
    rude = found(name="<img src=x onerror=alert(1)>")
    for html in (livecards.overlay(result(rude), 640, 480), livecards.faces(result(rude))):
        assert "<img" not in html
        assert "&lt;img" in html


@pytest.mark.parametrize(
    ("faces", "words"),
    [
        ([found(0.9)], "Live"),
        ([found(0.2)], "Spoof"),
        ([found(None, problems=("too dark: more light",))], "Too dark: more light."),
        ([], "No face"),
        ([found(0.9), found(0.2)], "2 faces: this is about the largest"),
    ],
)
def test_the_verdict_is_in_words(faces: list[FaceResult], words: str) -> None:
    assert words in livecards.verdict(result(*faces))


def test_the_verdict_stays_the_same_text_while_the_score_moves() -> None:
    """So that a screen reader speaks when the verdict changes, not ten times a second."""
    assert livecards.verdict(result(found(0.8))) == livecards.verdict(result(found(0.85)))
    assert not re.search(r"\d", livecards.verdict(result(found(0.8))))


def test_access_needs_both_and_gives_both_reasons() -> None:
    assert "Access granted" in livecards.faces(result(found(0.9, "Ada")))
    for face in (found(0.2, "Ada"), found(0.9), found(None, "Ada")):
        assert "Access refused" in livecards.faces(result(face))
    spoof = livecards.faces(result(found(0.2, "Ada")))
    assert "Spoof: score 0.20, 0.50 wanted" in spoof
    assert "matches Ada" in spoof


def test_speed_is_shown() -> None:
    text = re.sub("<[^>]*>", " ", livecards.speed(result(found()), 9.84))
    assert "9.8 frames/s" in " ".join(text.split())
    assert "latency 31 ms" in " ".join(text.split())


def test_no_picture_is_explained() -> None:
    with pytest.raises(InputError, match="send a picture"):
        live.predict_frame(None, None, "mtcnn", False, None)  # type: ignore[arg-type]
