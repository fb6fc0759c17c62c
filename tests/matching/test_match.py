"""The matcher: a face known again after changes, another one not, and a gallery that changes under it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from liveness.errors import GalleryError, InputError
from liveness.matching.gallery import Gallery
from liveness.matching.match import FEWEST_POINTS, ORB, OrbConfig, OrbMatcher, describe, make_template
from liveness.types import Box, Face, Image, Landmarks, Match


@pytest.fixture
def gallery() -> Gallery:
    return Gallery("sqlite://")


def changed(image: Image, face: Face, angle: float, scale: float, gain: float) -> tuple[Image, Face]:
    """The picture turned about the face, scaled and brightened, with its landmarks."""
    assert face.landmarks is not None
    matrix = cv2.getRotationMatrix2D(face.box.centre, angle, scale)
    turned = cv2.warpAffine(image, matrix, image.shape[1::-1], flags=cv2.INTER_AREA)
    points = np.array(face.landmarks.points()) @ matrix[:, :2].T + matrix[:, 2]
    bright = np.clip(turned * gain, 0, 255).astype(np.uint8)
    return bright, replace(face, landmarks=Landmarks(*[(float(x), float(y)) for x, y in points]))


def drawn_stranger(seed: int) -> tuple[Image, Face]:
    """A drawn face with some texture, so that it has features enough to be compared."""
    rng = np.random.default_rng(seed)
    image = np.full((200, 200, 3), 90, dtype=np.uint8)
    cv2.ellipse(image, (100, 105), (60, 80), 0, 0, 360, (205, 165, 140), -1)
    for x in (72, 128):
        cv2.ellipse(image, (x, 85), (13, 7), 0, 0, 360, (245, 245, 245), -1)
        cv2.circle(image, (x, 85), 5, (30, 30, 30), -1)
        cv2.line(image, (x - 15, 68), (x + 15, 64), (60, 40, 30), 4)
    cv2.ellipse(image, (100, 150), (24, 8), 0, 0, 180, (140, 50, 60), -1)
    noise = cv2.GaussianBlur(rng.normal(0, 60, image.shape), (0, 0), 2)
    marks = Landmarks((72.0, 85.0), (128.0, 85.0), (100.0, 116.0), (77.0, 150.0), (123.0, 150.0))
    return np.clip(image + noise, 0, 255).astype(np.uint8), Face(Box(40, 25, 160, 185), 1.0, marks)


def test_nobody_enrolled_is_no_match(gallery: Gallery, astronaut: Image, astronaut_face: Face) -> None:
    assert OrbMatcher(gallery)(astronaut, astronaut_face) is None


@pytest.mark.parametrize(
    ("angle", "scale", "gain"), [(0, 1, 1), (0, 1, 1.3), (25, 1, 0.8), (-60, 1.4, 1.1), (5, 0.7, 0.6)]
)
def test_the_same_face_is_known_turned_scaled_and_brightened(
    gallery: Gallery, astronaut: Image, astronaut_face: Face, angle: float, scale: float, gain: float
) -> None:
    gallery.enrol("Eileen", [make_template(astronaut, astronaut_face)], consent=True)
    found = OrbMatcher(gallery)(*changed(astronaut, astronaut_face, angle, scale, gain))
    assert found is not None
    assert found.name == "Eileen"
    assert found.known
    assert 0.3 < found.score <= 1


@pytest.mark.parametrize("seed", range(4))
def test_another_face_is_unknown(gallery: Gallery, astronaut: Image, astronaut_face: Face, seed: int) -> None:
    gallery.enrol("Eileen", [make_template(astronaut, astronaut_face)], consent=True)
    found = OrbMatcher(gallery)(*drawn_stranger(seed))
    assert found is not None
    assert not found.known


def test_the_nearer_of_two_people_is_named(gallery: Gallery, astronaut: Image, astronaut_face: Face) -> None:
    gallery.enrol("Eileen", [make_template(astronaut, astronaut_face)], consent=True)
    stranger, face = drawn_stranger(0)
    gallery.enrol("Drawn", [make_template(*drawn_stranger(1)), make_template(stranger, face)], consent=True)
    matcher = OrbMatcher(gallery)
    assert matcher(*changed(astronaut, astronaut_face, 10, 1.1, 1.1)).name == "Eileen"  # type: ignore[union-attr]
    assert matcher(*changed(stranger, face, 10, 1.1, 1.1)).name == "Drawn"  # type: ignore[union-attr]


def test_the_matcher_follows_the_gallery(gallery: Gallery, astronaut: Image, astronaut_face: Face) -> None:
    matcher = OrbMatcher(gallery, threshold=0.2)
    assert matcher(astronaut, astronaut_face) is None
    gallery.enrol("Eileen", [make_template(astronaut, astronaut_face)], consent=True)
    assert matcher(astronaut, astronaut_face) == Match("Eileen", 1.0, 0.2)
    gallery.rename("Eileen", "Commander Collins")
    assert matcher(astronaut, astronaut_face).name == "Commander Collins"  # type: ignore[union-attr]
    gallery.remove("Commander Collins")
    assert matcher(astronaut, astronaut_face) is None


def test_a_face_without_features_is_no_match(
    gallery: Gallery, astronaut: Image, astronaut_face: Face
) -> None:
    gallery.enrol("Eileen", [make_template(astronaut, astronaut_face)], consent=True)
    matcher = OrbMatcher(gallery)
    blank = np.full((300, 300, 3), 128, dtype=np.uint8)
    for face in (Face(Box(50, 50, 200, 200), 1.0), Face(Box(900, 900, 950, 950), 1.0)):
        assert describe(blank, face) is None
        assert matcher(blank, face) is None
        with pytest.raises(GalleryError, match=f"fewer than {FEWEST_POINTS} ORB features"):
            make_template(blank, face)


def test_templates_of_other_settings_are_left_out_and_said(
    gallery: Gallery, astronaut: Image, astronaut_face: Face, caplog: pytest.LogCaptureFixture
) -> None:
    old = OrbConfig(size=128)
    assert old.method != ORB.method
    gallery.enrol("Eileen", [make_template(astronaut, astronaut_face, old)], consent=True)
    with caplog.at_level(logging.WARNING):
        assert OrbMatcher(gallery)(astronaut, astronaut_face) is None
    assert "Eileen was enrolled by another version" in caplog.text


def test_no_picture_is_in_the_database(tmp_path: Path, astronaut: Image, astronaut_face: Face) -> None:
    path = tmp_path / "g.db"
    template = make_template(astronaut, astronaut_face)
    Gallery(str(path)).enrol("Eileen", [template], consent=True)
    data = path.read_bytes()
    for signature in (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"JFIF"):
        assert signature not in data
    with sqlite3.connect(path) as database:
        (stored,) = database.execute("SELECT data FROM liveness_template").fetchone()
    # Two arrays with their headers, and nothing else.
    assert len(stored) == len(template.points) * (8 + 32) + 4 + 2 * 128


def test_a_gallery_that_cannot_be_read_is_a_sentence(
    tmp_path: Path, astronaut: Image, astronaut_face: Face
) -> None:
    path = tmp_path / "g.db"
    path.write_bytes(b"not a database at all " * 100)
    with pytest.raises(GalleryError, match="cannot be used"):
        OrbMatcher(Gallery(str(path)))(astronaut, astronaut_face)


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_threshold_lies_in_0_1(gallery: Gallery, threshold: float) -> None:
    with pytest.raises(InputError, match=r"0\.\.1"):
        OrbMatcher(gallery, threshold)


def test_threads_may_share_a_matcher(gallery: Gallery, astronaut: Image, astronaut_face: Face) -> None:
    gallery.enrol("Eileen", [make_template(astronaut, astronaut_face)], consent=True)
    matcher = OrbMatcher(gallery)
    answers: list[Match | None] = []
    threads = [
        threading.Thread(target=lambda: answers.append(matcher(astronaut, astronaut_face))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert set(answers) == {matcher(astronaut, astronaut_face)}
