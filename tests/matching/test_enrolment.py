"""Photos to templates: all of them, or a sentence that names the one at fault."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from liveness.errors import GalleryError, ImageError
from liveness.matching.enrolment import templates_of
from liveness.matching.gallery import MOST_TEMPLATES
from liveness.types import Face, Image


@pytest.fixture
def photo(tmp_path: Path, astronaut: Image) -> Path:
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), cv2.cvtColor(astronaut, cv2.COLOR_RGB2BGR))
    return path


def test_one_template_a_photo(photo: Path, astronaut_face: Face) -> None:
    one, two = templates_of([photo, photo], lambda image: [astronaut_face])
    assert len(one.points) > 100
    assert one.descriptors.tobytes() == two.descriptors.tobytes()


@pytest.mark.parametrize(("count", "words"), [(0, "no face was found"), (2, "2 faces were found")])
def test_a_photo_shows_one_face(photo: Path, astronaut_face: Face, count: int, words: str) -> None:
    with pytest.raises(GalleryError, match=rf"photo\.png: {words}"):
        templates_of([photo], lambda image: [astronaut_face] * count)


def test_a_poor_photo_is_refused_with_what_is_wrong(tmp_path: Path, astronaut_face: Face) -> None:
    path = tmp_path / "dark.png"
    cv2.imwrite(str(path), np.full((512, 512, 3), 3, dtype=np.uint8))
    with pytest.raises(GalleryError, match=r"dark\.png: the face is .*too dark"):
        templates_of([path], lambda image: [astronaut_face])


@pytest.mark.parametrize("count", [0, MOST_TEMPLATES + 1])
def test_how_many_photos(photo: Path, astronaut_face: Face, count: int) -> None:
    with pytest.raises(GalleryError, match=f"got {count}"):
        templates_of([photo] * count, lambda image: [astronaut_face])


def test_a_file_that_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "notes.jpg"
    path.write_text("notes")
    with pytest.raises(ImageError, match=r"notes\.jpg"):
        templates_of([path], lambda image: [])
