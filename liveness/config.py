"""Frozen settings, to and from plain JSON. What a config does not know, it refuses."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from liveness.errors import InputError

Border = Literal["reflect", "edge", "black", "grey", "shift"]
C = TypeVar("C")

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True)
class CropConfig:
    """Which window around a face box a network sees.

    margin: side of the window in units of the box (1.0 is the box itself); size: side of the square
    result in pixels; shape: ``square`` takes the longer side of the box for both sides, ``box`` keeps
    the box's proportions and so distorts; border: what stands where the window leaves the picture
    (``shift`` moves the window back inside and narrows it if it does not fit).
    """

    margin: float = 2.0
    size: int = 160
    shape: Literal["square", "box"] = "square"
    border: Border = "reflect"

    def __post_init__(self) -> None:
        if not 0.5 <= self.margin <= 8:
            raise InputError(f"crop margin must lie in 0.5..8, got {self.margin}")
        if not 16 <= self.size <= 1024:
            raise InputError(f"crop size must lie in 16..1024 pixels, got {self.size}")


@dataclass(frozen=True, slots=True)
class InputConfig:
    """How a crop becomes the numbers that a network was trained on.

    value = (channel / divide_by - mean) / std, channels in the order of ``colour``.
    """

    crop: CropConfig = field(default_factory=CropConfig)
    colour: Literal["rgb", "bgr"] = "rgb"
    divide_by: float = 255.0
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    def __post_init__(self) -> None:
        if self.divide_by <= 0 or min(self.std) <= 0:
            raise InputError("divide_by and std must be above 0")


FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """All that inference needs to know of a model file; it travels inside ``model.onnx``.

    output: ``logit`` (one number, score = sigmoid), ``score`` (one number in 0..1), ``logits``
    (score = softmax at live_index) or ``softmax`` (score = value at live_index).
    threshold: score >= threshold is bona fide; operating_point says what it stands for and on which data.
    """

    network: str
    threshold: float
    operating_point: str
    input: InputConfig = field(default_factory=InputConfig)
    output: Literal["logit", "score", "logits", "softmax"] = "logit"
    live_index: int = 0
    format_version: int = FORMAT_VERSION
    training_data: str = ""
    data_fingerprint: str = ""
    created: str = ""
    package_version: str = ""
    licence: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise InputError(f"a model's threshold must lie in 0..1, got {self.threshold}")


@dataclass(frozen=True, slots=True)
class AugmentConfig:
    """How a training crop differs each time it is seen; the same for both classes.

    margin: range that the crop margin is drawn from; wide: share drawn from there up to ``widest``;
    jitter: the box moves and grows by up to this share of its side (detectors disagree by as much);
    strength: 0 leaves colours, blur, noise and compression alone, 1 is the usual amount;
    attacks: share of the bona fide crops that become simulated attacks; as many again pass the same
    simulated camera and stay bona fide.
    """

    margin: tuple[float, float] = (1.2, 3.2)
    wide: float = 0.1
    widest: float = 4.0
    jitter: float = 0.06
    strength: float = 1.0
    attacks: float = 0.0

    def __post_init__(self) -> None:
        if not 0.5 <= self.margin[0] <= self.margin[1] <= 4 or not self.margin[1] <= self.widest <= 4:
            raise InputError(
                f"training margins must rise and lie in 0.5..4, got {self.margin} and widest {self.widest}"
            )
        for name in ("wide", "attacks"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"augment.{name} is a share, 0..1, got {getattr(self, name)}")
        if not 0 <= self.jitter <= 0.3 or not 0 <= self.strength <= 3:
            raise InputError("augment.jitter must lie in 0..0.3 and augment.strength in 0..3")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that decides a training run.

    init: ``imagenet``, ``none``, or the path of a trunk, checkpoint or model.onnx to start from;
    epoch_samples: crops an epoch, None for as many as there are examples; warmup: share of the steps;
    ema: decay of the averaged weights, 0 for none; balance: ``label`` shows both classes equally often,
    ``source`` also evens the sources of a class (in proportion to their size to the power of
    ``source_power``); teacher: a model.onnx whose scores are learned too, with teacher_weight;
    patience: epochs without a better dev AUC before stopping, 0 for never; target_apcer: of the threshold
    picked on dev; train_on ``train+dev`` uses all for the given epochs and needs ``threshold``.
    """

    network: str = "resnet18"
    init: str = "imagenet"
    input: InputConfig = field(default_factory=InputConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    detector: str = "mtcnn"
    video_frames: int = 8
    epochs: int = 20
    epoch_samples: int | None = None
    batch: int = 64
    lr: float = 5e-4
    weight_decay: float = 0.05
    warmup: float = 0.1
    label_smoothing: float = 0.05
    ema: float = 0.99
    balance: Literal["none", "label", "source"] = "source"
    source_power: float = 0.5
    teacher: str = ""
    teacher_weight: float = 0.5
    teacher_temperature: float = 2.0
    patience: int = 0
    target_apcer: float = 0.05
    train_on: Literal["train", "train+dev"] = "train"
    threshold: float | None = None
    seed: int = 0
    deterministic: bool = False
    workers: int = 2
    precision: Literal["auto", "fp32", "bf16", "amp"] = "auto"
    device: str = "auto"
    save_seconds: float = 60.0

    def __post_init__(self) -> None:
        whole = {"epochs": self.epochs, "batch": self.batch, "video_frames": self.video_frames}
        for name, value in whole.items():
            if value < 1:
                raise InputError(f"{name} must be at least 1, got {value}")
        if self.epoch_samples is not None and self.epoch_samples < self.batch:
            raise InputError(f"epoch_samples must be at least one batch, got {self.epoch_samples}")
        if self.lr <= 0 or self.weight_decay < 0 or self.teacher_temperature <= 0:
            raise InputError("lr and teacher_temperature must be above 0, weight_decay not below")
        for name in ("warmup", "label_smoothing", "ema", "source_power", "teacher_weight", "target_apcer"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} must lie in 0..1, got {getattr(self, name)}")
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise InputError(f"threshold must lie in 0..1, got {self.threshold}")
        if self.train_on == "train+dev" and self.threshold is None:
            raise InputError("training on train+dev leaves no split to pick a threshold on: give threshold")


RECIPES: Mapping[str, TrainConfig] = {
    "default": TrainConfig(),
    "quick": TrainConfig(input=InputConfig(CropConfig(size=112)), epochs=8, epoch_samples=2048),
}


@dataclass(frozen=True, slots=True)
class AppConfig:
    """How the app is served and what it accepts. No password in here: settings may be printed.

    host, port: where it listens; share: through Gradio's public tunnel; space: on a Hugging Face
    Space; model: path of the model file, empty for the default one; runs, dataset: folders that the
    owner's training reads and writes. Limits of one visitor's input: megabytes a file, files a
    batch (``max_zip_mb`` is for the owner's data sets).
    """

    host: str = "127.0.0.1"
    port: int = 7860
    share: bool = False
    space: bool = False
    allow_admin: bool = False
    model: str = ""
    runs: str = "runs"
    dataset: str = "dataset"
    max_upload_mb: int = 200
    max_zip_mb: int = 4096
    max_files: int = 64

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65535:
            raise InputError(f"a port lies in 1..65535, got {self.port}")

    @property
    def public(self) -> bool:
        """Whether people other than the owner can reach it."""
        return self.share or self.space or not _is_loopback(self.host)

    @property
    def admin(self) -> bool:
        """Whether training, capture, enrolment, server paths and replacing the model are on."""
        return self.allow_admin or not self.public


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False  # a name that only the network can resolve


def to_dict(config: Any) -> dict[str, Any]:
    """A config dataclass as plain JSON values."""
    return typing.cast("dict[str, Any]", json.loads(json.dumps(dataclasses.asdict(config))))


def from_dict(cls: type[C], values: Mapping[str, Any], where: str = "") -> C:
    """A config dataclass from plain JSON values.

    Raises InputError for unknown keys, missing keys and values of another type, naming the key.
    """
    name = where or cls.__name__
    if not isinstance(values, Mapping):
        raise InputError(f"{name}: expected an object, got {type(values).__name__}")
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise InputError(f"{name}: unknown setting {', '.join(unknown)}")
    required = {
        f.name
        for f in fields.values()
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }
    missing = sorted(required - set(values))
    if missing:
        raise InputError(f"{name}: missing {', '.join(missing)}")
    hints = typing.get_type_hints(cls)
    return cls(**{k: _convert(hints[k], v, f"{name}.{k}") for k, v in values.items()})


def _convert(hint: Any, value: Any, where: str) -> Any:
    """One JSON value as the type that the field asks for."""
    origin = typing.get_origin(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_dict(hint, value, where)
    if origin is Literal:
        if value in typing.get_args(hint):
            return value
        raise InputError(
            f"{where}: expected one of {', '.join(map(str, typing.get_args(hint)))}, got {value!r}"
        )
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        return _convert(next(a for a in typing.get_args(hint) if a is not type(None)), value, where)
    if origin is tuple:
        return _tuple(typing.get_args(hint), value, where)
    if origin is not None and isinstance(value, Mapping):
        return {str(k): _convert(typing.get_args(hint)[1], v, f"{where}.{k}") for k, v in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    raise InputError(f"{where}: expected {getattr(hint, '__name__', hint)}, got {value!r}")


def _tuple(args: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise InputError(f"{where}: expected a list, got {value!r}")
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_convert(args[0], v, where) for v in value)
    if len(args) != len(value):
        raise InputError(f"{where}: expected {len(args)} values, got {len(value)}")
    return tuple(_convert(a, v, where) for a, v in zip(args, value))
