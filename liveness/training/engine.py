"""One step of training on whatever device and number format suit the machine, and the state to resume it."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from time import perf_counter
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from liveness.config import InputConfig, TrainConfig
from liveness.crop import normalise
from liveness.errors import RunError
from liveness.training.imitation import Imitation
from liveness.training.loader import Batch
from liveness.training.losses import bona_fide_loss, teacher_loss
from liveness.training.network import NETWORKS, merged_outputs
from liveness.training.teachers import Taught

_FORMATS = {"fp32": None, "bf16": torch.bfloat16, "amp": torch.float16}


class Engine:
    """A network, its optimiser and the average of its weights.

    votes: of the outputs beside the first, in the one logit that ``logits`` and ``weights`` give;
    widths: channels of the maps that each teacher shows, none for a teacher that shows none.
    """

    def __init__(
        self,
        network: nn.Module,
        config: TrainConfig,
        steps: int,
        precision: str = "",
        votes: Sequence[float] = (),
        widths: Sequence[Sequence[int]] = (),
    ) -> None:
        if config.deterministic:
            torch.use_deterministic_algorithms(True, warn_only=True)
        self.config = config
        self.steps = max(1, steps)
        self.step = 0
        self.votes = torch.tensor(tuple(votes))
        self.device = pick_device(config.device)
        if config.dropout:
            _add_dropout(network.get_submodule(NETWORKS[config.network].head), config.dropout)
        self.network = network.to(self.device).to(memory_format=torch.channels_last)
        self.precision = precision or pick_precision(self.network, config, self.device)
        self.averaged = copy.deepcopy(self.network).eval() if config.ema > 0 else self.network
        self.imitation = Imitation(self.network, config.network, widths).to(self.device)
        groups = _groups(self.network, config.weight_decay)
        groups.append({"params": list(self.imitation.parameters()), "weight_decay": 0.0})
        self.optimiser = torch.optim.AdamW(groups, lr=config.lr)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision == "amp")

    def learn(self, batch: Batch, taught: Taught | None = None) -> float:
        """One step on a batch and what the teachers say of it. Returns the loss.

        Raises RunError when the loss is no longer a number.
        """
        rate = self.config.lr * schedule(self.step, self.steps, self.config.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.network.train()
        inputs = self._tensor(batch.inputs).contiguous(memory_format=torch.channels_last)
        labels = self._tensor(batch.labels)
        with _autocast(self.device, self.precision):
            logits = self.network(inputs)
            loss = bona_fide_loss(logits[: len(labels), 0], labels, self.config.label_smoothing)
            if taught is not None:
                scores = self._tensor(taught.scores.astype(np.float32))
                loss = loss + self.config.teacher_weight * teacher_loss(logits[:, 1:], scores)
                if self.config.teacher_maps:
                    maps = [[self._tensor(m) for m in inside] for inside in taught.maps]
                    loss = loss + self.config.teacher_maps * self.imitation(maps)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise RunError(f"the loss became {value} at step {self.step}: try a lower learning rate")
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.step += 1
        self._average()
        return value

    @property
    def rate(self) -> float:
        """The learning rate of the last step."""
        return float(self.optimiser.param_groups[0]["lr"])

    @torch.no_grad()
    def _average(self) -> None:
        """Exponential moving average of weights and batch norm statistics, shorter at the start."""
        if self.averaged is self.network:
            return
        decay = min(self.config.ema, (1 + self.step) / (10 + self.step))
        new = self.network.state_dict()
        for name, value in self.averaged.state_dict().items():
            if value.dtype.is_floating_point:
                value.lerp_(new[name], 1 - decay)
            else:
                value.copy_(new[name])

    @torch.inference_mode()
    def logits(self, batches: Iterator[NDArray[np.uint8]], input: InputConfig) -> NDArray[np.float64]:
        """Logits of the averaged network for batches of crops, in full precision; float64 (n,).

        With teachers, their outputs vote as they will in the weights that are kept.
        """
        self.averaged.eval()
        found = []
        for crops in batches:
            tensor = self._tensor(normalise(crops, input)).contiguous(memory_format=torch.channels_last)
            outputs = self.averaged(tensor).double()
            merged = outputs[:, 0] + outputs[:, 1:] @ self.votes.to(outputs)
            found.append(merged.cpu().numpy())
        return np.concatenate(found) if found else np.empty(0)

    def weights(self) -> dict[str, Tensor]:
        """The averaged weights, on the CPU, with one output."""
        state = {k: v.detach().cpu().clone() for k, v in self.averaged.state_dict().items()}
        return merged_outputs(self.config.network, state, self.votes)

    def state(self) -> dict[str, Any]:
        """All that ``restore`` needs to go on as if nothing had happened."""
        return {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict() if self.averaged is not self.network else {},
            "imitation": self.imitation.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "step": self.step,
            "precision": self.precision,
            "random": torch.get_rng_state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Raises RunError when the state belongs to another network or other settings."""
        try:
            self.network.load_state_dict(state["network"])
            if self.averaged is not self.network:
                self.averaged.load_state_dict(state["averaged"])
            self.imitation.load_state_dict(state["imitation"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.scaler.load_state_dict(state["scaler"])
        except (RuntimeError, KeyError, ValueError) as error:
            raise RunError(f"the run cannot be resumed, its state does not fit: {error}") from error
        self.step = int(state["step"])
        torch.set_rng_state(state["random"])

    def _tensor(self, values: NDArray[Any]) -> Tensor:
        return torch.from_numpy(values).to(self.device)


def schedule(step: int, steps: int, warmup: float) -> float:
    """Linear warm-up, then a cosine to 1 % of the rate."""
    rising = max(1, round(steps * warmup))
    if step < rising:
        return (step + 1) / rising
    done = (step - rising) / max(1, steps - rising)
    return 0.01 + 0.99 * (1 + math.cos(math.pi * min(1.0, done))) / 2


def pick_device(name: str) -> torch.device:
    """cuda, mps or cpu for ``auto``. Raises RunError for a device that is not here."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise RunError(f"there is no device {name!r} here: {error}") from error
    return device


def pick_precision(network: nn.Module, config: TrainConfig, device: torch.device) -> str:
    """fp32, bf16 or amp. ``auto``: amp on CUDA; on a CPU bf16 if a short trial shows that it is faster.

    Deterministic runs do not depend on a stopwatch: they use fp32.
    """
    if config.precision != "auto":
        if config.precision == "amp" and device.type != "cuda":
            raise RunError("precision amp needs a CUDA device")
        return config.precision
    if device.type == "cuda":
        return "amp"
    if device.type != "cpu" or config.deterministic:
        return "fp32"
    seconds = {name: _trial(network, config.input.crop.size, name) for name in ("fp32", "bf16")}
    return min(seconds, key=lambda name: seconds[name])


def _trial(network: nn.Module, size: int, precision: str) -> float:
    """Seconds of the faster of two training steps on a small batch; the network itself is not changed."""
    trial = copy.deepcopy(network).train()
    inputs = torch.zeros(16, 3, size, size).contiguous(memory_format=torch.channels_last)
    times = []
    for _ in range(3):
        began = perf_counter()
        with _autocast(torch.device("cpu"), precision):
            loss = trial(inputs).float().mean()
        loss.backward()
        times.append(perf_counter() - began)
    return min(times[1:])


def _autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    number = _FORMATS[precision]
    return nullcontext() if number is None else torch.autocast(device.type, number)


def _add_dropout(head: nn.Module, share: float) -> None:
    """Dropout before the last layer, as a hook: the names of the weights stay as they are."""
    head.register_forward_pre_hook(lambda module, args: (F.dropout(args[0], share, module.training),))


def _groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay for matrices and kernels, none for biases and batch norms."""
    parameters = list(network.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
