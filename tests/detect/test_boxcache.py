"""The detector that remembers: by content, not by name, and safely from several threads."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from liveness.detect.boxcache import RememberingDetector, remembering
from liveness.errors import InputError
from liveness.types import Box, Face, Image, Landmarks

MARKS = Landmarks((1.0, 2.0), (3.5, 4.0), (5.0, 6.0), (7.0, 8.0), (9.0, 1 / 3))


def counting(asked: list[Image]) -> object:
    def detect(image: Image) -> list[Face]:
        asked.append(image)
        return [Face(Box(1, 2, 3, 4 + image.mean()), 0.987654321, MARKS), Face(Box(0, 0, 1, 1), 0.5)]

    return detect


def picture(level: int) -> Image:
    return np.full((8, 6, 3), level, np.uint8)


def test_a_picture_is_sought_once_and_found_the_same(tmp_path: Path) -> None:
    asked: list[Image] = []
    detect = remembering("mtcnn", tmp_path / "faces.sqlite", counting(asked))  # type: ignore[arg-type]
    first = detect(picture(5))
    assert detect(picture(5).copy()) == first
    assert len(asked) == 1
    detect(picture(6))
    detect(picture(5).reshape(6, 8, 3))
    assert len(asked) == 3, "another content or another shape is another picture"
    detect.close()
    again = remembering("mtcnn", tmp_path / "faces.sqlite", counting(asked))  # type: ignore[arg-type]
    assert again(picture(5)) == first
    other = remembering("yunet", tmp_path / "faces.sqlite", counting(asked))  # type: ignore[arg-type]
    other(picture(5))
    assert len(asked) == 4, "another detector is asked for itself"


def test_no_face_is_remembered_too(tmp_path: Path) -> None:
    asked: list[int] = []
    detect = remembering("mtcnn", tmp_path / "f.sqlite", lambda image: asked.append(1) or [])
    assert list(detect(picture(1))) == list(detect(picture(1))) == []
    assert asked == [1]


def test_threads_share_it(tmp_path: Path) -> None:
    asked: list[Image] = []
    detect = remembering("mtcnn", tmp_path / "f.sqlite", counting(asked))  # type: ignore[arg-type]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda i: detect(picture(i % 10)), range(200)))
    assert [f[0].box.bottom for f in found] == [4 + i % 10 for i in range(200)]


def test_what_was_found_longest_ago_is_forgotten(tmp_path: Path) -> None:
    asked: list[Image] = []
    path = tmp_path / "f.sqlite"
    detect = RememberingDetector("mtcnn", path, counting(asked), most=20)  # type: ignore[arg-type]
    for level in range(25):
        detect(picture(level))
    detect.close()
    again = RememberingDetector("mtcnn", path, counting(asked), most=20)  # type: ignore[arg-type]
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT count(*) FROM seen").fetchone() == (20,)
    for level in range(5, 25):
        again(picture(level))
    assert len(asked) == 25, "the last twenty are known"
    again(picture(4))
    assert len(asked) == 26


def test_a_long_evaluation_is_trimmed_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("liveness.detect.boxcache._TRIM_EVERY", 10)
    path = tmp_path / "f.sqlite"
    detect = RememberingDetector("mtcnn", path, counting([]), most=20)  # type: ignore[arg-type]
    for level in range(60):
        detect(picture(level))
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT count(*) FROM seen").fetchone() == (20,)


def test_a_file_of_the_first_version_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE faces (key TEXT PRIMARY KEY, faces TEXT NOT NULL) WITHOUT ROWID")
    detect = RememberingDetector("mtcnn", path, counting([]))  # type: ignore[arg-type]
    assert detect(picture(3)) == detect(picture(3))


def test_an_unknown_detector_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no detector is called 'eyes'"):
        remembering("eyes", tmp_path / "f.sqlite")
