"""Templates to bytes and back."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveness.errors import GalleryError
from liveness.matching.template import Template, pack, unpack


@given(st.integers(1, 300), st.integers(0, 2**32 - 1))
def test_there_and_back(points: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    template = Template(
        rng.random((points, 2), dtype=np.float32), rng.integers(0, 256, (points, 32), dtype=np.uint8), "m"
    )
    back = unpack(pack(template), "m")
    assert back.points.tobytes() == template.points.tobytes()
    assert back.descriptors.tobytes() == template.descriptors.tobytes()


def test_a_pickle_is_never_opened() -> None:
    out = io.BytesIO()
    np.save(out, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(GalleryError, match="damaged"):
        unpack(b"LVT1" + out.getvalue(), "m")


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    for form in (data, b"LVT1" + data):
        with pytest.raises(GalleryError):
            unpack(form, "m")


@pytest.mark.parametrize(
    ("points", "descriptors"),
    [
        (np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8)),
        (np.zeros((3, 2), np.float64), np.zeros((3, 32), np.uint8)),
        (np.zeros((3, 3), np.float32), np.zeros((3, 32), np.uint8)),
        (np.zeros((3, 2), np.float32), np.zeros((4, 32), np.uint8)),
        (np.zeros((3, 2), np.float32), np.zeros((3, 32), np.float32)),
        (np.full((3, 2), np.nan, np.float32), np.zeros((3, 32), np.uint8)),
    ],
)
def test_shapes_and_types_are_checked(points: np.ndarray, descriptors: np.ndarray) -> None:
    with pytest.raises(GalleryError):
        Template(points, descriptors, "m")
