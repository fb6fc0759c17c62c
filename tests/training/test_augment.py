from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveness.config import AugmentConfig, CropConfig
from liveness.training.augment import (
    CHANGES,
    jittered,
    photographed,
    random_margin,
    training_crop,
    training_views,
)
from liveness.types import Box, Image
from tests.drawn import drawn_face

CROP = CropConfig(size=48)


@pytest.fixture(scope="module")
def face() -> Image:
    return drawn_face(True, np.random.default_rng(0), 120)


@given(st.integers(0, 2**32), st.floats(0, 3), st.booleans())
def test_any_seed_gives_a_crop(seed: int, strength: float, live: bool) -> None:
    region = drawn_face(True, np.random.default_rng(0), 60)
    config = AugmentConfig(strength=strength, attacks=0.3, border="random", jitter=0.3)
    for box in (Box(20, 20, 40, 45), Box(-18, -20, 3, 2)):
        image, still_live = training_crop(region, box, live, CROP, config, np.random.default_rng(seed))
        assert image.shape == (48, 48, 3)
        assert image.dtype == np.uint8
        assert image.flags.c_contiguous
        assert live or not still_live


def test_training_shows_one_window_at_a_time(face: Image) -> None:
    two, rng = replace(CROP, inner=1.0), np.random.default_rng(0)
    image, _ = training_crop(face, Box(30, 30, 80, 90), True, two, AugmentConfig(), rng)
    assert image.shape == (CROP.size, CROP.size, 3)
    image, views, _ = training_views(face, Box(30, 30, 80, 90), True, two, AugmentConfig(), (two,), rng)
    assert image.shape == (CROP.size, CROP.size, 3)
    assert views[0].shape == (CROP.size, 2 * CROP.size, 3), "a teacher sees what it was trained on"


def test_the_same_seed_gives_the_same_crop(face: Image) -> None:
    made = [
        training_crop(
            face, Box(30, 30, 80, 90), True, CROP, AugmentConfig(), np.random.default_rng([1, 2, s])
        )[0]
        for s in (3, 3, 4)
    ]
    assert np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])


def test_both_classes_are_varied_alike(face: Image) -> None:
    config = AugmentConfig()
    for seed in range(20):
        live, spoof = (
            training_crop(face, Box(30, 30, 80, 90), label, CROP, config, np.random.default_rng(seed))[0]
            for label in (True, False)
        )
        assert np.array_equal(live, spoof)


def test_strength_nought_only_flips(face: Image) -> None:
    seen = {photographed(face, 0.0, np.random.default_rng(s)).tobytes() for s in range(20)}
    assert seen == {face.tobytes(), np.ascontiguousarray(face[:, ::-1]).tobytes()}


@pytest.mark.parametrize("change", [c for _, c in CHANGES], ids=lambda c: c.__name__)
def test_each_change_keeps_the_shape_and_its_input(change: object, face: Image) -> None:
    before = face.copy()
    made = [change(face, np.random.default_rng(s), 1.0) for s in range(8)]  # type: ignore[operator]
    assert np.array_equal(face, before)
    assert all(m.shape == face.shape and m.dtype == np.uint8 for m in made)
    assert any(not np.array_equal(m, face) for m in made)


@given(st.integers(0, 10_000))
def test_margins_stay_in_range(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert 1.2 <= random_margin(AugmentConfig(wide=0), rng) <= 3.2
    assert 3.2 <= random_margin(AugmentConfig(wide=1), rng) <= 4.0


@given(st.integers(0, 10_000), st.floats(0, 0.3))
def test_jitter_is_bounded(seed: int, amount: float) -> None:
    box = Box(10, 20, 60, 90)
    moved = jittered(box, amount, np.random.default_rng(seed))
    assert abs(moved.centre[0] - box.centre[0]) <= amount * box.width + 1e-9
    assert math.exp(-amount) - 1e-9 <= moved.height / box.height <= math.exp(amount) + 1e-9


def test_simulated_attacks_are_labelled_attacks(face: Image) -> None:
    config = AugmentConfig(attacks=0.4)
    box = Box(30, 30, 80, 90)
    labels = [training_crop(face, box, True, CROP, config, np.random.default_rng(s))[1] for s in range(300)]
    assert 0.3 < 1 - np.mean(labels) < 0.5


def test_a_random_border_varies_and_another_setting_does_not(face: Image) -> None:
    def corners(border: str) -> set[bytes]:
        config = AugmentConfig(margin=(3.9, 4.0), wide=0, jitter=0, strength=0, border=border)  # type: ignore[arg-type]
        made = [
            training_crop(face, Box(0, 0, 60, 60), True, CROP, config, np.random.default_rng(s))[0]
            for s in range(40)
        ]
        return {m[0, 0].tobytes() for m in made} | {m[0, -1].tobytes() for m in made}

    grey, black = bytes([128] * 3), bytes(3)
    assert {grey, black} <= corners("random")
    assert not {grey, black} & corners("same")


@given(left=st.integers(0, 150), top=st.integers(0, 100), side=st.integers(30, 60), seed=st.integers(0, 99))
def test_teachers_see_the_same_face_in_their_own_windows(left: int, top: int, side: int, seed: int) -> None:
    """A white square on black stays where its box says, in every view, flipped or not."""
    region = np.zeros((180, 230, 3), dtype=np.uint8)
    box = Box(left, top, min(230, left + side), min(180, top + side))
    region[int(box.top) : int(box.bottom), int(box.left) : int(box.right)] = 255
    still = AugmentConfig(margin=(1.0, 1.0), wide=0, jitter=0, strength=0)
    teachers = (CropConfig(margin=1.0, size=32, shape="box", border="shift"), CropConfig(margin=2.0, size=40))
    rng = np.random.default_rng(seed)
    config = CropConfig(margin=2.0, size=64, shape="box", border="shift")
    own, views, live = training_views(region, box, True, config, still, teachers, rng)
    assert live
    assert own.shape == (64, 64, 3)
    assert [v.shape for v in views] == [(32, 32, 3), (40, 40, 3)]
    assert own[3:-3, 3:-3].min() > 200
    assert views[0][3:-3, 3:-3].min() > 200
    assert views[1][20, 20].min() > 200  # the face is in the middle of a window that does not shift


@given(st.integers(0, 99))
def test_a_picture_cut_to_the_face_shows_nothing_else(seed: int) -> None:
    """Red is the face, blue what lies more than half a face beside it."""
    region = np.zeros((200, 200, 3), dtype=np.uint8)
    region[:, :, 2] = 255
    region[50:150, 50:150] = 0
    region[80:120, 80:120, 0] = 255
    still = AugmentConfig(margin=(3.0, 3.0), wide=0, jitter=0, strength=0, tight=1.0)
    config, rng = CropConfig(margin=3.0, size=64, border="shift"), np.random.default_rng(seed)
    for image in (
        training_crop(region, Box(80, 80, 120, 120), True, config, still, rng)[0],
        *training_views(region, Box(80, 80, 120, 120), True, config, still, [config], rng)[1],
    ):
        assert image[..., 2].max() < 128
        assert image[32, 32, 0] > 200


def test_views_of_a_live_face_may_become_an_attack_or_only_a_recapture() -> None:
    region = np.random.default_rng(0).integers(0, 256, (120, 120, 3), dtype=np.uint8)
    config = AugmentConfig(attacks=0.4)
    views = [
        training_views(
            region, Box(40, 40, 80, 80), live, CropConfig(size=32), config, (), np.random.default_rng(i)
        )
        for i in range(60)
        for live in (True, False)
    ]
    kept = [live for _, _, live in views[::2]]
    assert 20 < sum(kept) < 55
    assert not any(live for _, _, live in views[1::2])
