"""Scenes changed for training: what must stay where it was, and what must become of the label."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveness.config import AugmentConfig, CropConfig
from liveness.data.scenes import before_background, clutter, hand, held_up, skin_colour
from liveness.errors import InputError
from liveness.training.augment import training_views
from liveness.types import Box, Image

SEEDS = st.integers(0, 500)
FACE = Box(90, 80, 150, 160)


def plain(red: int, green: int, blue: int, size: int = 240) -> Image:
    return np.full((size, size, 3), (red, green, blue), dtype=np.uint8)


@given(SEEDS)
def test_a_head_before_another_background_keeps_its_face(seed: int) -> None:
    scene = before_background(plain(200, 0, 0), FACE, plain(0, 0, 200, 90), np.random.default_rng(seed))
    x, y = (int(v) for v in FACE.centre)
    assert scene.shape == (240, 240, 3)
    assert scene[y, x, 0] > 180
    assert scene[y, x, 2] < 20
    assert scene[3, 3, 2] > scene[3, 3, 0]


@given(SEEDS)
def test_a_photo_held_up_is_where_its_box_says(seed: int) -> None:
    """The photo's face is nearly white, all else nearly black: paper, ink and screens keep that apart."""
    photo = plain(10, 10, 10)
    photo[80:160, 90:150] = 245
    rng = np.random.default_rng(seed)
    scene, box = held_up(plain(20, 20, 20), FACE, photo, FACE, rng)
    x, y = (int(v) for v in box.centre)
    assert 0.7 * FACE.width < box.width < 1.6 * FACE.width
    assert scene[y - 4 : y + 5, x - 4 : x + 5].mean() > 60
    assert scene[2:6, 2:6].mean() < 60


@given(SEEDS)
def test_clutter_covers_something_and_is_repeatable(seed: int) -> None:
    image = np.random.default_rng(1).integers(60, 200, (240, 240, 3), dtype=np.uint8)
    first, again = (clutter(image, FACE, np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(first, again)
    assert (first != image).any()


def test_a_hand_has_the_colour_of_the_skin() -> None:
    image = plain(0, 0, 255)
    image[80:160, 90:150] = (180, 120, 90)
    colour = skin_colour(image, FACE)
    assert colour.tolist() == [180, 120, 90]
    drawn = hand(image, (40, 200), 0.0, 40, colour, np.random.default_rng(0))
    red, _, blue = drawn[200, 40].astype(int)
    assert red > blue


def test_scenes_keep_the_label_unless_a_picture_is_held_up() -> None:
    region, crop_config = plain(120, 100, 90), CropConfig(size=32, border="shift")
    still = {"margin": (1.5, 1.5), "wide": 0.0, "jitter": 0.0, "strength": 0.0}

    def label(live: bool, seed: int, **shares: float) -> bool:
        config = AugmentConfig(**still, **shares)  # type: ignore[arg-type]
        rng = np.random.default_rng(seed)
        return training_views(
            region, FACE, live, crop_config, config, (), rng, lambda _: (plain(9, 9, 9), FACE)
        )[2]

    assert all(label(True, s, clutter=1.0, background=1.0) for s in range(20))
    assert not any(label(False, s, clutter=1.0, background=1.0, held=1.0) for s in range(20))
    assert not any(label(True, s, held=1.0) for s in range(20))


def test_a_face_that_fills_the_picture_has_no_scene_to_change() -> None:
    region, config = plain(120, 100, 90, 64), AugmentConfig(held=1.0, clutter=1.0, jitter=0, strength=0)
    made, _, live = training_views(
        region,
        Box(2, 2, 62, 62),
        True,
        CropConfig(size=32, border="shift"),
        config,
        (),
        np.random.default_rng(0),
    )
    assert live
    assert (made == region[0, 0]).all()


def test_shares_lie_between_nothing_and_all() -> None:
    with pytest.raises(InputError, match=r"augment\.held is a share, 0\.\.1, got 1\.5"):
        AugmentConfig(held=1.5)
