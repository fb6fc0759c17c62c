"""The crop and the normalisation: all that a network learns on or is asked about goes through here."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from liveness.config import Border, CropConfig, InputConfig
from liveness.crop import crop, normalise, window
from liveness.errors import InputError
from liveness.types import Box, Image

GOLDEN = Path(__file__).with_name("golden_crop.json")
BORDERS = get_args(Border)
HEIGHT, WIDTH = 90, 120


def pattern() -> Image:
    """A picture that is the same on every machine, smooth enough for resizing to be the same too."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.stack([x * 2, y * 2, (x + y) % 256], axis=2).astype(np.uint8)


boxes_inside = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    st.integers(0, 60),
    st.integers(0, 40),
    st.integers(8, 55),
    st.integers(8, 45),
)
boxes_anywhere = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    st.floats(-150, 150),
    st.floats(-150, 150),
    st.floats(0.6, 400),
    st.floats(0.6, 400),
)
configs = st.builds(
    CropConfig,
    margin=st.floats(0.5, 8),
    size=st.integers(16, 96),
    shape=st.sampled_from(["square", "box"]),
    border=st.sampled_from(BORDERS),
)

CASES = {
    "inside": (Box(40, 30, 80, 70), CropConfig(1.2, 24)),
    "reflect": (Box(-10, 50, 50, 110), CropConfig(1.5, 24)),
    "edge": (Box(90, -20, 130, 30), CropConfig(2.0, 24, border="edge")),
    "black": (Box(90, 60, 130, 100), CropConfig(2.0, 24, "box", "black")),
    "grey": (Box(-5, -5, 20, 30), CropConfig(2.7, 24, border="grey")),
    "shift": (Box(80, 40, 119, 89), CropConfig(2.0, 24, "box", "shift")),
    "grows": (Box(50, 40, 60, 50), CropConfig(1.0, 24)),
}


def digest(image: Image) -> list[list[int]]:
    """Every sixth pixel of every sixth row, red only first, then green and blue."""
    return [image[3::6, 3::6, c].ravel().tolist() for c in range(3)]


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    """A crop that changes by more than rounding makes every trained model wrong.

    If it is meant to change, models must be trained anew; ``python -m tests.test_crop`` writes the file.
    """
    golden = json.loads(GOLDEN.read_text())[name]
    box, config = CASES[name]
    assert list(window(box, config, WIDTH, HEIGHT)) == golden["window"]
    difference = np.abs(np.array(digest(crop(pattern(), box, config))) - np.array(golden["pixels"]))
    assert difference.max() <= 1


@settings(deadline=None)
@given(box=boxes_inside, size=st.integers(16, 64))
def test_a_window_inside_is_a_plain_resize(box: Box, size: int) -> None:
    image = pattern()
    left, top, right, bottom = (int(v) for v in box.as_tuple())
    got = crop(image, box, CropConfig(margin=1.0, size=size, shape="box"))
    shrinks = right - left > size or bottom - top > size
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    np.testing.assert_array_equal(
        got, cv2.resize(image[top:bottom, left:right], (size, size), interpolation=how)
    )


@settings(deadline=None)
@given(box=boxes_anywhere, config=configs)
def test_any_box_partly_inside_gives_a_crop(box: Box, config: CropConfig) -> None:
    assume(box.intersection(Box(0, 0, WIDTH, HEIGHT)) > 0)
    got = crop(pattern(), box, config)
    assert got.shape == (config.size, config.size, 3)
    assert got.dtype == np.uint8


@settings(deadline=None)
@given(box=boxes_anywhere, config=configs)
def test_the_window_lies_about_the_box(box: Box, config: CropConfig) -> None:
    left, top, right, bottom = window(box, config, WIDTH, HEIGHT)
    assert right > left
    assert bottom > top
    if config.border == "shift":
        assert (left >= 0, top >= 0, right <= WIDTH, bottom <= HEIGHT) == (True,) * 4
        return
    x, y = box.centre
    assert (left + right) / 2 == pytest.approx(x, abs=1)
    assert (top + bottom) / 2 == pytest.approx(y, abs=1)
    side = box.longer_side if config.shape == "square" else box.width
    assert right - left == pytest.approx(max(1, side * config.margin), abs=0.51)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("scale", [2, 3])
def test_the_scale_of_the_picture_does_not_matter(border: Border, scale: int) -> None:
    config = CropConfig(2.0, 32, border=border)
    box = Box(70, 20, 110, 70)
    large = cv2.resize(pattern(), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    small_crop = crop(pattern(), box, config).astype(int)
    large_crop = crop(np.asarray(large, np.uint8), box.mapped(scale, scale), config).astype(int)
    assert np.abs(small_crop - large_crop).mean() < 4


def outside_right(border: Border, width: int = 40) -> Image:
    """The right half of a crop whose window hangs over the right edge by half."""
    image = pattern()[:40, :width]
    return crop(image, Box(width - 20, 0, width + 20, 40), CropConfig(1.0, 40, border=border))[:, 20:]


def test_each_border() -> None:
    image = pattern()[:40, :40]
    inside = image[:, 20:]  # only what the window shows is reflected, back and forth if need be
    mirrored = np.pad(inside, ((0, 0), (0, 20), (0, 0)), mode="reflect")[:, 20:]
    np.testing.assert_array_equal(outside_right("reflect"), mirrored)
    np.testing.assert_array_equal(outside_right("edge"), np.repeat(image[:, 39:], 20, axis=1))
    assert (outside_right("black") == 0).all()
    assert (outside_right("grey") == 128).all()


def test_bilinear_never_averages() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    box, config = Box(0, 0, 64, 64), CropConfig(margin=1.0, size=16, resize="bilinear")
    plain = crop(noise, box, config)
    np.testing.assert_array_equal(plain, cv2.resize(noise, (16, 16), interpolation=cv2.INTER_LINEAR))
    assert plain.std() > 1.5 * crop(noise, box, replace(config, resize="area")).std()


def test_shift_moves_the_window_back_inside() -> None:
    config = CropConfig(1.0, 40, border="shift")
    np.testing.assert_array_equal(
        crop(pattern(), Box(100, -30, 140, 10), config), pattern()[0:40, WIDTH - 40 : WIDTH]
    )
    assert window(Box(0, 0, 100, 100), CropConfig(4.0, 40, border="shift"), WIDTH, HEIGHT) == (5, 0, 95, 90)


@given(boxes_anywhere, configs, st.floats(0.5, 1))
def test_an_inner_window_stands_right_of_the_outer(box: Box, config: CropConfig, share: float) -> None:
    assume(box.intersection(Box(0, 0, WIDTH, HEIGHT)) > 0)
    two = replace(config, inner=max(0.5, share * config.margin))
    both = crop(pattern(), box, two)
    assert both.shape == (*two.pixels, 3) == (config.size, 2 * config.size, 3)
    assert np.array_equal(both[:, : config.size], crop(pattern(), box, config))
    least = config.size / max(1, box.longer_side)  # a margin at which the window is not enlarged
    near = replace(config, margin=min(config.margin, max(two.inner, least)))
    assert np.array_equal(both[:, config.size :], crop(pattern(), box, near))


def test_the_inner_window_of_a_middling_face_is_widened_as_far_as_needed() -> None:
    config = CropConfig(2.7, 32, "box", "shift", inner=1.5)
    face = Box(40, 30, 56, 45)  # 16 pixels wide: 32 pixels are twice the box
    assert np.array_equal(
        crop(pattern(), face, config)[:, 32:], crop(pattern(), face, replace(config, margin=2.0, inner=0.0))
    )
    corner = Box(104, 74, 120, 90)
    both = crop(pattern(), corner, config)
    assert np.array_equal(both[:, 32:], pattern()[58:, 88:]), "moved inside: 32 x 32 pixels of the corner"


def test_the_inner_window_of_a_small_face_is_not_enlarged() -> None:
    config = CropConfig(2.7, 32, inner=1.5)
    small, large = Box(50, 40, 60, 50), Box(40, 25, 80, 65)
    same = crop(pattern(), small, config)
    assert np.array_equal(same[:, :32], same[:, 32:]), "27 pixels in the outer window already"
    assert np.array_equal(crop(pattern(), large, config)[:, 32:], crop(pattern(), large, CropConfig(1.5, 32)))


@pytest.mark.parametrize("inner", [0.4, 2.1, -1.0, float("nan")])
def test_an_inner_window_that_is_none_is_refused(inner: float) -> None:
    with pytest.raises(InputError, match=r"inner must be 0 or lie in 0.5..2 \(the margin\)"):
        CropConfig(margin=2.0, inner=inner)


def test_a_border_wider_than_the_picture_is_filled() -> None:
    image = pattern()[:10, :10]
    for border in BORDERS:
        got = crop(image, Box(2, 2, 8, 8), CropConfig(8.0, 64, border=border))
        assert got.shape == (64, 64, 3)
    thin = crop(image[:, :1], Box(0, 0, 40, 40), CropConfig(8.0, 16))
    assert thin.shape == (16, 16, 3)


def test_boxes_that_cannot_be_cropped_are_refused() -> None:
    for box in (Box(5, 5, 5, 20), Box(20, 5, 10, 20)):
        with pytest.raises(InputError, match="empty box"):
            crop(pattern(), box, CropConfig())
    with pytest.raises(InputError, match=r"outside the picture \(120 x 90\)"):
        crop(pattern(), Box(500, 500, 520, 520), CropConfig())


def test_normalise_by_hand() -> None:
    crops = np.zeros((2, 1, 1, 3), np.uint8)
    crops[1] = (51, 102, 255)
    config = InputConfig(mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 2.0))
    got = normalise(crops, config)
    assert got.shape == (2, 3, 1, 1)
    assert got.dtype == np.float32
    assert got.flags.c_contiguous
    assert got[1, :, 0, 0] == pytest.approx([(0.2 - 0.1) / 0.5, (0.4 - 0.2) / 0.25, (1 - 0.3) / 2], abs=1e-6)
    bgr = normalise(crops, replace(config, colour="bgr"))
    assert bgr[1, :, 0, 0] == pytest.approx([(1 - 0.1) / 0.5, (0.4 - 0.2) / 0.25, (0.2 - 0.3) / 2], abs=1e-6)
    raw = normalise(crops, InputConfig(divide_by=1, mean=(0, 0, 0), std=(1, 1, 1)))
    assert raw[1, :, 0, 0].tolist() == [51, 102, 255]


def test_normalise_takes_a_list_as_it_takes_an_array() -> None:
    crops = [crop(pattern(), Box(20, 20, 60, 60), CropConfig(margin, 32)) for margin in (1.0, 2.0)]
    config = InputConfig()
    np.testing.assert_array_equal(normalise(crops, config), normalise(np.stack(crops), config))
    alone = normalise(crops[1:], config)
    np.testing.assert_array_equal(normalise(crops, config)[1:], alone)


def write_golden() -> None:
    values = {
        name: {
            "window": list(window(box, config, WIDTH, HEIGHT)),
            "pixels": digest(crop(pattern(), box, config)),
        }
        for name, (box, config) in CASES.items()
    }
    GOLDEN.write_text(json.dumps(values, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    write_golden()
