"""A model's file tells which pictures it has learned from, and an evaluation of these says so."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from liveness.data.ziparchive import sha256_of
from liveness.learned import Overlap, traces
from liveness.measure.evaluate import Evaluation, evaluate
from liveness.measure.memory import memory_notes
from liveness.measure.report import html_report
from liveness.systems import load_system
from liveness.types import Box, Label, Sample

Make = Callable[..., Path]


def digests(count: int, start: int = 0) -> list[str]:
    return [hashlib.sha256(str(i).encode()).hexdigest() for i in range(start, start + count)]


def share(text: str, looked: list[str]) -> float | None:
    overlap = Overlap(text)
    for digest in looked:
        overlap.look(digest)
    return overlap.share


def test_files_that_were_learned_are_known_again() -> None:
    few = traces(digests(100))
    assert traces(reversed(digests(100))) == few
    assert share(few, digests(100)) == 1
    assert share(few, digests(100, start=50)) == 0.5
    assert share(few, digests(100, start=500)) == 0
    assert share("", digests(100)) is None
    assert share(few, []) is None


def test_of_many_a_sample_is_kept() -> None:
    many = traces(digests(50_000))
    assert len(many) < 25_000
    assert share(many, digests(50_000)) == 1
    assert share(many, digests(50_000, start=50_000)) == 0
    assert share(many, digests(50_000, start=25_000)) == pytest.approx(0.5, abs=0.05)


def test_what_a_model_started_from_is_kept_too() -> None:
    first, second = traces(digests(50)), traces(digests(50, start=50))
    assert traces(digests(50, start=50), first) == traces(digests(50), second) == traces(digests(100))


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    found = []
    for number, split in enumerate(("train", "train", "dev", "test")):
        path = tmp_path / f"{number}.png"
        PIL.Image.fromarray(np.full((64, 64, 3), 60 * number, np.uint8)).save(path)
        label = Label.BONA_FIDE if number % 2 else Label.ATTACK
        found.append(Sample(path, label, "" if number % 2 else "print", split=split, box=Box(16, 16, 48, 48)))
    return found


def evaluated(model: Path, samples: list[Sample]) -> Evaluation:
    work = evaluate([load_system(model)], samples)
    while True:
        try:
            next(work)
        except StopIteration as end:
            done: Evaluation = end.value
            return done


def test_a_model_asked_about_its_own_pictures(make_model: Make, samples: list[Sample]) -> None:
    learned = traces(sha256_of(s.path) for s in samples[:3])
    done = evaluated(make_model("own.onnx", learned=learned), samples)
    assert done.facts.systems[0].learned == 0.75
    (note,) = memory_notes(done)
    assert "own has learned from 75.0% of these pictures" in note
    assert "no error rate of anything but memory" in note
    assert memory_notes(evaluated(make_model("own.onnx", learned=learned), samples[3:])) == []
    (note,) = memory_notes(evaluated(make_model("own.onnx", learned=learned), samples[:3]))
    assert "has learned from these pictures" in note


def test_a_model_that_does_not_say(make_model: Make, samples: list[Sample]) -> None:
    (note,) = memory_notes(evaluated(make_model("a.onnx", training_data="40 rooms"), samples))
    assert "3 of 4 presentations are of the data set's train or dev part" in note
    assert "cannot be told (its file says: 40 rooms)" in note
    assert memory_notes(evaluated(make_model("a.onnx"), samples[3:])) == []


def test_the_report_says_it_first(make_model: Make, samples: list[Sample], tmp_path: Path) -> None:
    from liveness.measure.evalfolder import write_evaluation

    learned = traces(sha256_of(s.path) for s in samples[:3])
    write_evaluation(tmp_path / "out", evaluated(make_model("own.onnx", learned=learned), samples))
    page = html_report(tmp_path / "out")
    assert page.index("own has learned from 75.0% of these pictures") < page.index("<table")
