"""Fixtures that every test file may use. Nothing here needs what lies outside the repository."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from liveness.types import Box, Face, Image, Landmarks

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def astronaut() -> Image:
    """scikit-image's public-domain photograph of a face: uint8 RGB (512, 512, 3)."""
    from skimage import data

    return np.asarray(data.astronaut(), dtype=np.uint8)


@pytest.fixture(scope="session")
def astronaut_face() -> Face:
    """Where the face is in ``astronaut``, marked by hand."""
    marks = Landmarks((200.0, 102.0), (247.0, 102.5), (220.5, 124.5), (198.5, 143.0), (239.5, 143.5))
    return Face(Box(178.0, 63.0, 268.0, 176.0), 1.0, marks)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The development data outside the repository (LIVENESS_SHARED, or ../shared); skips without it."""
    folder = Path(os.environ.get("LIVENESS_SHARED", ROOT.parent / "shared"))
    if not (folder / "data" / "faces" / "manifest.csv").is_file():
        pytest.skip("the shared development data is not here")
    return folder
