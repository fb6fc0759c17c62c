"""Faces that were found once are not sought again: a detector that remembers, by what the picture shows."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

from liveness import __version__
from liveness.detect import DETECTORS, build_detector
from liveness.errors import InputError
from liveness.types import Box, Detector, Face, Image, Landmarks
from liveness.weights import cache_folder

# Row numbers rise, so that the lowest are the oldest. The first version's table had none: it is sought anew.
_TABLES = (
    "DROP TABLE IF EXISTS faces",
    "CREATE TABLE IF NOT EXISTS seen (number INTEGER PRIMARY KEY, key TEXT UNIQUE, faces TEXT NOT NULL)",
)
_MOST_PICTURES = 500_000  # about 200 MB
_TRIM_EVERY = 1_000


class RememberingDetector:
    """A ``Detector`` in front of another, with a SQLite file between them. Safe to call from several threads.

    The key is the content of the picture, the detector's name and this package's version: a renamed or moved
    file is known, an edited one is not. detector: None builds the one of that name when it is first needed.
    most: pictures that are kept; those found longest ago are forgotten, now and then.
    """

    def __init__(
        self, name: str, path: Path, detector: Detector | None = None, most: int = _MOST_PICTURES
    ) -> None:
        self.name, self.most = name, most
        self._detector = detector
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=OFF")  # a lost entry is only sought again
        for statement in _TABLES:
            self._database.execute(statement)
        self._trim()

    def __call__(self, image: Image) -> Sequence[Face]:
        key = self._key(image)
        with self._lock:
            row = self._database.execute("SELECT faces FROM seen WHERE key = ?", (key,)).fetchone()
        if row is not None:
            return [_face(values) for values in json.loads(row[0])]
        found = self._built()(image)
        with self._lock:
            text = json.dumps([_values(face) for face in found])
            row = self._database.execute(
                "INSERT OR REPLACE INTO seen (key, faces) VALUES (?, ?)", (key, text)
            )
            if (row.lastrowid or 0) % _TRIM_EVERY == 0:
                self._trim()
        return found

    def close(self) -> None:
        self._database.close()

    def _trim(self) -> None:
        last = "SELECT max(number) FROM seen"
        self._database.execute(f"DELETE FROM seen WHERE number <= ({last}) - ?", (self.most,))  # noqa: S608

    def _built(self) -> Detector:
        with self._lock:
            if self._detector is None:
                self._detector = build_detector(self.name)
            return self._detector

    def _key(self, image: Image) -> str:
        digest = hashlib.blake2b(image.tobytes(), digest_size=16)
        digest.update(json.dumps([self.name, __version__, image.shape]).encode())
        return digest.hexdigest()


def remembering(name: str, path: Path | None = None, detector: Detector | None = None) -> RememberingDetector:
    """The detector of that name with the user's cache of faces; it is built when a picture is new to it.

    Raises InputError for a name that is not known.
    """
    if detector is None and name not in DETECTORS:
        raise InputError(f"no detector is called {name!r}, known are: {', '.join(DETECTORS)}")
    return RememberingDetector(name, path or cache_folder().parent / "faces.sqlite", detector)


def _values(face: Face) -> list[object]:
    marks = face.landmarks.points() if face.landmarks else None
    return [face.box.as_tuple(), face.score, marks]


def _face(values: list[object]) -> Face:
    box, score, marks = values
    assert isinstance(box, list)
    points = [(float(x), float(y)) for x, y in marks] if isinstance(marks, list) else None
    return Face(Box(*map(float, box)), float(str(score)), Landmarks(*points) if points else None)
