"""``liveness protocol``: folds printed, trained, scored, resumed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from liveness.cli import main
from liveness.measure.folds import HONEST_TITLE, PAPER_TITLE
from tests.drawn import write_drawn
from tests.tiny import tiny_registered

TINY = [
    *("--network", "tiny", "--init", "none", "--epochs", "1", "--set", "input.crop.size=32"),
    *("--set", "batch=16", "--set", "precision=fp32", "--set", "workers=1", "--set", "teachers=[]"),
]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two drawn data sets, named A and B."""
    monkeypatch.setenv("LIVENESS_CACHE", str(tmp_path / "cache"))
    words = []
    for name in ("A", "B"):
        (tmp_path / name).mkdir()
        words.append(f"{name}={write_drawn(tmp_path / name, count=4, sources=2).parent}")
    return words


def test_the_plan_is_printed_and_nothing_is_trained(
    data: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["protocol", "leave-one-out", *data, "--dry-run", "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "B to A" in said
    assert "A to B" in said
    assert "8 + 8" in said  # the whole target
    assert not (tmp_path / "out").exists()


def test_a_name_that_is_missing_is_the_folder(data: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    places = [word.partition("=")[2] for word in data]
    assert main(["protocol", "cross", places[0], "--test", f"target={places[1]}", "--dry-run"]) == 0
    assert "A to target" in capsys.readouterr().out
    assert main(["protocol", "cross", *places]) == 1
    assert "--test DATA" in capsys.readouterr().err


@pytest.mark.slow
def test_leave_one_out_from_pictures_to_both_tables(
    data: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["protocol", "leave-one-out", *data, *TINY, "--out", str(out)]
    with tiny_registered():
        assert main(command) == 0
        said = capsys.readouterr().out
        kept = {path: path.stat().st_mtime_ns for path in out.rglob("*.onnx")}
        assert len(kept) == 2
        assert main(command) == 0  # every fold is scored: nothing is trained again
    again = capsys.readouterr()
    assert again.out.split(PAPER_TITLE)[1] == said.split(PAPER_TITLE)[1]
    assert "training" not in again.err
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert HONEST_TITLE in said
    assert HONEST_TITLE in (out / "results.md").read_text()
    results = json.loads((out / "results.json").read_text())
    assert results["presentations"]["A to B"] == {"bona_fide": 8, "attacks": 8}
    assert 0 <= results["threshold_on_the_test_data"]["A to B"]["hter"] <= 1
    assert main(["protocol", "leave-one-out", "--scores", str(out)]) == 0
    assert "01-B-to-A" in capsys.readouterr().out
    assert main(["protocol", "k-fold", *data, *TINY, "--out", str(out)]) == 1
    assert "holds another protocol (kind, folds differ)" in capsys.readouterr().err
