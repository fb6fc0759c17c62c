"""The simulated attacks do what their physical cause says, and do not tell by brightness alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from liveness.data import attacks
from liveness.data.attacks import ATTACKS, Step
from liveness.types import Image

STEPS: dict[str, Step] = {
    step.__name__: step
    for step in (
        attacks.bend,
        attacks.bezel,
        attacks.cut_out,
        attacks.display_colour,
        attacks.flicker,
        attacks.gamut,
        attacks.gloss,
        attacks.halftone,
        attacks.ink_bleed,
        attacks.moire,
        attacks.paper,
        attacks.recapture,
        attacks.reflection,
        attacks.sub_pixels,
    )
}


@pytest.fixture(scope="module")
def face(astronaut: Image) -> Image:
    return np.ascontiguousarray(astronaut[20:240, 110:330])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize("step", [*STEPS.values(), *ATTACKS.values()])
def test_a_step_is_a_pure_function_of_picture_and_generator(step: Step, face: Image) -> None:
    for picture in (face, face[:97, :160]):
        before = picture.copy()
        first, again = (step(picture, np.random.default_rng(3)) for _ in range(2))
        other = step(picture, np.random.default_rng(4))
        assert first.shape == picture.shape
        assert first.dtype == np.uint8
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)
        assert np.array_equal(picture, before)
        assert not np.array_equal(first, picture)


def test_ink_reaches_neither_black_nor_white_nor_full_colour(face: Image, rng: np.random.Generator) -> None:
    extremes = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0]]], dtype=np.uint8)
    black, white, red = attacks.gamut(extremes, rng)[0].astype(int)
    assert black.min() > 0
    assert white.max() < 255
    assert red.max() - red.min() < 255


def test_ink_bleeds_and_screens_add_dots(face: Image, rng: np.random.Generator) -> None:
    assert _sharpness(attacks.ink_bleed(face, rng)) < _sharpness(face)
    flat = np.full((200, 200, 3), 128, dtype=np.uint8)
    assert _sharpness(attacks.halftone(flat, rng)) > 20 > _sharpness(flat)


def test_mirrored_light_only_adds(face: Image) -> None:
    for seed in range(5):
        for step in (attacks.gloss, attacks.reflection):
            lit = step(face, np.random.default_rng(seed)).astype(int)
            # The tint of a reflection lowers nothing; rounding may.
            assert (lit >= face.astype(int) - 1).all()


def test_moire_beats_are_coloured_and_broad(rng: np.random.Generator) -> None:
    flat = np.full((240, 240, 3), 140, dtype=np.uint8)
    beats = cv2.GaussianBlur(attacks.moire(flat, rng), (0, 0), 1.5).astype(float)
    chroma = (beats - beats.mean(axis=2, keepdims=True)).std()
    assert chroma > 1.5


def test_flicker_makes_rows_not_columns(rng: np.random.Generator) -> None:
    flat = np.full((120, 120, 3), 140, dtype=np.uint8)
    banded = attacks.flicker(flat, rng).astype(float)
    assert banded.mean(axis=(1, 2)).std() > 1
    assert banded.mean(axis=(0, 2)).std() < 0.1


def test_the_frame_of_the_device_is_dark(face: Image, rng: np.random.Generator) -> None:
    framed = attacks.bezel(np.full_like(face, 250), rng)
    assert cv2.cvtColor(framed, cv2.COLOR_RGB2GRAY).min() < 40


def test_a_cut_out_keeps_the_face_and_replaces_the_corners(face: Image, rng: np.random.Generator) -> None:
    cut = attacks.cut_out(face, rng)
    middle = (slice(90, 130), slice(90, 130))
    assert np.array_equal(cut[middle], face[middle])
    assert not np.array_equal(cut[:10, :10], face[:10, :10])


@pytest.mark.parametrize("species", sorted(ATTACKS))
def test_brightness_and_sharpness_do_not_give_an_attack_away(species: str, face: Image) -> None:
    """Live pictures pass the same camera, so one trivial cue separates neither way."""
    rng = np.random.default_rng(11)
    live = [attacks.recapture(attacks.recapture(face, rng), rng) for _ in range(24)]
    made = [ATTACKS[species](face, rng) for _ in range(24)]
    for cue in (np.mean, _sharpness):
        area = _auc([float(cue(i)) for i in live], [float(cue(i)) for i in made])
        assert 0.1 < area < 0.9, f"{species}: AUC of one cue is {area:.2f}"


def _sharpness(image: Image) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())


def _auc(positive: list[float], negative: list[float]) -> float:
    """The share of pairs in which the positive is larger."""
    difference = np.subtract.outer(positive, negative)
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())
