from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from liveness.cli import main
from liveness.modelfile import load_info
from liveness.training.runs import RunFolder
from tests.drawn import write_drawn
from tests.tiny import tiny_registered

SMALL = ("--init", "none", "--size", "32", "--epochs", "1", "--batch", "16", "--precision", "fp32")


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIVENESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LIVENESS_RUNS", str(tmp_path / "runs"))
    (tmp_path / "drawn").mkdir()
    write_drawn(tmp_path / "drawn", count=6)
    return tmp_path / "drawn"


def test_from_a_folder_to_a_model_file(
    drawn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with tiny_registered():
        assert main(["train", str(drawn), "--network", "tiny", *SMALL, "--name", "first try"]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.endswith("-first-try")
    info = load_info(folder / "model.onnx")
    assert info.input.crop.size == 32
    said = capsys.readouterr().out
    assert "bona_fide" in said
    assert "epoch 1/1" in said
    assert "next: liveness evaluate" in said
    assert sorted(p.name for p in (folder / "figures").iterdir()) == [
        "confusion.png", "curves.png", "det.png", "scores.png",
    ]  # fmt: skip
    assert RunFolder(folder).read_json("run.json") == {"dataset": str(drawn)}


def test_a_polite_kill_keeps_the_best_and_leaves_a_model_file(
    drawn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    write = RunFolder.write_metrics

    def write_then_kill(run: RunFolder, rows: Sequence[Mapping[str, float]]) -> None:
        write(run, rows)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(RunFolder, "write_metrics", write_then_kill)
    run = RunFolder(tmp_path / "run")
    options = ["--network", "tiny", *SMALL, "--epochs", "50", "--run", str(run.path)]
    with tiny_registered():
        assert main(["train", str(drawn), *options]) == 130
    assert "stopping" in capsys.readouterr().err
    assert run.progress().state == "stopped"  # type: ignore[union-attr]
    assert len(run.metrics()) == 1
    assert load_info(run.model).network == "tiny"
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_dry_run_trains_nothing(drawn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(drawn), *SMALL, "--dry-run", "--run", str(tmp_path / "look")]) == 0
    said = capsys.readouterr().out
    assert "split by source and subject" in said
    assert "no face found: 0, unreadable: 0" in said
    assert [p.name for p in (tmp_path / "look").iterdir()] == ["sheet.png"]
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "name a data set"),
        (["nowhere"], "no data set at nowhere"),
        (["nowhere", "--epochs", "none"], "expected int"),
        (["nowhere", "--set", "colour=red"], "no setting colour"),
        (["nowhere", "--train-dev"], "give threshold"),
        (["nowhere", "--resume"], "needs --run"),
        (["nowhere", "--resume", "--run", "nowhere"], "not a training run"),
    ],
)
def test_what_cannot_be_done_is_said(
    options: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", *options]) == 1
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
