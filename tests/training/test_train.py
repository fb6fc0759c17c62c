"""Training for real, on drawn pictures of 32 pixels."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from liveness.config import AugmentConfig, CropConfig, InputConfig, TrainConfig
from liveness.data.samples import load_dataset
from liveness.errors import DatasetError, RunError
from liveness.measure.figures import write_figures
from liveness.training.network import load_checkpoint
from liveness.training.runs import Progress, RunFolder
from liveness.training.train import train
from liveness.types import Label, Sample
from tests.drawn import write_drawn
from tests.tiny import tiny_registered

CONFIG = TrainConfig(
    network="tiny",
    init="none",
    input=InputConfig(CropConfig(size=32, margin=1.5)),
    augment=AugmentConfig(margin=(1.2, 1.8), wide=0.0, strength=0.3),
    epochs=2,
    batch=16,
    ema=0.8,
    precision="fp32",
    seed=1,
)


@pytest.fixture(scope="module", autouse=True)
def _tiny() -> Iterator[None]:
    with tiny_registered():
        yield


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sample, ...]:
    return load_dataset(write_drawn(tmp_path_factory.mktemp("drawn"), count=8, split=True)).samples


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def whole(samples: tuple[Sample, ...], cache: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run that nobody disturbed."""
    run = RunFolder(tmp_path_factory.mktemp("runs") / "whole")
    steps = list(train(samples, CONFIG, run.path, cache=cache))
    assert steps[-1].state == "done"
    return run


def until(steps: Iterator[Progress], step: int) -> Iterator[Progress]:
    """Consume a run up to a step."""
    for progress in steps:
        if progress.step >= step:
            break
    return steps


def test_what_a_run_leaves(whole: RunFolder) -> None:
    names = {p.name for p in whole.path.iterdir()}
    assert names - {"tensorboard"} == {
        "best.pt", "last.pt", "config.json", "environment.json", "metrics.csv", "progress.json",
        "dev_scores.csv", "log.txt",
    }  # fmt: skip
    assert [row["epoch"] for row in whole.metrics()] == [1, 2]
    assert whole.config() == CONFIG
    environment = whole.read_json("environment.json")
    assert environment["initialisation"] == "from scratch"
    assert environment["split"] == "split as the data set gives it"


def test_the_checkpoint_says_what_inference_needs(whole: RunFolder) -> None:
    info = load_checkpoint(whole.best).info
    best = whole.metrics()[int(whole.progress().best_epoch) - 1]  # type: ignore[union-attr]
    assert info.network == "tiny"
    assert info.input == CONFIG.input
    assert info.threshold == pytest.approx(best["threshold"])
    assert info.metrics["dev_auc"] == pytest.approx(best["auc"])
    assert "APCER 5%" in info.operating_point
    assert "24 bona fide and 24 attack" in info.training_data


def test_the_threshold_holds_on_dev(whole: RunFolder) -> None:
    info = load_checkpoint(whole.best).info
    rows = whole.dev_scores()
    assert len(rows) == 16
    for species in ("print", "replay"):
        passed = [float(r["score"]) >= info.threshold for r in rows if r["pai_species"] == species]
        assert np.mean(passed) <= 0.05


def test_progress(samples: tuple[Sample, ...], cache: Path, tmp_path: Path) -> None:
    seen = list(train(samples, replace(CONFIG, epochs=1), tmp_path / "run", cache=cache))
    assert [p.state for p in (seen[0], seen[-1])] == ["preparing", "done"]
    assert seen[0].message == "finding faces: 1 of 64"
    stepped = [p for p in seen if p.loss is not None and p.state == "training" and not p.message]
    assert [p.step for p in stepped] == [1, 2, 3, 3]
    assert all(p.steps == 3 and p.eta is not None and p.images_per_second for p in stepped)
    assert stepped[-1].dev["auc"] >= 0
    assert RunFolder(tmp_path / "run").progress() == seen[-1]


def test_figures(whole: RunFolder) -> None:
    import cv2

    paths = write_figures(whole)
    assert [p.stem for p in paths] == ["curves", "scores", "confusion", "det"]
    assert all(cv2.imread(str(p)).std() > 5 for p in paths)
    shutil.rmtree(whole.path / "figures")


def test_closing_keeps_the_best_so_far(samples: tuple[Sample, ...], cache: Path, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    steps = train(samples, CONFIG, run.path, cache=cache)
    until(steps, 2).close()  # type: ignore[attr-defined]
    assert load_checkpoint(run.best).info.threshold >= 0
    assert run.progress().state == "stopped"  # type: ignore[union-attr]


@pytest.mark.parametrize("step", [2, 5])
def test_resumed_at_a_step_it_ends_where_the_undisturbed_run_did(
    step: int, whole: RunFolder, samples: tuple[Sample, ...], cache: Path, tmp_path: Path
) -> None:
    run = RunFolder(tmp_path / "run")
    config = replace(CONFIG, save_seconds=0.0)  # saved after every step
    steps = train(samples, config, run.path, cache=cache)
    until(steps, step)
    state = run.last.read_bytes()
    del steps
    run.last.write_bytes(state)  # as a kill would have left it
    list(train(samples, config, run.path, resume=True, cache=cache))
    for again, before in zip(run.metrics(), whole.metrics(), strict=True):
        for name in ("train_loss", "dev_loss", "auc", "threshold"):
            assert again[name] == pytest.approx(before[name], rel=1e-4), name


@pytest.mark.parametrize("step", [2, 3, 4])
def test_stopped_and_resumed_it_ends_where_the_undisturbed_run_did(
    step: int, whole: RunFolder, samples: tuple[Sample, ...], cache: Path, tmp_path: Path
) -> None:
    run = RunFolder(tmp_path / "run")
    until(train(samples, CONFIG, run.path, cache=cache), step).close()  # type: ignore[attr-defined]
    list(train(samples, CONFIG, run.path, resume=True, cache=cache))
    assert run.metrics()[-1]["dev_loss"] == pytest.approx(whole.metrics()[-1]["dev_loss"], rel=1e-4)
    assert load_checkpoint(run.best).info.metrics == pytest.approx(load_checkpoint(whole.best).info.metrics)


def test_train_and_dev_together(samples: tuple[Sample, ...], cache: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, train_on="train+dev", threshold=0.37, epochs=1)
    last = list(train(samples, config, tmp_path / "run", cache=cache))[-1]
    info = load_checkpoint(tmp_path / "run" / "best.pt").info
    assert (info.threshold, info.operating_point) == (0.37, "given for the run")
    assert "32 bona fide and 32 attack" in info.training_data
    assert (last.best_epoch, "auc" in last.dev) == (1, False)


def test_the_test_split_is_not_looked_at(samples: tuple[Sample, ...], cache: Path, tmp_path: Path) -> None:
    gone = [
        Sample(tmp_path / f"{k.value}.jpg", k, split="test") for k in Label
    ]  # would be listed as unreadable if it were
    list(train([*samples, *gone], replace(CONFIG, epochs=1), tmp_path / "run", cache=cache))
    assert "left out" not in (tmp_path / "run" / "log.txt").read_text()


def test_early_stop(samples: tuple[Sample, ...], cache: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=12, patience=1, lr=1e-9, warmup=0.0)
    last = list(train(samples, config, tmp_path / "run", cache=cache))[-1]
    assert last.state == "done"
    assert last.epoch < 12


def test_teachers_are_used_and_leave_one_output(
    samples: tuple[Sample, ...], cache: Path, tmp_path: Path, tiny_model: Path
) -> None:
    config = replace(CONFIG, epochs=2, teachers=(str(tiny_model), str(tiny_model)))
    list(train(samples, replace(config, epochs=1), tmp_path / "one", cache=cache))
    steps = train(samples, config, tmp_path / "two", cache=cache)
    for progress in steps:  # stopped in the second epoch, then resumed
        if progress.epoch == 2:
            steps.close()
    list(train(samples, config, tmp_path / "two", resume=True, cache=cache))
    state = load_checkpoint(tmp_path / "two" / "best.pt").state
    assert state["fc.weight"].shape[0] == 1
    assert RunFolder(tmp_path / "two").read_json("environment.json")["teachers"] == ["brightness"] * 2
    assert len(RunFolder(tmp_path / "two").metrics()) == 2


def test_a_named_teacher_that_is_not_here_is_left_out_and_said(
    samples: tuple[Sample, ...], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVENESS_MODELS", str(tmp_path))
    config = replace(CONFIG, epochs=1, teachers=("suri",))
    said = [p.message for p in train(samples, config, tmp_path / "run", cache=cache)]
    assert any("trained without the teacher suri: needs suri_1.5_128.onnx" in line for line in said)
    assert "trained without the teacher suri" in (tmp_path / "run" / "log.txt").read_text()
    assert RunFolder(tmp_path / "run").read_json("environment.json")["teachers"] == []


def test_a_class_missing_after_faces_were_sought(
    samples: tuple[Sample, ...], cache: Path, tmp_path: Path
) -> None:
    live = [s for s in samples if s.label is Label.BONA_FIDE]
    with pytest.raises(DatasetError, match="both Live and Spoof are needed"):
        list(train(live, CONFIG, tmp_path / "run", cache=cache))
    assert RunFolder(tmp_path / "run").progress().state == "failed"  # type: ignore[union-attr]


def test_resuming_with_other_settings_or_data_is_refused(
    whole: RunFolder, samples: tuple[Sample, ...], cache: Path, tmp_path: Path
) -> None:
    shutil.copytree(whole.path, tmp_path / "run")
    with pytest.raises(RunError, match="other settings: lr"):
        list(train(samples, replace(CONFIG, lr=0.1), tmp_path / "run", resume=True, cache=cache))
    with pytest.raises(RunError, match="data set is not the one"):
        list(train(samples[1:], CONFIG, tmp_path / "run", resume=True, cache=cache))
    (tmp_path / "run" / "last.pt").write_bytes(b"half")
    with pytest.raises(RunError, match="cannot be read"):
        list(train(samples, CONFIG, tmp_path / "run", resume=True, cache=cache))


def test_a_taken_folder_is_refused(whole: RunFolder, samples: tuple[Sample, ...]) -> None:
    with pytest.raises(RunError, match="already holds a run"):
        next(train(samples, CONFIG, whole.path))


def test_dev_scores_are_a_table(whole: RunFolder) -> None:
    with (whole.path / "dev_scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {r["source"] for r in rows} == {"s3"}
    assert all(0 <= float(r["score"]) <= 1 for r in rows)
