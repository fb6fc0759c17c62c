from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveness.errors import DatasetError
from liveness.training.mixing import everyday_crop, everyday_pictures, mixed


@given(st.integers(0, 1000))
def test_each_pixel_comes_of_the_two_pictures(seed: int) -> None:
    """Up to the colour of the light: a black picture and a white one give greys, a patch or a blend."""
    black, white = np.zeros((4, 20, 20, 3), np.uint8), np.full((4, 20, 20, 3), 255, np.uint8)
    made = mixed(black, white, np.random.default_rng(seed))
    assert made.shape == black.shape
    assert made.dtype == np.uint8
    for image in made:
        levels = {tuple(pixel) for pixel in image.reshape(-1, 3).tolist()}
        assert len(levels) <= 2
        if len(levels) == 2:  # a patch: neither picture is gone
            assert (0, 0, 0) in levels
            assert 0.03 < (image.sum(2) > 0).mean() < 0.7


def test_the_same_seed_mixes_alike() -> None:
    crops = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3)).astype(np.uint8)
    first, again, other = (mixed(crops, crops[::-1], np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_everyday_pictures_of_any_size_are_cut_to_squares(tmp_path: Path) -> None:
    for name, size in (("b.jpg", (300, 40)), ("a.png", (20, 90))):
        PIL.Image.new("RGB", size, (90, 90, 90)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    paths = everyday_pictures(str(tmp_path))
    assert [p.name for p in paths] == ["a.png", "b.jpg"]
    for path in paths:
        crop = everyday_crop(path, 32, 0.0, np.random.default_rng(0))
        assert crop.shape == (32, 32, 3)
        assert abs(int(crop.mean()) - 90) <= 2


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    assert everyday_pictures("") == []
    with pytest.raises(DatasetError, match="no pictures"):
        everyday_pictures(str(tmp_path))
