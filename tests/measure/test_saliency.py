"""Occlusion: the map is hot where the network looks, with the right sign, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from liveness.errors import InputError
from liveness.measure.saliency import Saliency, occlusion, overlay, saliency
from liveness.systems import load_system
from liveness.types import Box

SIZE = 64


def corner_score(crops: np.ndarray) -> np.ndarray:
    """A network that looks at the upper left quarter alone: bright is bona fide."""
    return 1 / (1 + np.exp(-8 * (crops[:, :32, :32].mean((1, 2, 3)) / 255 - 0.5)))


@pytest.mark.parametrize(("level", "sign"), [(255, 1), (0, -1)])
def test_the_map_shows_where_and_which_way(level: int, sign: int) -> None:
    heat = occlusion(corner_score, np.full((SIZE, SIZE, 3), level, np.uint8))
    assert heat.shape == (SIZE, SIZE)
    assert (sign * heat[:24, :24] > 0.1).all(), "covering it with grey takes the evidence away"
    assert np.abs(heat[50:, 50:]).max() == 0
    assert np.abs(heat[:32, :32]).mean() > 5 * np.abs(heat[32:, 32:]).mean()


def test_two_windows_side_by_side_are_covered_alike() -> None:
    """A network that looks at the upper left corner of the right window alone."""
    crop = np.full((64, 128, 3), 255, np.uint8)
    heat = occlusion(lambda crops: crops[:, :16, 64:80].mean((1, 2, 3)) / 256, crop)
    assert heat.shape == (64, 128)
    assert heat[:16, 64:80].min() > 0
    assert np.abs(heat[32:]).max() < 1e-9
    assert np.abs(heat[:, :48]).max() < 1e-9


def test_a_network_that_looks_nowhere_leaves_no_trace() -> None:
    heat = occlusion(lambda crops: np.full(len(crops), 0.7), np.zeros((SIZE, SIZE, 3), np.uint8))
    assert not heat.any()
    grey = overlay(Saliency(np.full((SIZE, SIZE, 3), 90, np.uint8), heat, 0.7))
    np.testing.assert_array_equal(grey, 90)


def test_a_model_file_is_asked(tiny_model: Path) -> None:
    image = np.full((80, 80, 3), 230, np.uint8)
    found = saliency(load_system(tiny_model), image, Box(8, 8, 72, 72))
    assert found.crop.shape == (32, 32, 3)
    assert found.score > 0.9
    assert (found.heat > 0).all(), "brightness anywhere speaks for bona fide"
    shown = overlay(found)
    assert shown[..., 2].mean() > shown[..., 0].mean(), "blue is bona fide"


def test_a_crop_too_small_to_cover() -> None:
    with pytest.raises(InputError, match="at least 8 pixels"):
        occlusion(corner_score, np.zeros((4, 4, 3), np.uint8))
