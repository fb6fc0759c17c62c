"""The Runs tab's handlers: the list, what differs, reports and ZIPs to take away, deleting with a tick."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from liveness.config import AppConfig, TrainConfig
from liveness.errors import InputError, RunError
from liveness.measure.evalfolder import write_evaluation
from liveness.training.runs import Progress, RunFolder
from liveness.ui import TAB_OF, TABS, runs
from liveness.ui.context import Context
from tests.measure.test_evalfolder import made
from tests.measure.test_history import ROW


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "temp"))
    root = tmp_path / "runs"
    for name, config in (("a", TrainConfig(epochs=2)), ("b", TrainConfig(epochs=3))):
        run = RunFolder(root / name)
        run.create(config)
        run.write_metrics([ROW])
        run.write_progress(Progress("done", best_epoch=1))
    write_evaluation(root / "judged", made())
    return Context(AppConfig(runs=str(root)))


def test_the_list_has_numbers_to_sort_by(context: Context) -> None:
    rows = {row[0]: row for row in runs.table(context)["data"]}
    assert rows["a"][5:] == ["dev", 0.8, 20.0, 5.0, 30.0]
    assert rows["judged"][1] == "evaluation"
    assert rows["judged"][9] == 50.0


def test_side_by_side(context: Context) -> None:
    html, curves = runs.compared(context, ["a", "b", "judged"])
    assert "epochs" in html
    assert list(curves["run"]) == ["a", "b"]
    same, _ = runs.compared(context, ["a", "a"])
    assert "All settings are the same" in same
    assert "Choose runs" in runs.compared(context, [])[0]
    with pytest.raises(RunError, match="at most 8"):
        runs.compared(context, ["a"] * 9)


def test_curves_of_evaluations_lie_over_each_other(context: Context) -> None:
    write_evaluation(context.runs() / "again", made())
    said, pictures = runs.curves_over(context, ["judged", "again"])
    assert said == ""
    assert [p.shape[2] for p in pictures] == [3, 3]
    other = made()
    write_evaluation(
        context.runs() / "elsewhere", replace(other, facts=replace(other.facts, fingerprint="f01"))
    )
    said, both = runs.curves_over(context, ["judged", "elsewhere"])
    assert "2 different sets of presentations" in said
    _, alone = runs.curves_over(context, ["judged"])
    assert not np.array_equal(alone[0], both[0]), "the second one is drawn too"
    assert runs.curves_over(context, ["a", "b"]) == ("", [])
    assert runs.curves_over(context, None) == ("", [])


def test_no_runs_is_said_as_long_as_there_are_none(context: Context, tmp_path: Path) -> None:
    nothing = Context(AppConfig(runs=str(tmp_path / "nothing")))
    assert "No run yet" in runs.compared(nothing, None)[0]
    assert "Choose runs" in runs.compared(context, None)[0]


def test_deleting_asks(context: Context) -> None:
    with pytest.raises(InputError, match="tick the box"):
        runs.remove(context, "a", False)
    assert runs.remove(context, "a", True) == "a is deleted."
    assert {row[0] for row in runs.table(context)["data"]} == {"b", "judged"}
    with pytest.raises(RunError, match="no run called"):
        runs.remove(context, "a", True)
    with pytest.raises(InputError, match="off on this address"):
        runs.remove(Context(AppConfig(host="0.0.0.0")), "b", True)


def test_what_can_be_taken_away(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(runs.packed(context, "judged")) as archive:
        assert "judged/scores.csv" in archive.namelist()
    monkeypatch.setattr("liveness.measure.report.html_report", lambda folder: f"<p>{folder.name}</p>")
    assert runs.reported(context, "judged").read_text(encoding="utf-8") == "<p>judged</p>"
    monkeypatch.setattr(
        "liveness.measure.pdf.print_pdf", lambda page, target: target.write_text(f"printed {page}")
    )
    printed = runs.reported(context, "judged", pdf=True)
    assert (printed.suffix, printed.read_text(encoding="utf-8")) == (".pdf", "printed <p>judged</p>")
    with pytest.raises(RunError, match="no run called"):
        runs.packed(context, None)


def test_a_run_is_opened_in_the_tab_of_its_kind(context: Context) -> None:
    (context.runs() / "ocim").mkdir()
    (context.runs() / "ocim" / "plan.json").write_text('{"kind": "cross", "folds": []}')
    for name, kind, title in (
        ("a", "training", "train"),
        ("judged", "evaluation", "evaluate"),
        ("ocim", "protocol", "protocols"),
    ):
        found = runs.opening(context, name)
        assert found[:2] == (kind, name)
        assert runs.opening(context, name) > found, "the same run can be opened again"
        assert title in {tab.lower() for tab, _ in TABS}
        assert TAB_OF[found[0]] == title
    with pytest.raises(RunError, match="no run called"):
        runs.opening(context, None)
