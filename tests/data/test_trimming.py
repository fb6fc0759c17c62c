"""The cache stays below its size: the longest unused go, what a training may be reading stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from liveness.data.prepare import Prepared, prepare
from liveness.data.trimming import most_bytes, trim
from liveness.errors import InputError
from liveness.types import Box, Label, Sample

DAY = 86_400.0


def kept(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*.face")}


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Ten files of 100 bytes, 0.face used ten days ago, 9.face a day ago; and one of another kind."""
    for number in range(10):
        path = tmp_path / str(number % 3) / f"{number}.face"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"\0" * 100)
        used = time.time() - (10 - number) * DAY
        os.utime(path, (used, used))
    (tmp_path / "0" / "diary.txt").write_bytes(b"\0" * 5000)
    return tmp_path


def test_the_longest_unused_go_until_it_fits(filled: Path) -> None:
    assert trim(filled, "*.face", 650, in_use=0) == 400
    assert kept(filled) == {f"{n}.face" for n in range(4, 10)}
    assert trim(filled, "*.face", 650, in_use=0) == 0
    assert (filled / "0" / "diary.txt").is_file()


def test_what_was_used_lately_stays_even_if_it_is_too_much(filled: Path) -> None:
    assert trim(filled, "*.face", 0, in_use=3.5 * DAY) == 700
    assert kept(filled) == {"7.face", "8.face", "9.face"}


def test_the_size_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIVENESS_CACHE_GB", raising=False)
    assert most_bytes() == 20_000_000_000
    monkeypatch.setenv("LIVENESS_CACHE_GB", "0.5")
    assert most_bytes() == 500_000_000
    for wrong in ("much", "-1", "nan"):
        monkeypatch.setenv("LIVENESS_CACHE_GB", wrong)
        with pytest.raises(InputError, match=f"number of gigabytes, got '{wrong}'"):
            most_bytes()


def prepared(samples: list[Sample], cache: Path) -> Prepared:
    steps = prepare(samples, lambda: pytest.fail("the boxes are given"), cache=cache)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Prepared = end.value
            return found


def test_preparing_trims_what_other_data_left_and_never_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = []
    for number in range(4):
        path = tmp_path / f"{number}.png"
        PIL.Image.fromarray(np.full((60, 60, 3), 40 * number, np.uint8)).save(path)
        samples.append(Sample(path, Label.BONA_FIDE, box=Box(10, 10, 50, 50)))
    cache = tmp_path / "cache"
    old = [example.region for example in prepared(samples[:2], cache).examples]
    for region in old:
        os.utime(region, (0, 0))
    monkeypatch.setenv("LIVENESS_CACHE_GB", "0")
    found = prepared(samples[1:], cache)
    assert not old[0].exists(), "not used since long ago, and there is no room"
    assert old[1].is_file(), "taken from the cache again, so in use"
    assert len(found.examples) == 3
    assert all(example.image().shape for example in found.examples)
