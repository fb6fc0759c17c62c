"""A sweep: what is varied, that it learns from before, and that a stopped one goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liveness.config import TrainConfig
from liveness.errors import InputError, RunError
from liveness.training import sweep as module
from liveness.training.runs import RunFolder
from liveness.training.sweep import Range, parse_range, sweep

BASE = TrainConfig(epochs=1)


@pytest.fixture(autouse=True)
def short_training(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands for training: the AUC is the higher, the nearer lr is to 0.01. Gives the folders trained in."""
    pytest.importorskip("optuna")
    seen: list[str] = []

    def train(samples: Any, config: TrainConfig, path: Path, **options: Any) -> Iterator[int]:
        seen.append(path.name)
        assert RunFolder(path).config() == config
        yield 0
        RunFolder(path).write_metrics([{"epoch": 1.0, "auc": 1 - abs(config.lr - 0.01)}])

    monkeypatch.setattr(module, "train", train)
    return seen


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lr=1e-5..1e-3:log", Range("lr", (), 1e-5, 1e-3, True)),
        ("epochs=4..12", Range("epochs", (), 4, 12)),
        ("batch=16,32", Range("batch", (16, 32))),
        ("network=resnet18,tiny", Range("network", ("resnet18", "tiny"))),
    ],
)
def test_ranges(text: str, expected: Range) -> None:
    assert parse_range(text) == expected


def test_whole_ends_give_whole_values() -> None:
    assert parse_range("epochs=4..12").whole
    assert not parse_range("lr=0..0.5").whole


@pytest.mark.parametrize("text", ["lr", "lr=", "lr=2..1", "lr=0..1:log", "lr=a..b", "lr=1..2:lin", "=1..2"])
def test_what_is_not_a_range(text: str) -> None:
    with pytest.raises(InputError):
        parse_range(text)


def test_a_sweep_goes_on_where_it_was(tmp_path: Path, short_training: list[str]) -> None:
    ranges = [parse_range("lr=1e-4..0.5:log"), parse_range("batch=16,32")]
    first = list(sweep([], BASE, ranges, tmp_path, 2))
    assert [t.folder.name for t in first] == ["trial-000", "trial-001"]
    assert all(t.auc == pytest.approx(1 - abs(t.settings["lr"] - 0.01)) for t in first)
    more = list(sweep([], BASE, ranges, tmp_path, 4))
    assert [t.number for t in more] == [2, 3]
    assert list(sweep([], BASE, ranges, tmp_path, 4)) == []
    assert short_training == [f"trial-{i:03d}" for i in range(4)]


def test_a_sweep_that_goes_on_draws_what_it_would_have_drawn(tmp_path: Path) -> None:
    ranges = [parse_range("lr=1e-5..1e-1:log")]
    whole = [t.settings["lr"] for t in sweep([], BASE, ranges, tmp_path / "whole", 4)]
    parts = [t.settings["lr"] for n in (1, 2, 4) for t in sweep([], BASE, ranges, tmp_path / "parts", n)]
    assert parts == whole
    assert len(set(whole)) == 4


def test_an_interrupted_training_is_resumed(
    tmp_path: Path, short_training: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(samples: Any, config: TrainConfig, path: Path, **options: Any) -> Iterator[int]:
        yield 0
        raise KeyboardInterrupt

    ranges = [parse_range("lr=1e-4..0.5:log")]
    with monkeypatch.context() as patch:
        patch.setattr(module, "train", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(sweep([], BASE, ranges, tmp_path, 1))
    stopped = RunFolder(tmp_path / "trial-000").config()
    (done,) = sweep([], BASE, ranges, tmp_path, 1)
    assert (done.number, done.settings["lr"]) == (0, stopped.lr)


def test_what_cannot_be_varied(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one setting"):
        list(sweep([], BASE, [], tmp_path, 1))
    with pytest.raises(InputError, match="no setting colour"):
        list(sweep([], BASE, [Range("colour", (1, 2))], tmp_path, 1))
    RunFolder(tmp_path / "empty").create(BASE)
    with pytest.raises(RunError, match="no AUC on dev"):
        module.best_auc(RunFolder(tmp_path / "empty"))
