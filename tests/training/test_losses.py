from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from liveness.training.losses import bona_fide_loss, map_loss, teacher_loss


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
    scores = torch.tensor([[0.5, 0.8], [0.5, 0.2]])  # logits of 0, 0 and of 1.386, -1.386
    near, far = 0.3863**2 / 2, 4.3863 - 0.5
    assert teacher_loss(logits, scores).item() == pytest.approx((near + far) / 2, abs=1e-4)
    assert teacher_loss(logits[:, :1], scores[:, :1]).item() == pytest.approx(0, abs=1e-6)


def test_a_teacher_that_did_not_look_teaches_nothing() -> None:
    logits = torch.tensor([[1.0], [5.0]], requires_grad=True)
    loss = teacher_loss(logits, torch.tensor([[0.5], [float("nan")]]))
    assert loss.item() == pytest.approx(0.5)  # of the one crop alone
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad.tolist() == [[1.0], [0.0]]


def test_a_certain_teacher_gives_a_finite_loss() -> None:
    loss = teacher_loss(torch.tensor([[3.0], [-3.0]]), torch.tensor([[1.0], [0.0]]))
    assert math.isfinite(loss.item())


@given(st.floats(-7, 7))
def test_the_gradient_is_least_at_the_teacher(logit: float) -> None:
    logits = torch.tensor([[logit]], dtype=torch.float64, requires_grad=True)
    loss = teacher_loss(logits, torch.sigmoid(logits.detach()))
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad.item() == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (-5.0, 0.1), (3.0, 10.0)])
def test_a_map_counts_whatever_its_level_and_size(shift: float, scale: float) -> None:
    wanted = torch.randn(4, 2, 6, 6, generator=torch.Generator().manual_seed(0))
    standard = (wanted - wanted.mean((0, 2, 3), keepdim=True)) / wanted.std((0, 2, 3), keepdim=True)
    assert map_loss(standard, wanted * scale + shift).item() == pytest.approx(0, abs=1e-3)
    assert map_loss(torch.zeros(4, 2, 6, 6), wanted).item() == pytest.approx(1, abs=0.02)
    assert map_loss(torch.zeros(4, 2, 3, 3), wanted).item() == pytest.approx(1, abs=0.05)
