"""Frozen settings, to and from plain JSON. What a config does not know, it refuses."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from liveness.errors import InputError
from liveness.jsonable import from_dict as from_dict
from liveness.jsonable import to_dict as to_dict

Border = Literal["reflect", "edge", "black", "grey", "shift"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True)
class CropConfig:
    """Which window around a face box a network sees.

    margin: side of the window in units of the box (1.0 is the box itself); size: side of the square
    result in pixels; shape: ``square`` takes the longer side of the box for both sides, ``box`` keeps
    the box's proportions and so distorts; border: what stands where the window leaves the picture
    (``shift`` moves the window back inside and narrows it if it does not fit); resize: ``area`` averages
    what shrinks, ``bilinear`` never does, as some published networks were trained; inner: margin of a second,
    closer window that stands to the right of the first in one picture, 0 for none. It is wider, up to the
    first, where it would have to be enlarged: of a small face there is no more to see.
    """

    margin: float = 2.0
    size: int = 160
    shape: Literal["square", "box"] = "square"
    border: Border = "reflect"
    resize: Literal["area", "bilinear"] = "area"
    inner: float = 0.0

    def __post_init__(self) -> None:
        if not 0.5 <= self.margin <= 8:
            raise InputError(f"crop margin must lie in 0.5..8, got {self.margin}")
        if self.inner and not 0.5 <= self.inner <= self.margin:
            raise InputError(f"inner must be 0 or lie in 0.5..{self.margin:g} (the margin), got {self.inner}")
        if not 16 <= self.size <= 1024:
            raise InputError(f"crop size must lie in 16..1024 pixels, got {self.size}")

    @property
    def margins(self) -> str:
        """The margin in words, of both windows where there are two."""
        return f"{self.margin:g} and {self.inner:g}" if self.inner else f"{self.margin:g}"

    @property
    def pixels(self) -> tuple[int, int]:
        """Height and width of the result: twice as wide as high where it holds two windows."""
        return self.size, self.size * (2 if self.inner else 1)


@dataclass(frozen=True, slots=True)
class InputConfig:
    """How a crop becomes the numbers that a network was trained on.

    value = (channel / divide_by - mean) / std, channels in the order of ``colour``; layout: channels
    before the rows (``nchw``, as torch has them) or last (``nhwc``).
    """

    crop: CropConfig = field(default_factory=CropConfig)
    colour: Literal["rgb", "bgr"] = "rgb"
    divide_by: float = 255.0
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    layout: Literal["nchw", "nhwc"] = "nchw"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.divide_by) and self.divide_by > 0 and all(s > 0 for s in self.std)):
            raise InputError(f"divide_by and std must be above 0, got {self.divide_by} and {self.std}")
        if not all(map(math.isfinite, (*self.mean, *self.std))):
            raise InputError(f"mean and std must be finite, got {self.mean} and {self.std}")


FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """All that inference needs to know of a model file; it travels inside ``model.onnx``.

    output: ``logit`` (one number, score = sigmoid), ``score`` (one number in 0..1), ``logits``
    (score = softmax at live_index) or ``softmax`` (score = value at live_index).
    threshold: score >= threshold is bona fide; operating_point says what it stands for and on which data.
    learned: traces of the pictures of train and dev (``learned.py``).
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
    learned: str = ""
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
    border: ``same`` fills it as at inference, ``random`` often otherwise;
    jitter: the box moves and grows by up to this share of its side (detectors disagree by as much);
    strength: 0 leaves colours, blur, noise and compression alone, 1 is the usual amount;
    attacks: share of the bona fide crops that become simulated attacks; as many again pass the same
    simulated camera and stay bona fide; tight: share of the pictures that are first cut to little more than
    the face, as many data sets and other programs hand them over; clutter: share of the pictures, of either
    class, with hands or things put beside the face; background: share put before another picture's
    surroundings; held: share of the bona fide pictures that become a print, cut-out or screen held up before
    somebody else's head (these three: ``data/scenes.py``).
    """

    margin: tuple[float, float] = (1.2, 3.2)
    wide: float = 0.1
    widest: float = 4.0
    border: Literal["same", "random"] = "same"
    jitter: float = 0.06
    strength: float = 1.0
    attacks: float = 0.0
    tight: float = 0.0
    clutter: float = 0.0
    background: float = 0.0
    held: float = 0.0

    def __post_init__(self) -> None:
        if not 0.5 <= self.margin[0] <= self.margin[1] <= 4 or not self.margin[1] <= self.widest <= 4:
            raise InputError(
                f"training margins must rise and lie in 0.5..4, got {self.margin} and widest {self.widest}"
            )
        for name in ("wide", "attacks", "tight", "clutter", "background", "held"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"augment.{name} is a share, 0..1, got {getattr(self, name)}")
        if not 0 <= self.jitter <= 0.3 or not 0 <= self.strength <= 3:
            raise InputError("augment.jitter must lie in 0..0.3 and augment.strength in 0..3")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that decides a training run.

    init: ``imagenet``, ``trunk``, ``none``, ``model`` for the app's own, or the path of a trunk,
    checkpoint or model.onnx to start from; epoch_samples: crops an epoch, None for as many as there are
    examples; warmup: share of the steps; ema: decay of the averaged weights, 0 for none; balance:
    ``label`` shows both classes equally often, ``source`` also evens the sources of a class (in
    proportion to their size to the power of ``source_power``); kinds: shares of the manifest's kinds
    (frame, crop ...) in each class, those not named in proportion to their numbers; dropout: before the
    last layer; teachers: names of ``teachers.TEACHERS``, model files or published systems' JSON files
    (``systems.py``) whose scores are learned too: each network has an output of its own beside the
    label's, learned with teacher_weight; teacher_maps: weight of the maps inside the teachers that name
    some; teacher_votes: what the output of a network (by ModelInfo.network, 0.5 unless named) counts in
    the logit that is kept, where the label's counts 1; mixed: share of a batch that is mixed with other
    pictures and learned from the teachers alone (``mixing.py``); everyday: folder of pictures of
    anything, half of those that are mixed in; patience: epochs without a better dev AUC before stopping,
    0 for never; target_apcer: of the threshold picked on dev; train_on ``train+dev`` uses all for the
    given epochs and needs ``threshold``; mlflow: where MLflow keeps the run too: a folder, a tracking
    URI, ``env`` for MLFLOW_TRACKING_URI, or nothing.
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
    dropout: float = 0.0
    balance: Literal["none", "label", "source"] = "source"
    source_power: float = 0.5
    kinds: Mapping[str, float] = field(default_factory=dict)
    teachers: tuple[str, ...] = ()
    teacher_weight: float = 0.25
    teacher_maps: float = 0.0
    teacher_votes: Mapping[str, float] = field(default_factory=dict)
    mixed: float = 0.0
    everyday: str = ""
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
    mlflow: str = ""

    def __post_init__(self) -> None:
        whole = {"epochs": self.epochs, "batch": self.batch, "video_frames": self.video_frames}
        for name, value in whole.items():
            if value < 1:
                raise InputError(f"{name} must be at least 1, got {value}")
        if self.epoch_samples is not None and self.epoch_samples < self.batch:
            raise InputError(f"epoch_samples must be at least one batch, got {self.epoch_samples}")
        if self.lr <= 0 or self.weight_decay < 0:
            raise InputError("lr must be above 0, weight_decay not below")
        if min([self.teacher_weight, self.teacher_maps, *self.teacher_votes.values()]) < 0:
            raise InputError("teacher_weight, teacher_maps and teacher_votes must not be below 0")
        if not 0 <= self.mixed <= 0.9:
            raise InputError(f"mixed is a share of each batch, 0..0.9, got {self.mixed}")
        for name in ("warmup", "label_smoothing", "ema", "dropout", "source_power", "target_apcer"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} must lie in 0..1, got {getattr(self, name)}")
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise InputError(f"threshold must lie in 0..1, got {self.threshold}")
        if self.train_on == "train+dev" and self.threshold is None:
            raise InputError("training on train+dev leaves no split to pick a threshold on: give threshold")


_DEFAULT = TrainConfig(
    input=InputConfig(CropConfig(margin=2.7, size=128, border="shift", inner=1.5)),
    augment=AugmentConfig(margin=(1.5, 3.4), wide=0.0, border="random", attacks=0.08, tight=0.25),
    epochs=5,
    epoch_samples=6400,
    lr=1e-3,
    dropout=0.2,
    kinds={"frame": 0.6, "portrait": 0.12, "crop": 0.28},
    teachers=("silent-face", "suri"),
    teacher_weight=0.2,
)
RECIPES: Mapping[str, TrainConfig] = {
    "default": _DEFAULT,
    "quick": replace(_DEFAULT, epochs=4, epoch_samples=3200),
    "finetune": replace(_DEFAULT, init="model", epochs=6, epoch_samples=640, lr=2e-4, teachers=()),
}


@dataclass(frozen=True, slots=True)
class AppConfig:
    """How the app is served and what it accepts. No password in here: settings may be printed.

    host, port: where it listens; share: through Gradio's public tunnel; space: on a Hugging Face
    Space; model, runs: the model file and the folder of training runs, empty for the default ones;
    fusion: a file of ``liveness train-fusion`` for the Live tab, empty for none;
    dataset: the folder that webcam captures and the demo data go to. Limits of one visitor's input:
    megabytes a file, files a batch (``max_zip_mb`` is for the owner's data sets).
    """

    host: str = "127.0.0.1"
    port: int = 7860
    share: bool = False
    space: bool = False
    allow_admin: bool = False
    model: str = ""
    fusion: str = ""
    runs: str = ""
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
