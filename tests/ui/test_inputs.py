"""Inputs that several tabs have in common."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from gradio.components.gallery import GalleryData, GalleryImage
from gradio.data_classes import ImageData

from liveness.types import Image
from liveness.ui.inputs import mirrored, picture_picker, unmirrored


@pytest.fixture
def taken(tmp_path: Path, astronaut: Image) -> Path:
    """A picture as Gradio's Gallery takes it: the mirror image of what the camera saw."""
    path = tmp_path / "webcam_upload.png"
    PIL.Image.fromarray(astronaut[:, ::-1]).save(path)
    return path


def test_pictures_from_the_camera_are_as_it_saw_them(taken: Path, astronaut: Image) -> None:
    image = GalleryImage(image=ImageData(path=str(taken)))
    ((path, caption),) = picture_picker("Photos").preprocess(GalleryData(root=[image]))
    assert np.array_equal(np.asarray(PIL.Image.open(path)), astronaut)
    assert caption is None
    assert mirrored(Path(path)) == [taken]
    assert unmirrored([(str(taken), None)]) == [(path, None)], "asked again, the same"


def test_other_pictures_and_what_cannot_be_read_stay(tmp_path: Path) -> None:
    bad, other = tmp_path / "webcam_upload.png", tmp_path / "camera.png"
    bad.write_bytes(b"no picture")
    assert unmirrored([(str(bad), None), ("photo.jpg", "a")]) == [(str(bad), None), ("photo.jpg", "a")]
    assert unmirrored(None) == []
    assert not other.exists()
    assert mirrored(tmp_path / "photo.jpg") == []
