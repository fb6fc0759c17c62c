from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from liveness.training.losses import bona_fide_loss, teacher_loss


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


def test_teachers_of_whom_one_is_met_and_one_is_not() -> None:
    logits = torch.tensor([[0.0, 1.0], [0.0, 3.0]])
    scores = torch.tensor([[0.5, 0.8], [0.5, 0.2]])
    p, q = 1 / (1 + math.exp(-1)), 1 / (1 + math.exp(-3))
    apart = (entropy(p, 0.8) - entropy(0.8, 0.8) + entropy(q, 0.2) - entropy(0.2, 0.2)) / 2
    assert teacher_loss(logits, scores, temperature=1.0).item() == pytest.approx(apart, abs=1e-6)
    assert teacher_loss(logits[:, :1], scores[:, :1]).item() == pytest.approx(0, abs=1e-6)


def test_a_certain_teacher_gives_a_finite_loss() -> None:
    loss = teacher_loss(torch.tensor([[3.0], [-3.0]]), torch.tensor([[1.0], [0.0]]))
    assert math.isfinite(loss.item())


@given(st.floats(-7, 7), st.floats(0.5, 5))
def test_the_softened_gradient_is_least_at_the_teacher(logit: float, temperature: float) -> None:
    logits = torch.tensor([[logit]], dtype=torch.float64, requires_grad=True)
    loss = teacher_loss(logits, torch.sigmoid(logits.detach()), temperature)
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad.item() == pytest.approx(0, abs=1e-4)
