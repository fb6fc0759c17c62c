"""Folds that start from a model, or learn from teachers: is what is tested new to them?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest

from liveness.cli import main
from liveness.config import RECIPES, TrainConfig
from liveness.data.protocols import Choices, Protocol, load_named, plan
from liveness.data.ziparchive import sha256_of
from liveness.learned import traces
from liveness.measure.beforehand import known_beforehand
from liveness.measure.protocols import read_plan, run_protocol
from liveness.training.runs import RunFolder
from liveness.ui import protocolview
from liveness.ui.protocoldata import Asked
from liveness.ui.protocols import planned_folds
from tests.drawn import write_drawn

ALONE = TrainConfig(init="none")


@pytest.fixture
def protocol(tmp_path: Path) -> Protocol:
    """A teaches, B is tested: 16 pictures."""
    for name in ("A", "B"):
        (tmp_path / name).mkdir()
        write_drawn(tmp_path / name, count=4, sources=2, side=96 if name == "A" else 80)
    first, second = (load_named(str(tmp_path / name)) for name in ("A", "B"))
    return plan("cross", [first], Choices(test=(second,)))


def files(protocol: Protocol, part: str) -> list[Path]:
    return [sample.path for sample in protocol.folds[0].part(part)]


def note(protocol: Protocol, model: Path) -> str:
    (said,) = known_beforehand(protocol, replace(ALONE, init=str(model)))
    return said


def test_nothing_is_said_of_random_and_imagenet_weights(protocol: Protocol) -> None:
    assert known_beforehand(protocol, ALONE) == []
    assert known_beforehand(protocol, replace(ALONE, init="imagenet")) == []
    assert known_beforehand(protocol, replace(ALONE, init="trunk")) == []


def test_a_model_that_knows_what_is_tested(protocol: Protocol, make_model: Callable[..., Path]) -> None:
    tested = [sha256_of(path) for path in files(protocol, "test")]
    said = note(protocol, make_model("all.onnx", learned=traces(tested)))
    assert "starts from all.onnx, which has learned from the pictures that are tested" in said
    assert said.endswith("no table here is honest.")
    said = note(protocol, make_model("some.onnx", learned=traces(tested[:4])))
    assert "has learned from 25.0% of the pictures that are tested" in said


def test_a_model_that_knows_only_what_teaches(protocol: Protocol, make_model: Callable[..., Path]) -> None:
    taught = traces(sha256_of(path) for path in files(protocol, "train"))
    said = note(protocol, make_model("other.onnx", learned=taught))
    assert "has learned from none of the 16 tested files" in said
    assert "honest" not in said


def test_a_model_without_traces_cannot_be_told(
    protocol: Protocol, make_model: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVENESS_MODEL", str(make_model("old.onnx", training_data="40 rooms")))
    config = replace(ALONE, init="model")
    (said,) = known_beforehand(protocol, config)
    assert said.startswith("Every fold starts from the app's own model. Whether it has learned")
    assert "cannot be told (its file says: 40 rooms)" in said
    data, test = (str(files(protocol, part)[0].parent) for part in ("train", "test"))
    assert escape(said) in planned_folds(Asked("cross", data, test, 5, "", "finetune", config)), (
        "the tab says it too"
    )


def test_teachers_are_named(protocol: Protocol) -> None:
    (said,) = known_beforehand(protocol, replace(RECIPES["default"], init="none"))
    assert "learn from the answers of silent-face and suri" in said


def test_the_page_the_plan_and_the_results_say_it(protocol: Protocol, tmp_path: Path) -> None:
    html = protocolview.folds(protocol, ["starts from <m>"])
    assert 'class="lw-note warn" role="status">starts from &lt;m&gt;<' in html
    out = tmp_path / "out"
    no_folds = replace(protocol, folds=())  # nothing to train
    assert list(run_protocol(no_folds, ALONE, out, notes=["starts from <m>"])) == []
    assert list(run_protocol(no_folds, ALONE, out)) == [], "the plan keeps what was said when it was made"
    assert read_plan(out).notes == ("starts from <m>",)
    assert "starts from &lt;m&gt;" in protocolview.results(RunFolder(out))
    assert "Beware: starts from <m>" in (out / "results.md").read_text()
    assert json.loads((out / "results.json").read_text())["beforehand"] == ["starts from <m>"]


def test_the_command_says_it_before_anything_is_trained(
    protocol: Protocol, make_model: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = [str(tmp_path / "A"), "--test", str(tmp_path / "B")]
    model = make_model("m.onnx", learned=traces(sha256_of(path) for path in files(protocol, "test")))
    assert main(["protocol", "cross", *data, "--recipe", "finetune", "--init", str(model), "--dry-run"]) == 0
    assert (
        "Beware: Every fold starts from m.onnx, which has learned from the pictures"
        in capsys.readouterr().out
    )
