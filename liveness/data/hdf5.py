"""Frames kept in one HDF5 file: groups ``Frame_N``, each with ``array``, uint8 (3, height, width), RGB.

This is what bob.bio.video's FrameContainer writes, and what public readers of WMCA's colour release read.
Such a file is a clip without times: its frames are counted from 0, one a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from liveness.errors import VideoError
from liveness.types import Image

if TYPE_CHECKING:
    import h5py

HDF5_SUFFIX = ".hdf5"
_FRAME = re.compile(r"Frame_(\d+)")


def frames_in(path: Path) -> list[str]:
    """The names of the frames in their order. Raises VideoError when the file holds none."""
    with _opened(path) as file:
        numbers = sorted(int(found[1]) for name in file if (found := _FRAME.fullmatch(name)))
    if not numbers:
        raise VideoError(f"{path.name} holds no frames: looked for groups Frame_0, Frame_1 ...")
    return [f"Frame_{number}" for number in numbers]


def read_frame(path: Path, name: str) -> Image:
    """One frame, uint8 RGB (height, width, 3). Raises VideoError for another shape or type."""
    with _opened(path) as file:
        try:
            values = np.asarray(file[name]["array"])
        except (KeyError, ValueError, OSError) as error:
            raise VideoError(f"{path.name}: {name}/array cannot be read: {error}") from error
    if values.dtype != np.uint8 or values.ndim != 3 or values.shape[0] != 3:
        raise VideoError(
            f"{path.name}: {name}/array should be colour, uint8 (3, height, width), it is {values.dtype} "
            f"{values.shape}"
        )
    return np.ascontiguousarray(values.transpose(1, 2, 0))


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    try:
        import h5py
    except ImportError as error:
        raise VideoError(f"{path.name}: HDF5 needs another package: pip install h5py") from error
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise VideoError(f"{path.name} is not an HDF5 file that can be read: {error}") from error
    with file:
        yield file
