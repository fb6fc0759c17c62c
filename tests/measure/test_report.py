"""The report: everything that an auditor asks for, no face, no other file, the same bytes again."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from liveness.cli import main
from liveness.config import TrainConfig
from liveness.data.problems import Problem
from liveness.errors import InputError
from liveness.intervals import Rate
from liveness.measure import pdf
from liveness.measure.evalfolder import load_matching, write_evaluation, write_matching
from liveness.measure.pdf import find_browser, print_pdf
from liveness.measure.recognition import SystemReport
from liveness.measure.report import html_report
from liveness.training.runs import Progress, RunFolder
from tests.measure.test_evalfolder import made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    done, folder = made(), tmp_path_factory.mktemp("report")
    for name in done.pictures.columns["path"]:
        PIL.Image.fromarray(np.full((40, 40, 3), 90, np.uint8)).save(folder / name)
    left_out = (Problem("a.png", "damaged"),)
    facts = replace(
        done.facts, command="liveness evaluate <made>", left_out=left_out, root=str(folder), created="then"
    )
    write_evaluation(folder, replace(done, facts=facts))
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return html_report(folder)


def test_rates_with_the_matcher_are_in_it_where_it_took_part(folder: Path, page: str, tmp_path: Path) -> None:
    assert "RIAPAR" not in page
    assert load_matching(folder) == []
    shutil.copytree(folder, tmp_path / "matched")
    reports = [SystemReport({"print": Rate(1, 4)}, Rate(0, 2)), SystemReport({}, Rate(0, 0))]
    write_matching(tmp_path / "matched", reports)
    assert load_matching(tmp_path / "matched") == reports
    said = html_report(tmp_path / "matched")
    for text in (
        "first with the matcher",
        "IAPAR print",
        "25.0 % [0.6, 80.6] 1/4",
        "RIAPAR",
        "other one with",
    ):
        assert text in said, text
    (tmp_path / "matched" / "matching.json").write_text("[3]")
    with pytest.raises(InputError, match="matching"):
        html_report(tmp_path / "matched")


def test_it_says_everything_and_needs_nothing_else(page: str) -> None:
    for text in (
        *("first", "other one", "made", "f00", "liveness evaluate &lt;made&gt;", "a.png", "damaged"),
        *("50.0 % [1.3, 98.7] 1/2", "By device", "2 subjects drawn anew", "SHA-256 of m.onnx", "python"),
    ):
        assert text in page.replace("\u00a0", " "), text
    assert "<made>" not in page
    assert not re.search(r'(src|href)="(?!data:)', page), "nothing is loaded from elsewhere"
    assert "<script" not in page
    assert "image/jpeg" not in page, "no face unless asked to"
    assert page.count("data:image/svg+xml") == 2 + 2 * 5


def test_the_same_folder_gives_the_same_bytes_and_faces_only_when_asked(folder: Path, page: str) -> None:
    assert main(["report", str(folder), "--faces", "2"]) == 0
    shown = (folder / "report.html").read_text(encoding="utf-8")
    assert shown.count("image/jpeg") == 2
    assert re.sub(r"<h2>Worst mistakes</h2>.*</div>\n", "", shown) == page


def test_a_training_run_is_reported_on_its_dev_part(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "first")
    run.create(TrainConfig(epochs=2))
    with pytest.raises(InputError, match="neither an evaluation nor a run with scores"):
        html_report(run.path)
    columns = ("path", "label", "pai_species", "source", "score")
    rows = [("a", "bona_fide", "", "s", 0.9), ("b", "attack", "print", "s", 0.8)]
    run.write_csv("dev_scores.csv", columns, [dict(zip(columns, row)) for row in rows])
    run.write_metrics([{"epoch": 1.0, "threshold": 0.85}])
    run.write_progress(Progress("done", best_epoch=1))
    page = html_report(run.path)
    assert "0.8500" in page
    assert "no test" in page
    assert "batch" in page, "the settings are there"


def test_without_a_browser_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "find_browser", lambda: None)
    with pytest.raises(InputError, match="Chromium, Chrome or Edge, and none was found"):
        print_pdf("<p>", tmp_path / "report.pdf")
    monkeypatch.undo()
    monkeypatch.setenv("LIVENESS_BROWSER", str(tmp_path / "no-browser"))
    with pytest.raises(InputError, match="no-browser could not print"):
        print_pdf("<p>", tmp_path / "report.pdf")


@pytest.mark.slow
@pytest.mark.browser
def test_the_pdf_is_the_same_again(page: str, tmp_path: Path) -> None:
    if find_browser() is None:
        pytest.skip("Chromium is not installed")
    first, again = tmp_path / "first.pdf", tmp_path / "again.pdf"
    print_pdf(page, first)
    print_pdf(page, again)
    assert first.read_bytes().startswith(b"%PDF")
    assert first.read_bytes() == again.read_bytes()
