"""From nothing to a trained network on the demo data set, as the README has it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from liveness.config import AugmentConfig, CropConfig, InputConfig, TrainConfig
from liveness.crop import normalise
from liveness.data.demo import make_demo
from liveness.data.samples import load_dataset
from liveness.metrics import auc
from liveness.training.network import load_checkpoint
from liveness.training.parts import some_crops
from liveness.training.train import train
from liveness.types import Label

# The traces of a print or a screen are fine: nearly the native size, and little that would blur them away.
CONFIG = TrainConfig(
    init="none",
    input=InputConfig(CropConfig(size=112, margin=1.2)),
    augment=AugmentConfig(margin=(1.0, 1.5), wide=0.0, strength=0.2),
    epochs=6,
    epoch_samples=1280,
    batch=32,
    lr=1e-3,
    ema=0.9,
)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_it_learns_from_scratch_to_tell_simulated_attacks_of_unseen_people(tmp_path: Path) -> None:
    samples = load_dataset(make_demo(tmp_path / "demo")).samples
    last = list(train(samples, CONFIG, tmp_path / "run", cache=tmp_path / "cache"))[-1]
    assert last.state == "done"
    held_out = [replace(s, split="") for s in samples if s.split == "test"]
    crops = some_crops(held_out, CONFIG, count=len(held_out), cache=tmp_path / "cache")
    live = np.array([s.label is Label.BONA_FIDE for s in held_out])
    assert len(crops) == len(live)
    network = load_checkpoint(tmp_path / "run" / "best.pt").network()
    with torch.inference_mode():
        logits = network(torch.from_numpy(normalise(crops, CONFIG.input)))[:, 0]
    assert auc(logits.double().numpy(), live) >= 0.95
