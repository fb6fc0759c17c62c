from __future__ import annotations

import os
from pathlib import Path

import pytest

from liveness.config import TrainConfig
from liveness.errors import RunError
from liveness.training.runs import Progress, RunFolder, list_runs, new_run_path, runs_folder


def test_what_is_written_is_read(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "a")
    run.create(TrainConfig(epochs=3))
    assert run.config() == TrainConfig(epochs=3)
    assert (run.progress(), run.metrics(), run.dev_scores()) == (None, [], [])
    progress = Progress("training", "going", 1, 3, 5, 15, 0.4, 30.0, 9.0, {"auc": 0.9}, 1)
    run.write_progress(progress)
    assert run.progress() == progress
    run.write_metrics([{"epoch": 1, "train_loss": 0.5}, {"epoch": 2, "dev_loss": 0.25}])
    assert run.metrics() == [{"epoch": 1, "train_loss": 0.5}, {"epoch": 2, "dev_loss": 0.25}]
    run.write_environment(device="cpu")
    assert run.read_json("environment.json")["device"] == "cpu"
    run.log("one")
    run.log("two")
    assert [line.split()[-1] for line in (run.path / "log.txt").read_text().splitlines()] == ["one", "two"]
    assert not list(run.path.glob(".*"))


def test_a_folder_holds_one_run(tmp_path: Path) -> None:
    RunFolder(tmp_path).create(TrainConfig())
    with pytest.raises(RunError, match="already holds a run"):
        RunFolder(tmp_path).create(TrainConfig())


@pytest.mark.parametrize(
    ("text", "words"), [("{", "not JSON"), ("[]", "not a JSON object"), ('{"x": 1}', "unknown")]
)
def test_settings_that_cannot_be_read(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(RunError, match=words):
        RunFolder(tmp_path).config()


def test_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a training run"):
        RunFolder(tmp_path).config()


def test_newest_first(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "old")):
        RunFolder(tmp_path / name).create(TrainConfig())
        os.utime(tmp_path / name / "config.json", (1_000_000 - age, 1_000_000 - age))
    (tmp_path / "not a run").mkdir()
    assert [run.name for run in list_runs(tmp_path)] == ["new", "old"]
    assert list_runs(tmp_path / "none") == []


def test_new_names_are_free_and_plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVENESS_RUNS", str(tmp_path))
    assert runs_folder() == tmp_path
    monkeypatch.setattr("liveness.training.runs.time.strftime", lambda _: "20260101-120000")
    first = new_run_path("../my faces!")
    assert first == tmp_path / "20260101-120000-my-faces"
    first.mkdir()
    assert new_run_path("../my faces!").name == "20260101-120000-my-faces-2"
