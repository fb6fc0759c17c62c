"""Photos on disk and arrays in memory -> RGB. Videos are read by ``liveness.video``."""

from __future__ import annotations

import glob
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageOps
from numpy.typing import NDArray

from liveness.errors import ImageError, InputError
from liveness.types import Frame, Image

MAX_PIXELS = 80_000_000
MAX_BYTES = 200_000_000
MIN_SIDE = 16
PHOTO_SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)
_HEIF = frozenset({".heic", ".heif"})
_FORMATS = "JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF and PPM"
_WHITE = 255


def read_photo(path: str | Path) -> Frame:
    """Read a picture file as it is meant to be seen: uint8 RGB (height, width, 3), turned upright.

    EXIF rotation is applied; grey, palette and CMYK become RGB; what is transparent becomes white;
    16-bit values are scaled to 8 bits; of an animation the first picture is taken.
    Raises ImageError, naming the file, when it is missing, not a picture, damaged, smaller than
    16 pixels a side, or larger than 80 megapixels or 200 MB.
    """
    path = Path(path)
    _check_file(path)
    return _decoded(path, str(path))


def decode_photo(data: bytes, name: str) -> Frame:
    """A picture from the bytes of its file, as ``read_photo``. name: what errors call it.

    Raises ImageError.
    """
    if len(data) > MAX_BYTES:
        raise ImageError(f"{name} has {len(data) / 1e6:.0f} MB, at most {MAX_BYTES / 1e6:.0f} MB are read")
    return _decoded(io.BytesIO(data), name)


def _decoded(source: Path | io.BytesIO, name: str) -> Frame:
    try:
        with PIL.Image.open(source) as picture:
            _check_size(*picture.size)
            return Frame(to_rgb(PIL.ImageOps.exif_transpose(picture)))
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from error
    except PIL.UnidentifiedImageError as error:
        hint = "; HEIC is not, save it as JPEG" if Path(name).suffix.lower() in _HEIF else ""
        raise ImageError(f"{name} is not a picture that can be read ({_FORMATS} are{hint})") from error
    except (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning) as error:
        raise ImageError(f"{name}: more than {MAX_PIXELS // 10**6} megapixels") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        # Pillow raises all of these on damaged files, depending on the format.
        raise ImageError(f"{name} is damaged or incomplete: {error}") from error


def _check_file(path: Path) -> None:
    """Refuse what need not be opened to be refused."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ImageError(f"{path}: {error.strerror or 'cannot be read'}") from error
    if not path.is_file():
        raise ImageError(f"{path} is not a file")
    if size == 0:
        raise ImageError(f"{path} is empty")
    if size > MAX_BYTES:
        raise ImageError(f"{path} has {size / 1e6:.0f} MB, at most {MAX_BYTES / 1e6:.0f} MB are read")


def _check_size(width: int, height: int) -> None:
    if min(width, height) < MIN_SIDE:
        raise ImageError(f"too small: {width} x {height} pixels, at least {MIN_SIDE} x {MIN_SIDE} wanted")
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"too large: {width} x {height} pixels, at most {MAX_PIXELS // 10**6} megapixels wanted"
        )


def to_rgb(picture: PIL.Image.Image | NDArray[Any]) -> Image:
    """A Pillow picture or an array as uint8 RGB (height, width, 3), contiguous.

    Arrays: (height, width) or (height, width, 1) grey, 3 channels RGB, 2 or 4 with alpha last, which
    is laid on white. uint8 as it is; uint16 scaled from 0..65535; bool; float in 0..1; other integers
    in 0..255. Raises ImageError for any other shape, type or range, and for sizes that read_photo refuses.
    """
    values = _pixels(picture) if isinstance(picture, PIL.Image.Image) else np.asarray(picture)
    if values.ndim == 2:
        values = values[..., None]
    if values.ndim != 3 or values.shape[2] not in (1, 2, 3, 4):
        raise ImageError(f"a picture of shape (height, width[, 1 to 4]) is wanted, got {values.shape}")
    _check_size(values.shape[1], values.shape[0])
    values = _eight_bits(values)
    channels = values.shape[2]
    if channels in (2, 4):
        values = _on_white(values)
    if channels < 3:
        values = np.repeat(values, 3, axis=2)
    return np.ascontiguousarray(values)


def _pixels(picture: PIL.Image.Image) -> NDArray[Any]:
    """The values of a Pillow picture, with at most 4 channels: grey, grey + alpha, RGB or RGBA."""
    if picture.mode == "F":
        raise ImageError("pictures of floating-point numbers are not read")
    if picture.mode == "I":
        values = np.asarray(picture)
        if values.min() < 0 or values.max() > 65535:
            raise ImageError("32-bit pictures are not read, save it with 8 or 16 bits")
        return values.astype(np.uint16)
    if picture.mode.startswith("I;16"):
        return np.asarray(picture).astype(np.uint16)  # of the machine's byte order, whatever the file's
    if picture.has_transparency_data:
        return np.asarray(picture.convert("RGBA"))
    return np.asarray(picture.convert("RGB"))


def _eight_bits(values: NDArray[Any]) -> Image:
    """Any values that stand for a picture as uint8."""
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * 255
    if values.dtype == np.uint16:
        return np.rint(values / 257.0).astype(np.uint8)
    if values.dtype.kind not in "iuf":
        raise ImageError(f"a picture of numbers is wanted, got {values.dtype}")
    top = 1 if values.dtype.kind == "f" else 255
    if not (values.min() >= 0 and values.max() <= top):  # written so that NaN is refused
        raise ImageError(f"{values.dtype} values in 0..{top} are wanted, got {values.min()}..{values.max()}")
    return np.rint(values * (255.0 / top)).astype(np.uint8)


def _on_white(values: Image) -> Image:
    """Colour with alpha as the last channel, laid on white; without the alpha."""
    alpha = values[..., -1:].astype(np.float32) / 255
    return np.rint(values[..., :-1] * alpha + _WHITE * (1 - alpha)).astype(np.uint8)


def find_photos(paths: Iterable[str | Path]) -> list[Path]:
    """The picture files that paths, folders (searched to any depth) and patterns name.

    In the order given, sorted within each folder or pattern, each file once; hidden files are left out.
    A path that is neither a folder nor a pattern is kept, readable or not: ``read_photo`` says what
    is wrong with it, and the others are still read. Raises InputError when a folder or pattern names
    no picture.
    """
    found: dict[Path, None] = {}
    for given in paths:
        path = Path(given)
        if path.is_dir():
            candidates = [p for p in path.rglob("*") if not _hidden(p.relative_to(path))]
        elif glob.has_magic(str(given)) and not path.exists():
            candidates = [Path(p) for p in glob.glob(str(given), recursive=True)]  # noqa: PTH207 (absolute ones too)
        else:
            found[path] = None
            continue
        pictures = sorted(p for p in candidates if p.suffix.lower() in PHOTO_SUFFIXES and p.is_file())
        if not pictures:
            raise InputError(f"no picture found in {given} (looked for {', '.join(sorted(PHOTO_SUFFIXES))})")
        found.update(dict.fromkeys(pictures))
    return list(found)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
