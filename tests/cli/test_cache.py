"""``liveness cache``."""

from __future__ import annotations

from pathlib import Path

import pytest

from liveness.cli import main


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("LIVENESS_CACHE", str(folder))
    return folder


@pytest.fixture
def filled(cache: Path) -> Path:
    for name, size in (
        ("regions/ab/one.face", 2_000_000),
        ("regions/cd/two.face", 500_000),
        ("faces.sqlite", 100_000),
    ):
        path = cache / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\0" * size)
    (cache / "diary.txt").write_text("not ours")  # LIVENESS_CACHE may name a folder that has other uses
    return cache


def test_it_says_what_is_kept_and_how_much(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache"]) == 0
    out = capsys.readouterr().out
    assert f"{filled}: 2.6 MB" in out
    assert "regions  2.5 MB  faces cut out for training" in out


def test_a_part_is_cleared_and_the_others_stay(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "--clear", "regions"]) == 0
    assert capsys.readouterr().out.startswith("2.5 MB deleted\n")
    assert {path.name for path in filled.iterdir()} == {"diary.txt", "faces.sqlite"}
    assert main(["cache", "--clear", "all"]) == 0
    assert [path.name for path in filled.iterdir()] == ["diary.txt"]


def test_a_name_that_is_not_there_deletes_nothing(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("weights", "../cache", "/", "diary.txt"):
        assert main(["cache", "--clear", "regions", name]) == 1
        assert "it holds: faces.sqlite, regions" in capsys.readouterr().err
    assert (filled / "regions" / "ab" / "one.face").is_file()


def test_nothing_kept_is_no_error(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache"]) == 0
    assert capsys.readouterr().out == f"{cache}: 0.0 MB\n"
