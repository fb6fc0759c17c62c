from __future__ import annotations

from pathlib import Path

import pytest

from liveness.cli import main
from liveness.measure.evalfolder import write_evaluation
from tests.measure.test_evalfolder import made


def test_a_page_is_not_called_a_pdf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_evaluation(tmp_path / "judged", made())
    assert main(["report", str(tmp_path / "judged"), "--out", str(tmp_path / "report.pdf")]) == 1
    assert "--pdf puts a PDF beside it" in capsys.readouterr().err
    assert not (tmp_path / "report.pdf").exists()
    assert main(["report", str(tmp_path / "judged"), "--out", str(tmp_path / "report.html")]) == 0
    assert (tmp_path / "report.html").read_text(encoding="utf-8").lower().startswith("<!doctype html>")
