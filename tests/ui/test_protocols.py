"""The Protocols tab's handlers: plans, the command line twin, a run from start to both tables, stopping."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from liveness.cli import build_parser
from liveness.config import RECIPES, CropConfig, TrainConfig
from liveness.data.protocols import KINDS
from liveness.errors import DatasetError, InputError, RunError
from liveness.measure.folds import HONEST_TITLE, PAPER_TITLE
from liveness.training import jobs
from liveness.training.runs import RunFolder
from liveness.ui import protocoldata, protocols, protocolview
from liveness.ui.context import Context
from liveness.ui.protocoldata import Asked
from tests.drawn import write_drawn

QUICK = RECIPES["quick"]
SMALL = replace(
    QUICK,
    network="resnet18",
    init="none",
    input=replace(QUICK.input, crop=CropConfig(size=32, margin=1.5)),
    augment=replace(QUICK.augment, margin=(1.2, 1.8), wide=0.0),
    epochs=1,
    batch=16,
    epoch_samples=16,
    precision="fp32",
    teachers=(),
)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    from liveness.config import AppConfig

    monkeypatch.setenv("LIVENESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return Context(AppConfig(runs=str(tmp_path / "runs"), dataset=str(tmp_path)))


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    """Two drawn data sets, each tested by the other."""
    lines = []
    for name in ("<A>", "B"):
        (tmp_path / name).mkdir()
        lines.append(str(write_drawn(tmp_path / name, count=4, sources=2).parent))
    return Asked("leave-one-out", "\n".join(lines) + "\n", "", 5, "", "quick", SMALL)


def wait_for(condition: Callable[[], bool], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def test_every_protocol_can_be_chosen() -> None:
    assert {kind for _, kind in protocols._KINDS} == set(KINDS)


def test_the_folds_are_shown_and_nothing_is_trained(asked: Asked, context: Context) -> None:
    html = protocolview.folds(protocoldata.planned(asked))
    assert "B to &lt;A&gt;" in html
    assert "<A>" not in html
    assert "8 + 8" in html
    assert protocoldata.kept(context) == []


def test_the_command_line_means_the_same(asked: Asked) -> None:
    from liveness.cli.protocol import _config

    cross = replace(asked, kind="cross", data="A=x y", test="B=z", config=replace(SMALL, target_apcer=0.1))
    said = protocoldata.command(cross)
    assert said.startswith("liveness protocol cross 'A=x y' --test B=z --recipe quick")
    args = build_parser().parse_args(protocoldata._words(cross, ["A=x y"], ["B=z"]))
    assert (args.kind, args.data, args.test) == ("cross", ["A=x y"], ["B=z"])
    config: TrainConfig = _config(args)
    assert config == cross.config
    sources = replace(asked, kind="leave-sources-out", folds=3, together="s1, s2")
    args = build_parser().parse_args(protocoldata._words(sources, ["x"], []))
    assert (args.folds, args.together) == (3, "s1,s2")


def test_what_cannot_be_run_says_so(asked: Asked, context: Context, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name a data set first"):
        protocoldata.start(context, replace(asked, data=" \n"), "")
    with pytest.raises(DatasetError, match="there is no data set at"):
        protocoldata.start(context, replace(asked, data="gone"), "")
    with pytest.raises(DatasetError, match="cross needs at least one data set to test on"):
        protocoldata.start(context, replace(asked, kind="cross"), "")
    with pytest.raises(RunError, match=r"no protocol called \.\./x"):
        protocoldata.find(context, "../x")
    assert protocoldata.kept(context) == []
    from liveness.config import AppConfig

    with pytest.raises(InputError, match="off on this address"):
        protocoldata.start(Context(AppConfig(host="0.0.0.0")), asked, "")


def test_an_empty_page_says_what_to_do(context: Context) -> None:
    status, results, *_ = protocols.watch(context, None, "")
    assert "No protocol yet" in status
    assert results == ""


@pytest.fixture
def one_fold(asked: Asked) -> Asked:
    """The second data set tested by what the first teaches."""
    first, second = asked.data.split()
    return replace(asked, kind="cross", data=f"A={first}", test=second)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_stopped_and_gone_on(one_fold: Asked, context: Context) -> None:
    long = replace(SMALL, epochs=500, save_seconds=0.0)
    name = protocoldata.start(context, replace(one_fold, config=long), "first try")
    run = protocoldata.find(context, name)
    try:
        assert protocoldata.state(run) == "running"
        with pytest.raises(RunError, match="still running"):
            protocoldata.start(context, one_fold, "")
        wait_for(lambda: any(run.path.glob("01-*/run/last.pt")))
        assert "Fold 1 of 1, A to B" in protocolview.status(run)
        assert "No fold is scored yet" in protocolview.results(run)
        jobs.stop(run, wait=60)
        assert protocoldata.state(run) == "stopped"
        assert "press Go on" in protocolview.status(run)
        with pytest.raises(RunError, match="no results yet"):
            protocoldata.packed(context, name)
        protocoldata.resume(context, name)
        assert protocoldata.state(run) == "running"
    finally:
        stop_hard(run)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_from_start_to_both_tables_taken_away(one_fold: Asked, context: Context) -> None:
    name = protocoldata.start(context, one_fold, "")
    run = protocoldata.find(context, name)
    try:
        wait_for(lambda: protocoldata.state(run) != "running")
    finally:
        stop_hard(run)
    assert protocoldata.state(run) == "done", jobs.last_words(run)
    status, html, *_, seen = protocols.watch(context, name, "")
    assert "All folds are trained and scored: 1" in status
    assert html.index(PAPER_TITLE) < html.index(HONEST_TITLE)
    assert html.count("mean (spread over folds)") == 2
    assert protocols.watch(context, name, seen)[1] != html, "what has not changed is not sent again"
    with zipfile.ZipFile(protocoldata.packed(context, name)) as archive:
        names = archive.namelist()
    assert {"results.md", "results.json", "plan.json"} <= set(names)
    assert sum(n.endswith("scores.csv") for n in names) == 1
    assert not any(n.endswith((".pt", ".onnx")) for n in names)


def stop_hard(run: RunFolder) -> None:
    process = jobs.process_of(run)
    if process is not None:
        process.kill()
        process.wait()
