"""Drawing: what is written, where it is written, and that the picture itself is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveness.draw import LIVE, SPOOF, UNDECIDED, colour, draw, label
from liveness.types import Box, Face, FaceResult, FrameResult, Image, Landmarks, Match, Verdict

MARKS = Landmarks((60, 60), (90, 60), (75, 75), (62, 92), (88, 92))
FACE = Face(Box(50, 40, 100, 110), 0.99, MARKS)


def result(*faces: FaceResult) -> FrameResult:
    return FrameResult(0, 0.0, faces)


def grey(height: int = 200, width: int = 240) -> Image:
    return np.full((height, width, 3), 128, np.uint8)


def has(image: Image, shade: tuple[int, int, int]) -> bool:
    return bool((image == shade).all(axis=2).any())


@pytest.mark.parametrize(
    ("face", "words", "shade"),
    [
        (FaceResult(FACE, Verdict(0.934, 0.5)), "Live 0.93", LIVE),
        (FaceResult(FACE, Verdict(0.2, 0.5)), "Spoof 0.20", SPOOF),
        (FaceResult(FACE), "No decision", UNDECIDED),
        (FaceResult(FACE, Verdict(0.9, 0.5), match=Match("Ada", 0.6, 0.5)), "Live 0.90 | Ada", LIVE),
        (FaceResult(FACE, Verdict(0.9, 0.5), match=Match("Ada", 0.4, 0.5)), "Live 0.90 | unknown", LIVE),
        (FaceResult(FACE, Verdict(0.1, 0.5), track=3), "#3 Spoof 0.10", SPOOF),
        (FaceResult(FACE, match=Match("A\nB", 0.6, 0.5)), "No decision | A B", UNDECIDED),
    ],
)
def test_words_and_colours(face: FaceResult, words: str, shade: tuple[int, int, int]) -> None:
    assert label(face) == words
    assert colour(face) == shade
    drawn = draw(grey(), result(face))
    assert has(drawn, shade)
    assert not any(has(drawn, other) for other in {LIVE, SPOOF, UNDECIDED} - {shade})


def test_a_long_name_is_shortened() -> None:
    words = label(FaceResult(FACE, match=Match("x" * 200, 0.6, 0.5)))
    assert len(words) < 60
    assert words.endswith("…")


def test_the_picture_given_is_not_changed() -> None:
    image = grey()
    drawn = draw(image, result(FaceResult(FACE, Verdict(0.9, 0.5))))
    assert (image == 128).all()
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8
    drawn[:] = 0  # an array of its own, which can be written to


def test_nothing_found_draws_nothing() -> None:
    np.testing.assert_array_equal(draw(grey(), result()), grey())


def test_landmarks_can_be_left_out() -> None:
    face = FaceResult(FACE, Verdict(0.9, 0.5))
    inside = np.s_[70:80, 70:80]  # around the nose, away from box and label
    assert (draw(grey(), result(face), landmarks=False)[inside] == 128).all()
    assert (draw(grey(), result(face))[inside] != 128).any()


def test_lines_and_letters_grow_with_the_picture() -> None:
    def coloured(scale: int) -> float:
        face = Face(FACE.box.mapped(scale, scale), 0.9)
        drawn = draw(grey(480 * scale, 640 * scale), result(FaceResult(face, Verdict(0.9, 0.5))))
        return float((drawn == LIVE).all(axis=2).mean())

    assert coloured(4) == pytest.approx(coloured(1), rel=0.25)


def test_the_same_verdict_looks_different_without_colour() -> None:
    live, spoof = (draw(grey(), result(FaceResult(FACE, Verdict(s, 0.5)))) for s in (0.9, 0.1))
    assert ((live == 255).all(axis=2) != (spoof == 255).all(axis=2)).sum() > 20  # other white letters


@pytest.mark.parametrize("name", ["Łucja Ångström", "Ελένη", "Мария", "علي"])
def test_names_of_other_alphabets_are_written(name: str) -> None:
    def drawn(called: str) -> Image:
        match = Match(called, 0.9, 0.5)
        return draw(grey(300, 600), result(FaceResult(FACE, Verdict(0.9, 0.5), match=match)))

    missing = "\U000f0000"  # private use: drawn as the empty box that stands for letters a font lacks
    assert (drawn(name) != drawn(missing * len(name))).any()


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(16, 300),
    height=st.integers(16, 300),
    left=st.floats(-200, 400),
    top=st.floats(-200, 400),
    side=st.floats(1, 500),
    score=st.none() | st.floats(0, 1),
)
def test_any_box_can_be_drawn(
    width: int, height: int, left: float, top: float, side: float, score: float | None
) -> None:
    face = Face(Box(left, top, left + side, top + side * 1.3), 0.9)
    verdict = None if score is None else Verdict(score, 0.5)
    assert draw(grey(height, width), result(FaceResult(face, verdict))).shape == (height, width, 3)
