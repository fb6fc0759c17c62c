"""The benchmark's table: the same faces for all, sources weighed as said, cues judged on sources left out."""

from __future__ import annotations

import csv
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from liveness.errors import DatasetError, InputError
from liveness.measure.benchmark import Benchmark, Limits, benchmark
from liveness.measure.trivial import CUES, best_cue, left_out_scores, measure_cues
from liveness.metrics import auc
from liveness.systems import load_system
from liveness.types import Box, Label, Sample

BOX = Box(8, 8, 40, 40)
Make = Callable[..., Path]


def finish(work: Generator[Any, None, Benchmark]) -> Benchmark:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    """Four sources of six pictures a class. The face is bright when live; the border tells only within a
    source: bright around live faces in s0 and s1, dark in s2 and s3."""
    rng = np.random.default_rng(0)
    made = []
    for source in range(4):
        for label in Label:
            live = label is Label.BONA_FIDE
            for i in range(6):
                border = 255 if live == (source < 2) else 0
                image = np.full((48, 48, 3), border, np.uint8)
                image[8:40, 8:40] = rng.integers(140, 250) if live else rng.integers(10, 110)
                path = tmp_path / f"s{source}_{label.value}_{i}.png"
                PIL.Image.fromarray(image).save(path)
                species = "" if live else ("print", "replay", "mixed")[i % 3]
                split = ("train", "test")[source % 2]
                made.append(
                    Sample(path, label, species, source=f"s{source}", split=split, kind="crop", box=BOX)
                )
    return made


def test_one_line_a_system_and_part(samples: list[Sample], make_model: Make, tmp_path: Path) -> None:
    good, bad = make_model("good.onnx"), make_model("bad.onnx", gain=-20.0)
    systems = [load_system(good), load_system(bad)]
    limits = Limits(mean=5, worst=6, repeats=20)
    result = finish(benchmark(systems, samples, out=tmp_path / "out", limits=limits))
    assert result.systems == ("good", "bad")
    parts = [(line.part, line.system) for line in result.lines]
    names = ("good", "bad", "best cue", "cues, boosted")
    assert parts == [(f"{p}, crops", n) for p in ("all", "train + dev", "test") for n in names]
    lines = dict(zip(parts, result.lines))
    right, wrong = lines["all, crops", "good"], lines["all, crops", "bad"]
    assert (right.sources, right.mean_auc, right.auc, right.eer) == (4, 1.0, 1.0, 0.0)
    assert (wrong.mean_auc, wrong.worst_auc, wrong.eer) == (0.0, 0.0, 1.0)
    assert right.bpcer_at[1][1].total == 24
    assert right.report is not None
    assert {name: rate.total for name, rate in right.report.apcer_by_species.items()} == {
        "print": 8,
        "replay": 8,
        "unknown": 8,
    }
    assert all(ms > 0 for ms in result.milliseconds)
    with (tmp_path / "out" / "scores.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    live = np.array([row["label"] == "bona_fide" for row in rows])
    assert auc(np.array([float(row["good"]) for row in rows]), live) == 1.0


def test_sources_too_small_are_neither_counted_nor_worst(samples: list[Sample], tiny_model: Path) -> None:
    smaller = [s for s in samples if s.source != "s3" or s.path.stem.endswith(("_0", "_1"))]
    result = finish(
        benchmark([load_system(tiny_model)], smaller, limits=Limits(mean=3, worst=100, repeats=5))
    )
    assert (result.lines[0].sources, result.lines[0].worst) == (3, "")
    by_source = {line.source: line for line in result.by_source}
    assert (by_source["s3"].bona_fide, by_source["s3"].attacks, by_source["s3"].cue) == (2, 2, "")
    assert by_source["s0"].cue_auc == 1.0  # within a source the border tells
    assert by_source["s0"].aucs == (1.0,)


def test_a_cue_that_turns_between_sources_is_worth_nothing_on_others(
    samples: list[Sample], tiny_model: Path
) -> None:
    """Contrast tells live from attack in every source, but its direction is another in s2 and s3."""
    live = np.array([s.label is Label.BONA_FIDE for s in samples])
    sources = np.array([s.source for s in samples])
    turned = np.where((sources < "s2") == live, 1.0, 0.0)
    cues = np.stack([turned + np.arange(len(live)) / 1000, np.zeros(len(live))], axis=1)
    for source in ("s0", "s3"):
        assert best_cue(cues[sources == source], live[sources == source]) == (0, 1.0)
    # s0 and s1 left out together: what s2 and s3 teach is the wrong way round.
    groups = np.where(sources < "s2", "a", "b")
    assert auc(left_out_scores(cues, live, groups)["best cue"], live) < 0.1
    with pytest.raises(InputError, match="at least two"):
        left_out_scores(cues, live, np.full(len(live), "a"))


def test_a_cue_that_holds_is_found(samples: list[Sample]) -> None:
    live = np.array([s.label is Label.BONA_FIDE for s in samples])
    sources = np.array([s.source for s in samples])
    rng = np.random.default_rng(0)
    cues = np.stack(
        [rng.normal(size=len(live)), np.where(live, -1, 0) + rng.normal(0, 0.05, len(live))], axis=1
    )
    for scores in left_out_scores(cues, live, sources).values():
        assert scores.min() >= 0
        assert scores.max() <= 1
        assert auc(scores, live) > 0.95


def test_cues_are_what_they_are_called(tmp_path: Path) -> None:
    image = np.zeros((40, 80, 3), np.uint8)
    image[:, 40:] = (200, 0, 0)
    path = tmp_path / "a.png"
    PIL.Image.fromarray(image).save(path)
    cues = dict(zip(CUES, measure_cues(Sample(path, Label.ATTACK), image, Box(0, 0, 20, 30))))
    grey = round(0.299 * 200)
    assert (cues["brightness"], cues["contrast"]) == (grey / 2, grey / 2)
    assert cues["saturation"] == 127.5
    assert cues["sharpness"] > 0
    assert cues["bytes_px"] == path.stat().st_size / 3200
    assert (cues["width"], cues["height"], cues["face_share"]) == (80, 40, 0.25)


def test_faces_not_found_are_in_the_report(samples: list[Sample], tiny_model: Path) -> None:
    result = finish(
        benchmark(
            [load_system(tiny_model)],
            [Sample(s.path, s.label, s.pai_species, source=s.source, kind=s.kind) for s in samples],
            lambda image: [],
            limits=Limits(repeats=5),
        )
    )
    assert result.lines == ()  # nothing to rank
    assert all(np.isnan(line.cue_auc) for line in result.by_source)


def test_nothing_readable(tmp_path: Path, tiny_model: Path) -> None:
    with pytest.raises(DatasetError, match="none of 1 files"):
        finish(benchmark([load_system(tiny_model)], [Sample(tmp_path / "no.png", Label.ATTACK, box=BOX)]))
