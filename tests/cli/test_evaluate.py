"""``liveness evaluate`` from the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from liveness.cli import main
from liveness.measure.evalfolder import load_evaluation


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A manifest whose test part has bright live pictures and dark attacks, each four."""
    folder = tmp_path / "data"
    folder.mkdir()
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "pai_species", "split", "left", "top", "right", "bottom"])
        for i in range(10):
            live = i % 2 == 0
            PIL.Image.fromarray(np.full((40, 40, 3), 220 if live else 30, np.uint8)).save(folder / f"{i}.png")
            label, species = ("bona_fide", "") if live else ("attack", "print")
            writer.writerow([f"{i}.png", label, species, "test" if i < 8 else "train", 4, 4, 36, 36])
    return folder


def test_rates_are_printed_and_written(
    dataset: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["evaluate", str(dataset), "--model", str(tiny_model), "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert "the test part" in text
    assert "8 presentations" in text
    assert "APCER, worst species               0.0 % [0.0, 60.2] 0/4 (print)" in text
    assert "BPCER                              0.0 % [0.0, 60.2] 0/4" in text
    values = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert values["systems"]["model"]["overall"]["auc"] == 1
    facts = load_evaluation(out).facts
    assert facts.command == f"liveness evaluate {dataset} --model {tiny_model}"
    assert (facts.dataset, facts.part) == ("data", "the test part")
    assert (out / "figures" / "det.svg").is_file()


def test_two_models_and_a_column(
    dataset: Path, tiny_model: Path, make_model: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    strict = make_model("strict.onnx", threshold=0.99999)
    models = ["--model", str(tiny_model), "--model", str(strict)]
    assert main(["evaluate", str(dataset), *models, "--split", "all", "--by", "split"]) == 0
    text = capsys.readouterr().out
    assert "BPCER                              0.0 % [0.0, 52.2] 0/5" in text
    assert "BPCER                              100.0 % [47.8, 100.0] 5/5" in text
    assert text.count("split") == 2
    row = next(line for line in text.splitlines() if line.startswith("train "))
    assert "0.0 % [0.0, 97.5] 0/1 (print)" in row, "groups have intervals, counts and the worst species"


def test_an_evaluation_is_kept_among_the_runs(
    dataset: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVENESS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr("liveness.measure.evalfigures.write_figures", lambda folder, scored: [])
    assert main(["evaluate", str(dataset), "--model", str(tiny_model), "--save"]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.endswith("-evaluate-data")
    assert load_evaluation(folder).scored.report().bpcer.total == 4


def test_an_unknown_column_is_refused_before_anything_is_judged(
    dataset: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["evaluate", str(dataset), "--model", str(tiny_model), "--out", str(out)]
    assert main([*command, "--by", "split, shoe"]) == 1
    said = capsys.readouterr()
    assert "no column 'shoe' to divide by, it has label, pai_species, split" in said.err
    assert not said.out
    assert not out.exists()


def test_a_threshold_and_another_part(
    dataset: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", str(dataset), "--model", str(tiny_model), "--split", "all", "--threshold", "0"]
    assert main(arguments) == 0
    assert "APCER, worst species               100.0 % [47.8, 100.0] 5/5 (print)" in capsys.readouterr().out


def test_what_is_not_there_is_said(
    dataset: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(dataset), "--model", str(tiny_model), "--split", "dev"]) == 1
    assert "has no dev part (it names: test, train)" in capsys.readouterr().err
    assert main(["evaluate", str(dataset), "--model", str(tmp_path / "no.onnx")]) == 1
    assert "no model file at" in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path / "nowhere"), "--model", str(tiny_model)]) == 1
    assert "there is no data set at" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--threshold", "1.5"], "--threshold must lie in 0..1, got 1.5"),
        (["--frames", "0"], "at least one frame of each video is judged, got 0"),
    ],
)
def test_options_that_mean_nothing_are_refused(
    dataset: Path,
    tiny_model: Path,
    option: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["evaluate", str(dataset), "--model", str(tiny_model), *option]) == 1
    assert message in capsys.readouterr().err
