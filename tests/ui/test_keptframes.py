"""Frames are kept only where a visitor ticked it: how many, where, and when they are gone."""

from __future__ import annotations

import base64
import csv
import io
import zipfile
from itertools import count
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from liveness.types import Image
from liveness.ui import keptframes, livecards, visitors
from liveness.ui.keptframes import KeptFrames
from tests.clips import ASTRONAUT, noisy, view
from tests.ui.test_live import Always


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of a second goes by whenever somebody looks."""
    times = count()
    monkeypatch.setattr(visitors, "monotonic", lambda: next(times) / 10)


def saved(url: str) -> tuple[str, bytes]:
    """Type and bytes of a data: URL."""
    head, _, body = url.partition(";base64,")
    return head.removeprefix("data:"), base64.b64decode(body)


def stream(
    visitor: visitors.Visitor, astronaut: Image, frames: int, keep: bool, known: int = 0
) -> list[Image]:
    image, face = view(astronaut, ASTRONAUT)
    pipeline = Always(0.9).pipeline(face)
    shots = [noisy(image, known + i) for i in range(frames)]
    for shot in shots:
        visitor.look(pipeline, shot, keep=keep)
    return shots


def test_unticked_nothing_is_kept_and_numbers_are_saved(astronaut: Image) -> None:
    visitor = visitors.Visitor()
    stream(visitor, astronaut, 10, keep=False)
    assert visitor.frames == 0
    kind, data = saved(visitor.take())
    assert kind == "text/csv"
    assert len(list(csv.DictReader(io.StringIO(data.decode())))) == 10


def test_ticked_the_frames_of_the_rows_are_saved_and_then_gone(astronaut: Image) -> None:
    visitor = visitors.Visitor()
    stream(visitor, astronaut, 4, keep=False)
    shots = stream(visitor, astronaut, 10, keep=True, known=4)
    kind, data = saved(visitor.take())
    assert kind == "application/zip"
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        names = file.namelist()
        rows = list(csv.DictReader(io.StringIO(file.read("scores.csv").decode())))
        pictures = {name: PIL.Image.open(io.BytesIO(file.read(name))) for name in names[1:]}
    assert len(rows) == 14
    numbers = [int(Path(name).stem) for name in pictures]
    assert numbers == [4, 6, 8, 10, 12], "from the tick on, five a second of ten"
    assert {str(number) for number in numbers} <= {row["frame"] for row in rows}
    last = np.asarray(pictures["frames/000012.jpg"], np.int16)
    assert np.abs(last - shots[8]).mean() < 4, "the picture of that row, not another"
    assert visitor.frames == 0
    assert saved(visitor.take())[0] == "text/csv"


def test_a_tick_taken_back_drops_them(astronaut: Image) -> None:
    visitor = visitors.Visitor()
    stream(visitor, astronaut, 6, keep=True)
    assert visitor.frames == 3
    visitor.drop_frames()  # the camera has stopped
    assert visitor.frames == 0
    stream(visitor, astronaut, 6, keep=True, known=6)
    stream(visitor, astronaut, 1, keep=False, known=12)
    assert visitor.frames == 0


def test_they_are_few_and_small() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    kept = KeptFrames()
    for i in range(keptframes.FRAMES + 20):
        kept.add(i, noise, i / keptframes.A_SECOND)
    assert len(kept) == keptframes.FRAMES
    large = np.random.default_rng(0).integers(0, 256, (1080, 1920, 3), dtype=np.uint8)
    for i in range(12):
        kept.add(i, large, 1000 + i)
    size = len(kept.zipped(""))
    assert 1 < len(kept) < 12
    assert size < keptframes.MEGABYTES * 1_000_000 + 10_000
    kept.clear()
    assert len(kept) == 0


def test_who_leaves_takes_them_along_and_late_frames_begin_nothing(
    astronaut: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = visitors.Visitors()
    stream(known.of("a"), astronaut, 6, keep=True)
    stream(known.of("b"), astronaut, 6, keep=True)
    known.leave("a")
    stream(known.of("a"), astronaut, 2, keep=True)  # was on its way when the page closed
    assert len(known) == 1
    assert known.of("a").frames == 0
    assert known.of("b").frames == 3, "another visitor's are left alone"
    monkeypatch.setattr(visitors, "monotonic", lambda: 100.0)
    assert known.of("a") is known.of("a"), "the same page, back after a while, is a visitor again"


def test_what_is_kept_is_said_beside_the_tick() -> None:
    for words in ("none is kept", "memory", "never on its disk", "200", "12 MB", "leave the page"):
        assert words in livecards.KEEP
    assert "None is kept unless you tick" in livecards.get_ready(4, 300)
