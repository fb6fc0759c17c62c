"""``liveness dataset``."""

from __future__ import annotations

from pathlib import Path

import pytest

from liveness.cli import main


def test_demo_then_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    assert main(["dataset", "demo", str(folder), "--people", "5", "--seed", "1"]) == 0
    assert "simulated" in capsys.readouterr().out
    (folder / "train" / "live" / "astronaut" / "astronaut-live-1.jpg").unlink()
    assert main(["dataset", "check", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "41 pictures and videos" in out
    assert "train attack (print)" in out
    assert "6 subjects named, 0 without" in out
    assert "left out: 1" in out
    assert "astronaut-live-1.jpg" in out


def test_demo_into_a_used_folder_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").write_text("")
    assert main(["dataset", "demo", str(tmp_path)]) == 1
    assert "not empty" in capsys.readouterr().err


def test_check_of_nothing_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dataset", "check", str(tmp_path / "none")]) == 1
    assert "no data set" in capsys.readouterr().err
