"""Photos of every kind that users have, and what is said of those that cannot be read."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from liveness.errors import ImageError, InputError
from liveness.frames import find_photos, read_photo, to_rgb


@pytest.fixture
def ramp() -> np.ndarray:
    """A picture without any symmetry, so that a wrong turn or channel order shows."""
    y, x = np.mgrid[0:40, 0:60]
    return np.stack([x * 4, y * 6, np.full_like(x, 30)], axis=2).astype(np.uint8)


def save(picture: PIL.Image.Image, path: Path, **options: object) -> Path:
    picture.save(path, **options)
    return path


def test_png_is_read_as_it_is(tmp_path: Path, ramp: np.ndarray) -> None:
    frame = read_photo(save(PIL.Image.fromarray(ramp), tmp_path / "a.png"))
    np.testing.assert_array_equal(frame.image, ramp)
    assert frame.image.dtype == np.uint8
    assert frame.image.flags.c_contiguous
    assert (frame.index, frame.seconds) == (0, 0.0)


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, lambda a: a),
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (4, lambda a: a[::-1]),
        (5, lambda a: a.transpose(1, 0, 2)),
        (6, lambda a: np.rot90(a, -1)),
        (7, lambda a: a.transpose(1, 0, 2)[::-1, ::-1]),
        (8, lambda a: np.rot90(a)),
    ],
)
def test_exif_rotation_is_applied(tmp_path: Path, ramp: np.ndarray, orientation: int, upright) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    path = save(PIL.Image.fromarray(ramp), tmp_path / "turned.png", exif=exif)
    np.testing.assert_array_equal(read_photo(path).image, upright(ramp))


def test_grey_and_bilevel(tmp_path: Path, ramp: np.ndarray) -> None:
    grey = ramp[..., 0]
    image = read_photo(save(PIL.Image.fromarray(grey), tmp_path / "grey.png")).image
    np.testing.assert_array_equal(image, np.repeat(grey[..., None], 3, axis=2))
    image = read_photo(save(PIL.Image.fromarray(grey > 99), tmp_path / "bits.png")).image
    np.testing.assert_array_equal(image[..., 1], (grey > 99) * 255)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_grey_is_scaled(tmp_path: Path, ramp: np.ndarray, suffix: str) -> None:
    wide = ramp[..., 0].astype(np.uint16) * 257
    cv2.imwrite(str(tmp_path / f"wide.{suffix}"), wide)
    image = read_photo(tmp_path / f"wide.{suffix}").image
    np.testing.assert_array_equal(image, np.repeat(ramp[..., :1], 3, axis=2))


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_colour_is_scaled(tmp_path: Path, ramp: np.ndarray, suffix: str) -> None:
    cv2.imwrite(str(tmp_path / f"wide.{suffix}"), ramp[..., ::-1].astype(np.uint16) * 257)
    np.testing.assert_array_equal(read_photo(tmp_path / f"wide.{suffix}").image, ramp)


def test_big_endian_sixteen_bits(tmp_path: Path, ramp: np.ndarray) -> None:
    path = tmp_path / "wide.pgm"
    wide = (ramp[..., 0].astype(np.uint16) * 257).astype(">u2")
    path.write_bytes(b"P5\n60 40\n65535\n" + wide.tobytes())
    np.testing.assert_array_equal(read_photo(path).image[..., 2], ramp[..., 0])


def test_transparency_becomes_white(tmp_path: Path, ramp: np.ndarray) -> None:
    alpha = np.zeros((40, 60, 1), np.uint8)
    alpha[:, :30] = 255
    path = save(PIL.Image.fromarray(np.concatenate([ramp, alpha], axis=2)), tmp_path / "rgba.png")
    image = read_photo(path).image
    np.testing.assert_array_equal(image[:, :30], ramp[:, :30])
    assert (image[:, 30:] == 255).all()
    half = np.dstack([np.full((20, 20), 100, np.uint8), np.full((20, 20), 128, np.uint8)])
    image = read_photo(save(PIL.Image.fromarray(half), tmp_path / "la.png")).image
    assert (image == 177).all()  # 100 * 128/255 + 255 * 127/255


def test_palette_with_a_transparent_colour(tmp_path: Path) -> None:
    picture = PIL.Image.new("P", (20, 20), 1)
    picture.putpalette([0, 0, 0, 10, 200, 30])
    picture.paste(0, (0, 0, 20, 10))
    path = save(picture, tmp_path / "palette.png", transparency=0)
    image = read_photo(path).image
    assert (image[:10] == 255).all()
    assert (image[10:] == (10, 200, 30)).all()
    image = read_photo(save(picture, tmp_path / "palette.gif")).image
    assert (image[:10] == 0).all()


def test_cmyk_jpeg(tmp_path: Path) -> None:
    picture = PIL.Image.new("CMYK", (32, 32), (0, 255, 255, 0))
    image = read_photo(save(picture, tmp_path / "print.jpg", quality=95)).image
    assert abs(image.astype(int) - (255, 0, 0)).max() < 20


@pytest.mark.parametrize("suffix", ["webp", "bmp", "gif", "jpg", "tiff"])
def test_common_formats(tmp_path: Path, suffix: str) -> None:
    path = save(PIL.Image.new("RGB", (48, 32), (200, 30, 60)), tmp_path / f"a.{suffix}")
    image = read_photo(path).image
    assert image.shape == (32, 48, 3)
    assert abs(image.astype(int) - (200, 30, 60)).max() < 10


def test_file_names_with_any_letters(tmp_path: Path) -> None:
    path = save(PIL.Image.new("RGB", (20, 20)), tmp_path / "Łucja 山田 [1].png")
    assert read_photo(str(path)).image.shape == (20, 20, 3)
    assert find_photos([path]) == [path]


def refusal(path: Path) -> str:
    with pytest.raises(ImageError) as caught:
        read_photo(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_missing_empty_folder_and_text_are_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none.jpg")
    (tmp_path / "empty.jpg").touch()
    assert "is empty" in refusal(tmp_path / "empty.jpg")
    (tmp_path / "folder.jpg").mkdir()
    assert "not a file" in refusal(tmp_path / "folder.jpg")
    (tmp_path / "text.jpg").write_text("not a picture")
    assert "not a picture" in refusal(tmp_path / "text.jpg")
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    assert "GIF, AVIF and PPM are; HEIC is not, save it as JPEG" in refusal(tmp_path / "phone.heic")


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_truncated_files_are_refused(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    path = save(PIL.Image.fromarray(noise), tmp_path / f"cut.{suffix}")
    path.write_bytes(path.read_bytes()[:-2000])
    assert "damaged or incomplete" in refusal(path)


def test_sizes_out_of_range_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(PIL.Image.new("RGB", (1, 1)), tmp_path / "dot.png")
    assert "too small: 1 x 1" in refusal(path)
    path = save(PIL.Image.new("L", (12_000, 7_000)), tmp_path / "large.png")
    assert "too large: 12000 x 7000" in refusal(path)
    path = save(PIL.Image.new("1", (12_000, 17_000)), tmp_path / "bomb.png")
    assert "megapixels" in refusal(path)
    monkeypatch.setattr("liveness.frames.MAX_BYTES", 100)
    path = save(PIL.Image.effect_noise((64, 64), 50), tmp_path / "heavy.png")
    assert "MB" in refusal(path)


def test_arrays_of_other_kinds(ramp: np.ndarray) -> None:
    np.testing.assert_array_equal(to_rgb(ramp.astype(np.float64) / 255), ramp)
    np.testing.assert_array_equal(to_rgb(ramp.astype(np.int64)), ramp)
    np.testing.assert_array_equal(to_rgb(ramp.astype(np.uint16) * 257), ramp)
    np.testing.assert_array_equal(to_rgb(ramp[..., 0]), np.repeat(ramp[..., :1], 3, axis=2))
    np.testing.assert_array_equal(to_rgb(ramp[..., :1]), np.repeat(ramp[..., :1], 3, axis=2))
    np.testing.assert_array_equal(to_rgb(ramp[..., 0] > 9)[..., 0], (ramp[..., 0] > 9) * 255)
    np.testing.assert_array_equal(to_rgb(np.dstack([ramp, np.full((40, 60), 255, np.uint8)])), ramp)


@pytest.mark.parametrize(
    "values",
    [
        np.zeros(100, np.uint8),
        np.zeros((20, 20, 5), np.uint8),
        np.zeros((2, 20, 20, 3), np.uint8),
        np.zeros((0, 20, 3), np.uint8),
        np.full((20, 20, 3), 1.5),
        np.full((20, 20, 3), np.nan),
        np.full((20, 20, 3), -1),
        np.full((20, 20), "a"),
    ],
)
def test_arrays_that_are_no_picture_are_refused(values: np.ndarray) -> None:
    with pytest.raises(ImageError, match="wanted"):
        to_rgb(values)


def test_pillow_modes_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(ImageError, match="floating-point"):
        to_rgb(PIL.Image.new("F", (20, 20)))
    with pytest.raises(ImageError, match="32-bit"):
        to_rgb(PIL.Image.new("I", (20, 20), 70_000))


@settings(deadline=None)
@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(16, 24), st.integers(16, 24), st.sampled_from([1, 2, 3, 4])))
)
def test_any_array_of_bytes_becomes_rgb(values: np.ndarray) -> None:
    image = to_rgb(values)
    assert image.shape == (*values.shape[:2], 3)
    assert image.dtype == np.uint8
    if values.shape[2] == 3:
        np.testing.assert_array_equal(image, values)


def test_photos_are_found_in_folders_and_patterns(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "b/1.PNG", "b/deep/3.webp", "a.jpg", "b/notes.txt", "b/.hidden.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    names = lambda found: [str(p.relative_to(tmp_path)) for p in found]  # noqa: E731
    assert names(find_photos([tmp_path / "b"])) == ["b/1.PNG", "b/2.jpg", "b/deep/3.webp"]
    assert names(find_photos([str(tmp_path / "*" / "*.jpg")])) == ["b/2.jpg"]
    assert names(find_photos([f"{tmp_path}/**/*.jpg"])) == ["a.jpg", "b/2.jpg"]
    twice = find_photos([tmp_path / "b" / "2.jpg", tmp_path / "b", tmp_path / "none.jpg"])
    assert names(twice) == ["b/2.jpg", "b/1.PNG", "b/deep/3.webp", "none.jpg"]


def test_nothing_found_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no picture found in"):
        find_photos([tmp_path])
    with pytest.raises(InputError, match=r"no picture found in .*\*\.jpg"):
        find_photos([tmp_path / "*.jpg"])
