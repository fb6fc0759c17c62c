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
class AppConfig:
    """How the app is served and what it accepts. No password in here: settings may be printed.

    host, port: where it listens; share: through Gradio's public tunnel; space: on a Hugging Face
    Space; model: path of the model file, empty for the default one; runs, dataset: folders that the
    owner's training reads and writes. Limits of one visitor's input: megabytes a file, files a batch,
    pixels a picture (``max_zip_mb`` is for the owner's data sets).
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
    max_pixels: int = 50_000_000

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
