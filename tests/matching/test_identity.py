"""A followed face that goes on, and one that is put in its place."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

from liveness.matching.identity import Look, look
from liveness.types import Box, Face, Image
from tests.clips import ASTRONAUT, drawn, noisy, view


def looks(picture: Image, face: Face, spots: list[tuple[float, float, float]]) -> list[Look]:
    found = []
    for i, (x, y, zoom) in enumerate(spots):
        image, place = view(picture, face, (x, y), zoom)
        seen = look(noisy(image, i), place)
        assert seen is not None
        found.append(seen)
    return found


SPOTS = [(320.0, 240.0, 1.4), (330.0, 236.0, 1.45), (300.0, 250.0, 1.3), (350.0, 230.0, 1.1)]


def test_a_face_that_moves_and_grows_stays_the_same(astronaut: Image) -> None:
    for picture, face in ((astronaut, ASTRONAUT), drawn()):
        for a, b in combinations(looks(picture, face, SPOTS), 2):
            assert a.same(b)
            assert a.likeness(b) == pytest.approx(b.likeness(a))


def test_another_face_in_its_place_is_not_the_same(astronaut: Image) -> None:
    mine, other = looks(astronaut, ASTRONAUT, SPOTS), looks(*drawn(), SPOTS)
    assert not any(a.same(b) for a in mine for b in other)


def test_light_alone_does_not_make_another_face(astronaut: Image) -> None:
    image, face = view(astronaut, ASTRONAUT)
    bright, dark = look(image, face), look((image * 0.5).astype(np.uint8), face)
    assert bright is not None
    assert dark is not None
    assert bright.same(dark)


def test_a_face_outside_the_picture_has_no_look(astronaut: Image) -> None:
    assert look(astronaut, Face(Box(900, 900, 990, 990), 1.0)) is None


def test_two_people_of_the_shared_clips_are_told_apart(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a swap: one face after the other at the same place."""
    from liveness.detect import build_detector
    from liveness.video import read_video

    monkeypatch.setenv("LIVENESS_MODELS", str(shared / "models"))
    detect, people = build_detector("yunet"), []
    for name in ("live_v2.mp4", "live_v4.mp4"):
        frames = list(read_video(shared / "data" / "videos" / name, 12, 0.0, 2.0))
        people.append([look(f.image, detect(f.image)[0]) for f in frames])
    first, second = people
    assert all(a is not None and b is not None and a.same(b) for p in people for a, b in pairwise(p))
    assert not any(a is not None and b is not None and a.same(b) for a in first for b in second)
