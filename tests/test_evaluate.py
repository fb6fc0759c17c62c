"""Evaluation: what is counted, how frames become presentations, and what is written."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from liveness.data.samples import load_dataset
from liveness.errors import DatasetError
from liveness.evaluate import BATCH, EvaluateOptions, Evaluation, evaluate, judge
from liveness.metrics import Rate
from liveness.systems import System, load_system
from liveness.types import Box, Face, Image, Label, Sample
from liveness.video import VideoWriter

BOX = Box(16, 16, 48, 48)


def picture(folder: Path, name: str, level: int) -> Path:
    path = folder / name
    PIL.Image.fromarray(np.full((64, 64, 3), level, np.uint8)).save(path)
    return path


def finish(work: Generator[Any, None, Evaluation]) -> Evaluation:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


@pytest.fixture
def system(tiny_model: Path) -> System:
    return load_system(tiny_model)


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    """Two sources. Live: bright, one dark. Prints dark, one bright; replays dark; one of several kinds."""

    def sample(level: int, label: Label, species: str, source: str) -> Sample:
        path = picture(tmp_path, f"{level}_{label.value}_{species}_{source}.png", level)
        return Sample(path, label, species, source=source, box=BOX)

    live, attack = Label.BONA_FIDE, Label.ATTACK
    return [
        *(sample(level, live, "", "s1") for level in (200, 210, 220, 40)),
        *(sample(level, attack, "print", "s1") for level in (30, 230)),
        *(sample(level, attack, "replay", "s2") for level in (20, 25, 35)),
        sample(240, attack, "mixed", "s2"),
    ]


def test_rates_by_species_and_source(system: System, samples: list[Sample]) -> None:
    result = finish(evaluate(system, samples))
    assert result.report.bpcer == Rate(1, 4)
    assert dict(result.report.apcer_by_species) == {
        "print": Rate(1, 2),
        "replay": Rate(0, 3),
        "unknown": Rate(1, 1),
    }
    assert result.report.worst_species == "print"
    assert set(result.by) == {"source"}
    assert result.by["source"]["s2"].apcer == Rate(0, 3)
    assert result.by["source"]["s2"].bpcer == Rate(0, 0)
    assert (result.pictures, result.presentations) == (10, 10)


def test_another_threshold_needs_no_other_model(system: System, samples: list[Sample]) -> None:
    assert finish(evaluate(system, samples, threshold=1.0)).report.bpcer == Rate(4, 4)


def test_scores_and_report_are_written(system: System, samples: list[Sample], tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = finish(evaluate(system, samples, out=out))
    assert sorted(p.name for p in out.iterdir()) == ["report.json", "scores.csv"]
    with (out / "scores.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    scores = [judged.scores[0] for judged in judge([system], samples)]
    assert [float(row["score"]) for row in rows] == scores  # every digit
    assert [row["verdict"] for row in rows[:4]] == ["bona_fide"] * 3 + ["attack"]
    assert rows[4]["pai_species"] == "print"
    values = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert values["overall"]["bpcer"] == {
        "rate": 0.25,
        "low": pytest.approx(result.report.bpcer.interval[0]),
        "high": pytest.approx(result.report.bpcer.interval[1]),
        "errors": 1,
        "total": 4,
    }
    assert values["by_source"]["s2"]["bpcer"]["rate"] is None


def test_a_stopped_evaluation_leaves_nothing(system: System, samples: list[Sample], tmp_path: Path) -> None:
    work = evaluate(system, samples, out=tmp_path / "out")
    next(work)
    work.close()
    assert list((tmp_path / "out").iterdir()) == []


def test_faces_not_found_are_refused_end_to_end(system: System, samples: list[Sample]) -> None:
    def bright_only(image: Image) -> list[Face]:
        return [Face(BOX, 1.0)] if image.mean() > 100 else []

    result = finish(evaluate(system, samples, bright_only, options=EvaluateOptions(detector_only=True)))
    report = result.report
    assert (report.bpcer, report.bpnrr, report.bpcer_end_to_end) == (Rate(0, 3), Rate(1, 4), Rate(1, 4))
    assert report.apnrr == Rate(4, 6)
    assert report.apcer_by_species["print"] == Rate(1, 1)
    assert report.apcer_end_to_end == Rate(1, 2)


def test_the_detector_is_asked_only_where_there_is_no_box(
    system: System, samples: list[Sample], tmp_path: Path
) -> None:
    asked: list[float] = []

    def detect(image: Image) -> list[Face]:
        asked.append(float(image.mean()))
        return [Face(BOX, 1.0)]

    boxless = Sample(picture(tmp_path, "boxless.png", 90), Label.ATTACK)
    finish(evaluate(system, [*samples, boxless], detect))
    assert asked == [90]


def test_unreadable_files_are_listed_and_left_out(
    system: System, samples: list[Sample], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    boxless = Sample(picture(tmp_path, "boxless.png", 90), Label.ATTACK)
    outside = Sample(samples[0].path, Label.ATTACK, box=Box(900, 900, 950, 950))
    extra = [Sample(broken, Label.ATTACK, box=BOX), boxless, outside]
    result = finish(evaluate(system, [*samples, *extra]))
    assert result.pictures == len(samples)
    assert [Path(p.where).name for p in result.problems] == [
        "broken.png",
        "boxless.png",
        samples[0].path.name,
    ]
    assert "no face box and no detector" in result.problems[1].reason
    with pytest.raises(DatasetError, match="none of 3 files could be judged"):
        finish(evaluate(system, extra))


def test_a_video_counts_once(system: System, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, 10) as writer:
        for index in range(20):
            writer.write(np.full((64, 64, 3), 230 if index < 10 else 20, np.uint8))
    clip = Sample(path, Label.BONA_FIDE, box=BOX)
    still = Sample(picture(tmp_path, "dark.png", 20), Label.ATTACK, box=BOX)
    found = {}
    for join in ("mean", "max", "min"):
        options = EvaluateOptions(video_frames=4, join=join)  # type: ignore[arg-type]
        result = finish(evaluate(system, [clip, still], options=options))
        assert (result.pictures, result.presentations) == (5, 2)
        found[join] = result.report.bpcer
    assert found["max"] == Rate(0, 1)
    assert found["min"] == Rate(1, 1)


def test_frames_of_one_presentation_count_once(system: System, samples: list[Sample], tmp_path: Path) -> None:
    frames = [
        Sample(picture(tmp_path, f"f{level}.png", level), Label.BONA_FIDE, presentation="p1", box=BOX)
        for level in (250, 250, 90)
    ]
    result = finish(evaluate(system, [*samples, *frames]))
    assert result.report.bpcer == Rate(1, 5)


def test_order_holds_over_batches_and_threads(system: System, tmp_path: Path) -> None:
    levels = [(7 * i) % 256 for i in range(2 * BATCH + 5)]
    samples = [
        Sample(picture(tmp_path, f"{i:03}.png", level), Label.ATTACK, box=BOX)
        for i, level in enumerate(levels)
    ]
    judged = list(judge([system], samples, options=EvaluateOptions(workers=4)))
    assert [j.sample for j in judged] == samples
    np.testing.assert_allclose(
        [j.scores[0] for j in judged], 1 / (1 + np.exp(-20 * (np.array(levels) / 255 - 0.5))), atol=1e-5
    )


def test_the_demo_manifest_columns_reach_the_report(
    system: System, make_model: Callable[..., Path], tmp_path: Path, samples: list[Sample]
) -> None:
    with (tmp_path / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "kind", "left", "top", "right", "bottom"])
        for i, sample in enumerate(samples):
            kind = "frame" if i % 2 else "crop"
            writer.writerow([sample.path.name, sample.label.value, kind, *BOX.as_tuple()])
    result = finish(evaluate(system, load_dataset(tmp_path).samples))
    assert sorted(result.by["kind"]) == ["crop", "frame"]
    assert result.report.worst_species == "unknown"
