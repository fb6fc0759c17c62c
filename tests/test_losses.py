from __future__ import annotations

import math

import pytest
import torch

from liveness.losses import bona_fide_loss


def entropy(p: float, target: float) -> float:
    return -target * math.log(p) - (1 - target) * math.log(1 - p)


def test_cross_entropy_with_smoothing() -> None:
    logits, labels = torch.tensor([0.0, 2.0]), torch.tensor([1.0, 0.0])
    p = 1 / (1 + math.exp(-2))
    assert bona_fide_loss(logits, labels).item() == pytest.approx(
        (entropy(0.5, 1) + entropy(p, 0)) / 2, abs=1e-6
    )
    smooth = (entropy(0.5, 0.95) + entropy(p, 0.05)) / 2
    assert bona_fide_loss(logits, labels, smoothing=0.1).item() == pytest.approx(smooth, abs=1e-6)


def test_teacher() -> None:
    logits, labels, taught = torch.tensor([1.0]), torch.tensor([1.0]), torch.tensor([0.8])
    alone = bona_fide_loss(logits, labels, teacher=taught, teacher_weight=1.0, temperature=1.0).item()
    assert alone == pytest.approx(entropy(1 / (1 + math.exp(-1)), 0.8), abs=1e-6)
    mixed = bona_fide_loss(logits, labels, teacher=taught, teacher_weight=0.0).item()
    assert mixed == pytest.approx(bona_fide_loss(logits, labels).item())


def test_a_certain_teacher_gives_a_finite_loss() -> None:
    loss = bona_fide_loss(
        torch.tensor([3.0, -3.0]), torch.tensor([1.0, 0.0]), teacher=torch.tensor([1.0, 0.0])
    )
    assert math.isfinite(loss.item())


def test_the_softened_gradient_is_least_at_the_teacher() -> None:
    logits = torch.tensor([math.log(4.0)], requires_grad=True)  # sigmoid .8
    loss = bona_fide_loss(logits, torch.tensor([1.0]), teacher=torch.tensor([0.8]), teacher_weight=1.0)
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad.item() == pytest.approx(0, abs=1e-6)
