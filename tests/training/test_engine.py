from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from liveness.config import CropConfig, InputConfig, TrainConfig
from liveness.crop import normalise
from liveness.errors import RunError
from liveness.training import engine as engine_module
from liveness.training.engine import Engine, pick_device, pick_precision, schedule
from liveness.training.loader import Batch
from liveness.training.network import save_atomically
from liveness.training.teachers import Taught
from tests.tiny import Tiny, tiny_registered

INPUT = InputConfig(CropConfig(size=16))


@pytest.fixture(scope="module", autouse=True)
def _tiny() -> Iterator[None]:
    with tiny_registered():
        yield


def make(votes: tuple[float, ...] = (), **changes: Any) -> Engine:
    torch.manual_seed(0)
    settings: dict[str, Any] = {
        "network": "tiny",
        "input": INPUT,
        "precision": "fp32",
        "lr": 0.01,
        "ema": 0.9,
        **changes,
    }
    return Engine(Tiny(1 + len(votes)), TrainConfig(**settings), 40, votes=votes)


def batch(seed: int) -> Batch:
    """Bright crops are live."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(8) % 2).astype(np.float32)
    crops = rng.integers(0, 80, (8, 16, 16, 3)) + (labels * 150).astype(int)[:, None, None, None]
    crops = crops.astype(np.uint8)
    return Batch(crops, normalise(crops, INPUT), labels)


def test_it_learns() -> None:
    engine = make()
    losses = [engine.learn(batch(i)) for i in range(40)]
    assert np.mean(losses[-5:]) < 0.5 * losses[0]
    logits = engine.logits(iter([batch(99).crops]), INPUT)
    assert ((logits > 0) == (batch(99).labels == 1)).all()


def test_resuming_at_any_step_gives_the_same_losses(tmp_path: Path) -> None:
    whole = make(dropout=0.5)
    losses = [whole.learn(batch(i)) for i in range(10)]
    part = make(dropout=0.5)
    for i in range(4):
        part.learn(batch(i))
    save_atomically(tmp_path / "last.pt", part.state())
    torch.manual_seed(123)
    again = make(dropout=0.5)
    again.restore(torch.load(tmp_path / "last.pt", weights_only=True))
    assert [again.learn(batch(i)) for i in range(4, 10)] == losses[4:]
    for name, value in whole.weights().items():
        assert torch.equal(value, again.weights()[name]), name


def test_the_average_lags_behind_and_nought_switches_it_off() -> None:
    engine = make()
    engine.learn(batch(0))
    assert not torch.equal(engine.averaged.state_dict()["fc.bias"], engine.network.state_dict()["fc.bias"])
    assert make(ema=0.0).averaged is not None
    plain = make(ema=0.0)
    assert plain.averaged is plain.network


def test_a_state_of_another_network_is_refused() -> None:
    state = make().state()
    state["network"] = {"other": torch.zeros(1)}
    with pytest.raises(RunError, match="cannot be resumed"):
        make().restore(state)


def test_a_loss_that_is_no_number_ends_the_run() -> None:
    engine = make()
    bad = batch(0)
    bad.inputs[:] = np.nan
    with pytest.raises(RunError, match="lower learning rate"):
        engine.learn(bad)


def test_the_maps_of_a_teacher_are_learned_and_not_kept() -> None:
    """A teacher shows brightness; of the second half of the crops, which have no label, too."""
    torch.manual_seed(0)
    settings = TrainConfig("tiny", input=INPUT, precision="fp32", lr=0.01, ema=0.0, teacher_maps=1.0)
    engine = Engine(Tiny(2), settings, 80, votes=(0.5,), widths=[(1,)])
    losses = []
    for i in range(80):
        made = batch(i)
        maps = made.crops.astype(np.float32).mean(3)[:, None]
        blind = np.full((8, 1), np.nan)
        losses.append(engine.learn(replace(made, labels=made.labels[:4]), Taught(blind, ((maps,),))))
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])
    assert set(engine.weights()) == set(Tiny().state_dict())
    resumed = Engine(Tiny(2), settings, 80, votes=(0.5,), widths=[(1,)])
    resumed.restore(engine.state())
    mine, theirs = engine.imitation.state_dict(), resumed.imitation.state_dict()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    with pytest.raises(RunError, match="does not fit"):
        Engine(Tiny(2), settings, 80, votes=(0.5,), widths=[(2,)]).restore(engine.state())


def test_teachers_are_followed_and_vote() -> None:
    engine = make(votes=(4.0, 3.0), teacher_weight=1.0, lr=0.03)
    for i in range(40):
        against = np.where(batch(i).labels == 1, 0.02, 0.98)  # the teachers contradict the labels
        engine.learn(batch(i), Taught(np.stack([against, against], axis=1), ()))
    live, inputs = batch(99).labels == 1, torch.from_numpy(batch(99).inputs)
    merged = engine.logits(iter([batch(99).crops]), INPUT)
    assert ((merged > 0) != live).all()
    kept = Tiny()
    kept.load_state_dict(engine.weights())
    assert kept.eval()(inputs)[:, 0].detach().numpy() == pytest.approx(merged, abs=1e-4)
    with torch.inference_mode():
        outputs = engine.averaged(inputs).numpy()
    assert ((outputs[:, 0] > 0) == live).all()  # the label's own output follows the labels
    assert ((outputs[:, 1:] > 0) != live[:, None]).all()


def test_schedule_rises_then_falls() -> None:
    rates = [schedule(i, 100, 0.1) for i in range(100)]
    assert rates[:10] == pytest.approx([(i + 1) / 10 for i in range(10)])
    assert rates[10] == 1
    assert all(a >= b for a, b in pairwise(rates[10:]))
    assert rates[-1] == pytest.approx(0.01, abs=0.001)
    assert schedule(0, 1, 0.0) == 1


def test_precision() -> None:
    network, cpu = Tiny(), torch.device("cpu")
    assert pick_precision(network, TrainConfig(deterministic=True), cpu) == "fp32"
    assert pick_precision(network, TrainConfig(precision="bf16"), cpu) == "bf16"
    with pytest.raises(RunError, match="CUDA"):
        pick_precision(network, TrainConfig(precision="amp"), cpu)


@pytest.mark.parametrize("faster", ["fp32", "bf16"])
def test_auto_precision_is_measured(faster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "_trial", lambda n, s, name: 1.0 if name == faster else 2.0)
    assert pick_precision(Tiny(), TrainConfig(), torch.device("cpu")) == faster


def test_the_trial_leaves_the_network_alone() -> None:
    network = Tiny()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    assert engine_module._trial(network, 16, "bf16") > 0
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())
    assert all(p.grad is None for p in network.parameters())


def test_devices() -> None:
    assert pick_device("cpu").type == "cpu"
    with pytest.raises(RunError, match="no device"):
        pick_device("abacus")
