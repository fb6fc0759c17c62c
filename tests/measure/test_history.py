"""The folder of runs: listed, compared, renamed, deleted and packed, from Python and the command line."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from liveness.cli import main
from liveness.config import TrainConfig
from liveness.errors import RunError
from liveness.measure.evalfolder import load_evaluation, write_evaluation
from liveness.measure.evaluate import Evaluation
from liveness.measure.history import changes, delete, entries, find, pack, rename, settings_of
from liveness.measure.scored import Pictures, presentations
from liveness.training import jobs
from liveness.training.runs import Progress, RunFolder, list_runs
from tests.measure.test_evalfolder import made

ROW = {"epoch": 1.0, "step": 1.0, "auc": 0.8, "eer": 0.2, "apcer": 0.05, "bpcer": 0.3, "threshold": 0.5}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two trainings, an evaluation, a training that says nothing yet, and a folder of something else."""
    root = tmp_path / "runs"
    for age, (name, config, auc) in enumerate(
        [("small", TrainConfig(epochs=2), 0.8), ("large", TrainConfig(epochs=9, lr=0.5), 0.9)]
    ):
        run = RunFolder(root / name)
        run.create(config)
        run.write_metrics([{**ROW, "auc": 0.1}, {**ROW, "epoch": 2.0, "auc": auc}])
        run.write_progress(Progress("done", best_epoch=2))
        os.utime(run.path / "config.json", (age, age))
    write_evaluation(root / "judged", made())
    (root / "else").mkdir()
    monkeypatch.setenv("LIVENESS_RUNS", str(root))
    return root


def test_trainings_and_evaluations_stand_in_one_list(folder: Path) -> None:
    found = {entry.name: entry for entry in entries(folder)}
    assert list(found) == ["judged", "large", "small"], "the newest first"
    assert (found["large"].kind, found["large"].auc, found["large"].state) == ("training", 0.9, "done")
    assert found["judged"].what == "first, other one on made"
    assert found["judged"].bpcer == 0.5
    rates = [entry.auc or 0.0 for entry in entries(folder, "auc")]
    assert rates == sorted(rates, reverse=True), "the best first"
    assert [e.name for e in entries(folder, "name")] == ["judged", "large", "small"]
    assert entries(folder / "nowhere") == []
    with pytest.raises(RunError, match="not by 'colour'"):
        entries(folder, "colour")


def test_a_protocol_stands_among_them(folder: Path) -> None:
    run = RunFolder(folder / "ocim")
    run.path.mkdir()
    run.write_json("plan.json", {"kind": "cross", "config": {"epochs": 3}, "folds": [{"name": "A to B"}]})
    entry = find(folder, "ocim")
    assert (entry.kind, entry.state, entry.what, entry.auc) == (
        "protocol",
        "stopped",
        "cross, folds: 1",
        None,
    )
    assert settings_of(entry)["config.epochs"] == "3"
    folds = [{"name": "A to B", "shown": ["8 + 8", "2 + 2", "4 + 4"], "fingerprint": "f00"}]
    run.write_json("plan.json", {"kind": "cross", "config": {"epochs": 3}, "folds": folds})
    assert settings_of(find(folder, "ocim"))["folds.A to B"] == '["8 + 8", "2 + 2", "4 + 4", "f00"]'
    run.write_json("results.json", {})
    assert find(folder, "ocim").state == "done"
    run.write_json("plan.json", {"kind": "cross"})
    assert find(folder, "ocim").state.startswith("unreadable")
    delete(folder, "ocim")
    assert not run.path.exists()


def test_the_trials_of_a_sweep_stand_among_them(folder: Path, tmp_path: Path) -> None:
    (folder / "lr").mkdir()
    (folder / "lr" / "study.db").touch()
    (folder / "small").rename(folder / "lr" / "trial-000")
    assert {entry.name for entry in entries(folder)} == {"judged", "large", "lr/trial-000"}
    assert list(changes([find(folder, "lr/trial-000"), find(folder, "large")])) == ["epochs", "lr"]
    assert [run.name for run in list_runs(folder)] == ["large", "lr/trial-000"]
    with zipfile.ZipFile(pack(folder, "lr/trial-000", tmp_path / "t.zip")) as archive:
        assert "trial-000/config.json" in archive.namelist()
    assert rename(folder, "lr/trial-000", "best").name == "lr/best"
    with pytest.raises(RunError, match="there is no run called"):
        find(folder, "best")
    delete(folder, "lr/best")
    assert [run.name for run in list_runs(folder)] == ["large"]


def test_a_run_that_cannot_be_read_does_not_hide_the_others(folder: Path) -> None:
    (folder / "small" / "config.json").write_text("{")
    (folder / "judged" / "report.json").write_text("{}")
    states = {entry.name: entry.state for entry in entries(folder)}
    assert "not JSON" in states["small"]
    assert states["judged"].startswith("unreadable")
    assert states["large"] == "done"


def test_only_what_differs_is_shown(folder: Path) -> None:
    small, large, judged = (find(folder, name) for name in ("small", "large", "judged"))
    rate = settings_of(small)["lr"]
    assert changes([small, large]) == {"epochs": ["2", "9"], "lr": [rate, "0.5"]}
    assert changes([small, small]) == {}
    assert changes([small, judged]) == {}, "an evaluation has no setting of a training"
    assert changes([small, judged, large]) == {"epochs": ["2", "", "9"], "lr": [rate, "", "0.5"]}


def test_what_a_model_does_not_say_is_no_setting(folder: Path) -> None:
    settings = settings_of(find(folder, "judged"))
    assert settings["model first.threshold"] == "0.5"
    assert not [
        name for name, value in settings.items() if name.startswith("model ") and value in ('""', "null")
    ]


def test_one_model_is_held_against_another(folder: Path) -> None:
    """By their names, every line of either would stand alone."""
    for name in ("ann", "bob"):
        done = made()
        alone = replace(done.facts, systems=(replace(done.facts.systems[0], name=name, network="net"),))
        pictures = Pictures((name,), done.pictures.columns, done.pictures.scores[:, :1])
        one = Evaluation(pictures, presentations(pictures, (0.5,), "mean"), alone)
        write_evaluation(folder / f"on-{name}", one)
    found = changes([find(folder, name) for name in ("on-ann", "on-bob")])
    assert found == {"model.name": ['"ann"', '"bob"'], "models": ['["ann"]', '["bob"]']}
    found = changes([find(folder, name) for name in ("on-ann", "judged")])
    assert found == {"models": ['["ann"]', '["first", "other one"]']}


def test_names(folder: Path) -> None:
    assert rename(folder, "small", "tiny").auc == 0.8
    for new, message in (("large", "taken"), ("../out", "a name has letters"), ("", "a name has letters")):
        with pytest.raises(RunError, match=message):
            rename(folder, "tiny", new)
    for name in ("small", "../runs/large", "else"):
        with pytest.raises(RunError, match="there is no run called"):
            find(folder, name)


def test_a_running_one_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "process_of", lambda run: object())
    for change in (lambda: delete(folder, "small"), lambda: rename(folder, "small", "new")):
        with pytest.raises(RunError, match="still running"):
            change()
    assert (folder / "small").is_dir()


def test_a_packed_evaluation_opens_elsewhere(folder: Path, tmp_path: Path) -> None:
    (folder / "judged" / ".hidden.part").write_text("x")
    target = pack(folder, "judged", tmp_path / "away" / "judged.zip")
    with zipfile.ZipFile(target) as archive:
        archive.extractall(tmp_path)
    assert load_evaluation(tmp_path / "judged").scored.report().bpcer.errors == 1
    assert not (tmp_path / "judged" / ".hidden.part").exists()


def test_the_command(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "list", "--sort", "auc"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:]]
    assert listed.index("large") < listed.index("small")
    assert main(["runs", "compare", "small", "large"]) == 0
    assert "epochs" in capsys.readouterr().out
    write_evaluation(folder / "judged-2", made())
    judged = ["judged-2", next(e.name for e in entries(folder) if e.kind == "evaluation")]
    assert main(["runs", "compare", *judged, "--figures", str(tmp_path / "over")]) == 0
    assert sorted(p.name for p in (tmp_path / "over").iterdir()) == ["det.svg", "roc.svg"]
    assert main(["runs", "compare", "small", "large", "--figures", str(tmp_path / "none")]) == 1
    assert "there are no curves" in capsys.readouterr().err
    assert main(["runs", "rename", "small", "tiny"]) == 0
    assert main(["runs", "export", "tiny", "--out", str(tmp_path / "t.zip")]) == 0
    assert zipfile.is_zipfile(tmp_path / "t.zip")
    assert main(["runs", "delete", "tiny"]) == 1, "nobody can answer here"
    assert "give --yes" in capsys.readouterr().err
    assert main(["runs", "delete", "tiny", "gone", "--yes"]) == 1
    assert (folder / "tiny").is_dir(), "all or nothing"
    assert main(["runs", "delete", "tiny", "--yes"]) == 0
    assert not (folder / "tiny").exists()
