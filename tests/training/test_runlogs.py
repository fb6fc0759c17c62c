"""Logs for other programs, read back as those programs read them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from liveness.config import AugmentConfig, CropConfig, InputConfig, TrainConfig
from liveness.data.samples import load_dataset
from liveness.errors import RunError
from liveness.training.runlogs import TENSORBOARD, MlflowLog, run_logs, upload_finished
from liveness.training.runs import Progress, RunFolder
from liveness.training.train import train
from liveness.types import Sample
from tests.drawn import write_drawn
from tests.tiny import tiny_registered

CONFIG = TrainConfig(
    network="tiny",
    init="none",
    input=InputConfig(CropConfig(size=32, margin=1.5)),
    augment=AugmentConfig(margin=(1.2, 1.8), wide=0.0, strength=0.0),
    epochs=2,
    batch=16,
    precision="fp32",
)


@pytest.fixture(scope="module", autouse=True)
def _tiny() -> Iterator[None]:
    with tiny_registered():
        yield


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sample, ...]:
    return load_dataset(write_drawn(tmp_path_factory.mktemp("drawn"), count=8, split=True)).samples


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for MLflow; making its data base takes seconds, so once."""
    return tmp_path_factory.mktemp("mlflow")


def scalars(run: RunFolder) -> dict[str, list[tuple[int, float]]]:
    """What TensorBoard shows of a run: tag -> (step, value)."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    seen = accumulator.EventAccumulator(str(run.path / TENSORBOARD))
    seen.Reload()
    return {tag: [(e.step, e.value) for e in seen.Scalars(tag)] for tag in seen.Tags()["scalars"]}


def client(store: Path) -> Any:
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("alembic")
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    return mlflow.MlflowClient(tracking_uri=f"sqlite:///{(store / 'mlflow.db').as_posix()}")


def test_tensorboard_shows_each_step_once_and_the_rates_of_each_epoch(
    samples: tuple[Sample, ...], tmp_path: Path
) -> None:
    pytest.importorskip("tensorboard")
    run = RunFolder(tmp_path / "run")
    config = replace(CONFIG, save_seconds=0.0)
    steps = train(samples, config, run.path, cache=tmp_path / "cache")
    for progress in steps:
        if progress.step == 2 and progress.loss is not None:
            state = run.last.read_bytes() if run.last.exists() else b""
        if progress.step == 5:
            break
    steps.close()
    run.last.write_bytes(state)  # as if it had been killed long after its state was saved
    list(train(samples, config, run.path, resume=True, cache=tmp_path / "cache"))
    seen = scalars(run)
    assert [step for step, _ in seen["train/loss"]] == [1, 2, 3, 4, 5, 6]
    rates = [rate for _, rate in seen["train/lr"]]
    assert rates[0] == pytest.approx(CONFIG.lr)
    assert rates == sorted(rates, reverse=True)
    rows = run.metrics()
    for name in ("auc", "eer", "apcer", "bpcer", "threshold", "dev_loss", "train_loss"):
        logged = seen[f"epoch/{name}"]
        assert [step for step, _ in logged] == [3, 6]
        assert [value for _, value in logged] == pytest.approx([row[name] for row in rows], rel=1e-5)


@pytest.mark.slow
def test_mlflow_keeps_settings_metrics_and_files_in_one_run(
    samples: tuple[Sample, ...], store: Path, tmp_path: Path
) -> None:
    there = client(store)
    run = RunFolder(tmp_path / "mine")
    config = replace(CONFIG, mlflow=str(store))
    steps = train(samples, config, run.path, cache=tmp_path / "cache")
    for progress in steps:
        if progress.step == 4:
            break
    steps.close()
    (experiment,) = [e for e in there.search_experiments() if e.name == "liveness"]
    (kept,) = there.search_runs([experiment.experiment_id])
    assert (kept.info.status, kept.info.run_name) == ("KILLED", "mine")
    list(train(samples, config, run.path, resume=True, cache=tmp_path / "cache"))
    run.model.write_bytes(b"made after the training")
    upload_finished(run)
    (kept,) = there.search_runs([experiment.experiment_id])
    assert kept.info.status == "FINISHED"
    assert kept.data.params["augment.margin"] == "[1.2, 1.8]"
    assert kept.data.metrics["epoch/auc"] == pytest.approx(run.metrics()[-1]["auc"])
    history = there.get_metric_history(kept.info.run_id, "train/loss")
    assert [m.step for m in history] == [1, 2, 3, 4, 5, 6]
    files = {a.path for a in there.list_artifacts(kept.info.run_id)}
    assert files == {"config.json", "environment.json", "metrics.csv", "best.pt", "model.onnx"}
    assert (store / "artifacts").is_dir()


@pytest.mark.slow
def test_a_store_that_fails_on_the_way_does_not_end_the_training(store: Path, tmp_path: Path) -> None:
    client(store)
    run = RunFolder(tmp_path / "run")
    config = replace(CONFIG, mlflow=str(store))
    run.create(config)
    log = MlflowLog(run, config)
    log._client.delete_run(log._run)  # a deleted run takes no metrics
    log.say(Progress("training", step=1, loss=0.5, dev={"epoch": 1.0, "step": 1.0, "auc": 0.9}))
    log.close("done")
    assert "no more is sent to MLflow" in (run.path / "log.txt").read_text()


def test_mlflow_that_cannot_be_used_is_said_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run = RunFolder(tmp_path / "run")
    with pytest.raises(RunError, match="MLFLOW_TRACKING_URI is not set"):
        list(train((), replace(CONFIG, mlflow="env"), run.path))
    assert run.progress().state == "failed"  # type: ignore[union-attr]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nowhere://x")
    with pytest.raises(RunError, match="nowhere://x cannot be used"):
        run_logs(run, replace(CONFIG, mlflow="env"))


def test_without_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert run_logs(RunFolder(tmp_path), CONFIG) == []
    monkeypatch.setitem(__import__("sys").modules, "mlflow.exceptions", None)
    with pytest.raises(RunError, match=r"liveness-workbench\[mlflow\]"):
        run_logs(RunFolder(tmp_path), replace(CONFIG, mlflow=str(tmp_path)))


def test_a_run_without_mlflow_has_nothing_to_add(tmp_path: Path) -> None:
    upload_finished(RunFolder(tmp_path))
    assert list(tmp_path.iterdir()) == []
