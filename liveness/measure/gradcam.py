"""Which places of a crop spoke for which class, by Grad-CAM: of networks whose weights torch can have.

Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization, ICCV 2017;
the computation is captum's. With one logit the map is kept signed: their counterfactual explanation, section
3.3, is its negative part.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from liveness.config import ModelInfo
from liveness.crop import normalise
from liveness.errors import ModelError
from liveness.training.network import NETWORKS, build, initialise
from liveness.types import Image


def torch_network(path: Path, info: ModelInfo) -> nn.Module | None:
    """The network of a model file in torch, to be differentiated; None where it is not one of ours.

    An int8 twin, an unknown network and a file of other software have no weights that torch could take.
    """
    if info.network not in NETWORKS or info.output != "logit" or not path.is_file():
        return None
    try:
        return _loaded(path, path.stat().st_mtime_ns, info.network)
    except ModelError:
        return None


@lru_cache(maxsize=2)
def _loaded(path: Path, changed: int, name: str) -> nn.Module:
    network = build(name)
    initialise(network, name, str(path))
    return network.eval().requires_grad_(False)


def torch_score(network: nn.Module, info: ModelInfo, crop: Image) -> float:
    """The score in 0..1 of a crop, uint8 RGB (height, width, 3), as torch gives it."""
    with torch.inference_mode():
        return float(torch.sigmoid(network(_tensor(info, crop))).item())


def gradcam(network: nn.Module, info: ModelInfo, crop: Image) -> NDArray[np.float64]:
    """What each place adds to the logit: float64 (height, width), below 0 for an attack, above for bona fide.

    crop: uint8 RGB (height, width, 3). The places are those of the last feature map (4 x 4 for ResNet-18 at
    128 pixels), drawn larger; of two windows side by side each has a map of its own.
    """
    coarse = gradcam_map(network, info, crop)
    height, width = crop.shape[0], crop.shape[1] // len(coarse)
    large = nn.functional.interpolate(coarse, (height, width), mode="bilinear", align_corners=False)
    return np.hstack([np.asarray(window[0].numpy(), dtype=np.float64) for window in large])


def gradcam_map(network: nn.Module, info: ModelInfo, crop: Image) -> Tensor:
    """The map of each window as it is computed, float32 (windows, 1, rows, columns).

    Where the network ends in an average over places and one linear layer, the sum of all is the logit without
    the bias.
    """
    from captum.attr import LayerGradCam

    inputs = _tensor(info, crop).requires_grad_()
    method = LayerGradCam(network, _last_map(network, inputs.detach()))
    found: Tensor = method.attribute(inputs, target=0, relu_attributions=False).detach()
    return found


def _last_map(network: nn.Module, inputs: Tensor) -> nn.Module:
    """The module that gives the last feature map with more than one place."""
    seen: list[nn.Module] = []

    def remember(module: nn.Module, _: Any, output: Any) -> None:
        if isinstance(output, Tensor) and output.ndim == 4 and min(output.shape[2:]) > 1:
            seen.append(module)

    hooks = [module.register_forward_hook(remember) for module in network.modules()]
    try:
        with torch.no_grad():
            network(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return seen[-1]


def _tensor(info: ModelInfo, crop: Image) -> Tensor:
    return torch.from_numpy(normalise(crop[None], info.input))
