"""``liveness export`` on a run folder and on a bare checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from liveness.classify import OnnxClassifier
from liveness.cli import main
from liveness.config import CropConfig, InputConfig, ModelInfo, TrainConfig
from liveness.training import network as networks
from liveness.training.network import Checkpoint, save_checkpoint
from liveness.training.runs import RunFolder
from tests.drawn import write_drawn

INPUT = InputConfig(CropConfig(margin=1.2, size=32))


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    write_drawn(folder, count=4)
    return folder


@pytest.fixture
def run_folder(tmp_path: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run that trained a network of four layers."""
    monkeypatch.setenv("LIVENESS_CACHE", str(tmp_path / "cache"))

    def make(outputs: int) -> torch.nn.Module:
        layers = torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()
        return torch.nn.Sequential(*layers, torch.nn.Linear(8, outputs))

    monkeypatch.setattr(
        networks, "NETWORKS", {**networks.NETWORKS, "small": networks.Network(make, dict, "4")}
    )
    run = RunFolder(tmp_path / "run")
    run.create(TrainConfig(network="small", input=INPUT))
    run.write_json("run.json", {"dataset": str(dataset)})
    info = ModelInfo("small", 0.5, "chosen by hand", INPUT)
    save_checkpoint(run.best, Checkpoint(info, make(1).state_dict()))
    return run


def test_a_run_is_exported_on_its_own_data(run_folder: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(run_folder.path), "--int8"]) == 0
    text = capsys.readouterr().out
    assert "of torch on 32 crops" in text
    assert "% of verdicts flip on 8 crops" in text
    assert OnnxClassifier(run_folder.model).info.metrics["export_crops"] == 32
    twin = OnnxClassifier(run_folder.path / "model.int8.onnx")
    assert twin.info.metrics["int8_crops"] == 8
    assert not [p.name for p in run_folder.path.iterdir() if p.name.startswith(".")]


def test_a_checkpoint_needs_crops(
    run_folder: RunFolder, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "there" / "mine.onnx"
    assert main(["export", str(run_folder.best), "-o", str(output)]) == 1
    assert "give --crops DATASET" in capsys.readouterr().err
    assert main(["export", str(run_folder.best), "-o", str(output), "--crops", str(dataset)]) == 0
    assert OnnxClassifier(output).info.network == "small"


def test_a_run_without_a_checkpoint(run_folder: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    run_folder.best.unlink()
    assert main(["export", str(run_folder.path)]) == 1
    assert "has no checkpoint yet" in capsys.readouterr().err


def test_calibrated_on_scores_of_folds(
    run_folder: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [("label", "pai_species", "source", "score")]
    for i in range(40):
        rows += [
            ("bona_fide", "", f"s{i % 4}", f"{0.3 + i / 100}"),
            ("attack", "print", f"s{i % 4}", f"{i / 100}"),
        ]
    scores = tmp_path / "folds.csv"
    scores.write_text("\n".join(map(",".join, rows)))
    assert main(["export", str(run_folder.path), "--calibrate", str(scores), "--target-apcer", "0.1"]) == 0
    assert "80 out-of-fold scores, 4 sources alike" in capsys.readouterr().out
    info = OnnxClassifier(run_folder.model).info
    assert info.operating_point.startswith("APCER 10%")
    assert 0 < info.threshold < 1
