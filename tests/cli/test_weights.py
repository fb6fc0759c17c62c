"""``liveness weights``."""

from __future__ import annotations

from pathlib import Path

import pytest

from liveness.cli import main


@pytest.fixture(autouse=True)
def nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIVENESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LIVENESS_MODELS", raising=False)


def test_list_names_files_licences_and_addresses(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "list"]) == 0
    out = capsys.readouterr().out
    for part in ("yunet", "MIT", "yolov5-face", "GPL-3.0", "not on this machine: https://"):
        assert part in out


def test_gpl_weights_ask_for_consent_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "fetch", "yolov5-face"]) == 1
    err = capsys.readouterr().err
    assert "GPL-3.0" in err
    assert "--accept-licence" in err


def test_an_unknown_name_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "fetch", "none"]) == 1
    assert "no weights are called 'none'" in capsys.readouterr().err


def test_a_file_that_is_here_is_printed(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVENESS_MODELS", str(shared / "models"))
    assert main(["weights", "fetch", "yunet"]) == 0
    assert capsys.readouterr().out.strip() == str(shared / "models" / "yunet.onnx")
