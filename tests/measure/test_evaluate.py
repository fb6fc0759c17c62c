"""Evaluation: what is counted, how frames become presentations, and what is said about how it was made."""

from __future__ import annotations

import csv
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from liveness.data.samples import load_dataset
from liveness.errors import DatasetError
from liveness.measure.evaluate import Evaluation, Setting, dataset_name, evaluate, with_thresholds
from liveness.measure.judging import BATCH, EvaluateOptions, judge
from liveness.metrics import Rate
from liveness.modelfile import default_model
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


def run(system: System, samples: Sequence[Sample], *more: Any, **options: Any) -> Evaluation:
    return finish(evaluate([system], samples, *more, **options))


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
    scored = run(system, samples).scored
    report = scored.report()
    assert report.bpcer == Rate(1, 4)
    assert dict(report.apcer_by_species) == {"print": Rate(1, 2), "replay": Rate(0, 3), "unknown": Rate(1, 1)}
    assert report.worst_species == "print"
    assert scored.groupings() == ["source"]
    assert scored.by("source")["s2"].apcer == Rate(0, 3)
    assert scored.by("source")["s2"].bpcer == Rate(0, 0)
    assert (scored.pictures, len(scored)) == (10, 10)
    assert [spread.column for spread in scored.spreads()] == ["source"]


def test_another_threshold_needs_no_network(
    system: System, samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(system, samples, thresholds=[1.0]).scored.report().bpcer == Rate(4, 4)
    done = run(system, samples)
    monkeypatch.setattr(System, "score", None)
    moved = with_thresholds(done, [1.0])
    assert moved.scored.report().bpcer == done.scored.report(threshold=1.0).bpcer == Rate(4, 4)
    assert moved.facts.systems[0].threshold == 1


def test_several_systems_see_the_same_faces(
    make_model: Callable[..., Path], samples: list[Sample], tmp_path: Path
) -> None:
    (tmp_path / "twin").mkdir()
    bright, strict, twin = (
        load_system(make_model(name, gain=gain, threshold=threshold))
        for name, gain, threshold in (
            ("a.onnx", 20.0, 0.5),
            ("b.onnx", 20.0, 0.99999),
            ("twin/a.onnx", -20.0, 0.5),
        )
    )
    scored = finish(evaluate([bright, strict, twin], samples)).scored
    assert scored.systems == (f"{tmp_path.name}/a", "b", "twin/a")
    np.testing.assert_array_equal(scored.scores[:, 0], scored.scores[:, 1])
    assert scored.report(0).bpcer == Rate(1, 4)
    assert scored.report("b").bpcer == Rate(4, 4)
    assert scored.report("twin/a").auc == pytest.approx(1 - scored.report(0).auc)


def test_the_worst_mistakes_come_first(system: System, samples: list[Sample]) -> None:
    scored = run(system, samples).scored
    wrong = [Path(scored.places["path"][row]).name for row in scored.mistakes()]
    assert wrong == ["240_attack_mixed_s2.png", "230_attack_print_s1.png", "40_bona_fide__s1.png"]
    assert scored.mistakes(most=1) == scored.mistakes()[:1]
    assert scored.mistakes(threshold=0) == sorted(
        np.flatnonzero(~scored.live), key=lambda row: -scored.scores[row, 0]
    )
    assert scored.box(scored.mistakes()[0]) == BOX


def test_what_was_evaluated_is_said(system: System, samples: list[Sample], tmp_path: Path) -> None:
    setting = Setting("made", tmp_path, "the test part", "boxes", "liveness evaluate made")
    facts = run(system, samples, setting=setting).facts
    assert (facts.dataset, facts.part, facts.command) == ("made", "the test part", "liveness evaluate made")
    (fact,) = facts.systems
    assert (fact.name, fact.threshold, fact.operating_point) == ("model", 0.5, "chosen by hand for tests")
    assert len(fact.sha256["model.onnx"]) == 64
    assert facts.environment["liveness"]
    again = run(system, list(reversed(samples)), setting=setting).facts
    assert again.fingerprint == facts.fingerprint, "the order does not matter"
    other = [replace(samples[0], label=Label.ATTACK), *samples[1:]]
    assert run(system, other, setting=setting).facts.fingerprint != facts.fingerprint
    assert run(system, samples, thresholds=[0.1]).facts.systems[0].operating_point == "set by hand"


def test_a_data_set_is_named_without_its_place(tmp_path: Path) -> None:
    assert dataset_name(tmp_path / "faces") == "faces"
    assert dataset_name(tmp_path / "faces" / "manifest.csv") == "faces"
    assert dataset_name(f"oulu-npu@1:{tmp_path}") == "oulu-npu@1"
    assert dataset_name(f"oulu-npu:{tmp_path}") == "oulu-npu"


def test_faces_not_found_are_refused_end_to_end(system: System, samples: list[Sample]) -> None:
    def bright_only(image: Image) -> list[Face]:
        return [Face(BOX, 1.0)] if image.mean() > 100 else []

    scored = run(system, samples, bright_only, options=EvaluateOptions(detector_only=True)).scored
    report = scored.report()
    assert (report.bpcer, report.bpnrr, report.bpcer_end_to_end) == (Rate(0, 3), Rate(1, 4), Rate(1, 4))
    assert report.apnrr == Rate(4, 6)
    assert report.apcer_by_species["print"] == Rate(1, 1)
    assert report.apcer_end_to_end == Rate(1, 2)
    assert scored.box(3) is None


def test_the_detector_is_asked_only_where_there_is_no_box(
    system: System, samples: list[Sample], tmp_path: Path
) -> None:
    asked: list[float] = []

    def detect(image: Image) -> list[Face]:
        asked.append(float(image.mean()))
        return [Face(BOX, 1.0)]

    boxless = Sample(picture(tmp_path, "boxless.png", 90), Label.ATTACK)
    run(system, [*samples, boxless], detect)
    assert asked == [90]


def test_unreadable_files_are_listed_and_left_out(
    system: System, samples: list[Sample], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    boxless = Sample(picture(tmp_path, "boxless.png", 90), Label.ATTACK)
    outside = Sample(samples[0].path, Label.ATTACK, box=Box(900, 900, 950, 950))
    missing = Sample(tmp_path / "gone.png", Label.ATTACK, box=BOX)
    extra = [Sample(broken, Label.ATTACK, box=BOX), boxless, outside, missing]
    done = run(system, [*samples, *extra], setting=Setting(root=tmp_path))
    assert done.scored.pictures == len(samples)
    left_out = done.facts.left_out
    assert [p.where for p in left_out] == ["broken.png", "boxless.png", samples[0].path.name, "gone.png"]
    assert "no face box and no detector" in left_out[1].reason
    with pytest.raises(DatasetError, match="none of 4 files could be judged"):
        run(system, extra)


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
        scored = run(system, [clip, still], options=options).scored
        assert (scored.pictures, len(scored)) == (5, 2)
        found[join] = scored.report().bpcer
    assert found["max"] == Rate(0, 1)
    assert found["min"] == Rate(1, 1)


def test_frames_of_one_presentation_count_once(system: System, samples: list[Sample], tmp_path: Path) -> None:
    frames = [
        Sample(picture(tmp_path, f"f{level}.png", level), Label.BONA_FIDE, presentation="p1", box=BOX)
        for level in (250, 250, 90)
    ]
    assert run(system, [*samples, *frames]).scored.report().bpcer == Rate(1, 5)


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


def test_scores_do_not_depend_on_how_many_work(tmp_path: Path) -> None:
    trained = load_system(default_model(), threads=1)
    rng = np.random.default_rng(3)
    samples = []
    for i in range(2 * BATCH + 5):
        path = tmp_path / f"{i:03}.png"
        PIL.Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
        samples.append(Sample(path, Label.ATTACK, box=BOX if i % 3 else Box(0, 10, 30, 50)))
    samples[20] = replace(samples[20], path=tmp_path / "gone.png")
    one, four = (
        list(judge([trained], samples, options=EvaluateOptions(workers=workers))) for workers in (1, 4)
    )
    assert one == four
    assert len({j.scores for j in one}) > BATCH


def test_no_more_pictures_are_opened_than_will_soon_be_scored(system: System, tmp_path: Path) -> None:
    path = picture(tmp_path, "a.png", 200)
    looked: list[int] = []

    def detect(image: Image) -> list[Face]:
        looked.append(1)
        return [Face(BOX, 1.0)]

    work = judge([system], [Sample(path, Label.ATTACK)] * (20 * BATCH), detect, EvaluateOptions(workers=2))
    assert next(work).scores
    work.close()  # as a cancelled evaluation does
    assert len(looked) <= 4 * BATCH


def test_every_column_of_a_manifest_reaches_the_tables(
    system: System, tmp_path: Path, samples: list[Sample]
) -> None:
    with (tmp_path / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "kind", "skin_tone", "left", "top", "right", "bottom"])
        for i, sample in enumerate(samples):
            kind, tone = "frame" if i % 2 else "crop", "dark" if i % 3 else "light"
            writer.writerow([sample.path.name, sample.label.value, kind, tone, *BOX.as_tuple()])
    scored = run(system, load_dataset(tmp_path).samples).scored
    assert scored.groupings() == ["kind", "skin_tone"]
    assert scored.traits() == ["skin_tone"]
    assert sorted(scored.by("kind")) == ["crop", "frame"]
    tones = scored.by("skin_tone")
    assert sum(report.bpcer.total for report in tones.values()) == 4
    assert scored.report().worst_species == "unknown"
