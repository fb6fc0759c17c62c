"""What a network in training sees, held against what stands inside its teachers: hooks, 1x1 convolutions.

They are needed for training alone and are not kept with the weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from liveness.training.losses import map_loss
from liveness.training.network import NETWORKS


class Imitation(nn.Module):
    """The distance between the stages of a network and those of its teachers.

    widths: for each teacher the channels of its maps, stage by stage as in ``Network.stages``.
    """

    def __init__(self, network: nn.Module, name: str, widths: Sequence[Sequence[int]]) -> None:
        super().__init__()
        self._seen: dict[int, Tensor] = {}
        stages = NETWORKS[name].stages
        for place, (module, _) in enumerate(stages):
            network.get_submodule(module).register_forward_hook(
                lambda _module, _inputs, output, place=place: self._seen.__setitem__(place, output)
            )
        self.heads = nn.ModuleList(
            nn.ModuleList(nn.Conv2d(channels, width, 1) for (_, channels), width in zip(stages, mine))
            for mine in widths
        )

    def forward(self, maps: Sequence[Sequence[Tensor]]) -> Tensor:
        """Summed over all maps of all teachers; after the network has run on the same crops.

        maps: float (n, channels, rows, columns), of the first n crops of the batch.
        """
        total = torch.zeros((), device=self._seen[0].device)
        for heads, theirs in zip(self.heads, maps):
            for place, (head, wanted) in enumerate(zip(heads, theirs)):  # type: ignore[call-overload]
                total = total + map_loss(head(self._seen[place][: len(wanted)]), wanted)
        return total
