"""As little network as has everything: a kernel, a batch norm and a head. Tests of training use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import nn

from liveness.training import network


class Tiny(nn.Module):
    """float32 (n, 3, size, size) -> logits, (n, outputs)."""

    def __init__(self, outputs: int = 1) -> None:
        super().__init__()
        self.conv, self.bn, self.fc = nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.Linear(8, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.as_tensor(self.fc(self.bn(self.conv(x)).relu().mean((2, 3))))


@contextmanager
def tiny_registered() -> Iterator[None]:
    """``build("tiny")`` works inside, on one thread: small networks gain nothing from more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(network.NETWORKS, "tiny", network.Network(Tiny, dict, "fc", (("conv", 8),)))  # type: ignore[arg-type]
        yield
    torch.set_num_threads(threads)
