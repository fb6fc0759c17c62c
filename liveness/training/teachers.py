"""Published anti-spoofing networks that a run learns from, besides its labels.

They were trained on far more people and cameras than a user brings. What a network copies of them holds on
faces that the labels say nothing about (docs/experiments.md has what that is worth). Their files are not
ours to ship: they are looked for in the folder that LIVENESS_MODELS names, with a pinned SHA-256.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.classify import OnnxClassifier
from liveness.config import CropConfig, InputConfig, ModelInfo, TrainConfig
from liveness.systems import PublishedModel, PublishedSystem, load_published, load_system
from liveness.training.loader import Batch

Floats: TypeAlias = NDArray[np.float64]
Maps: TypeAlias = NDArray[np.float32]


_NONE, _ONE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


def _network(
    name: str, file: str, sha256: str, input: InputConfig, live_index: int, taps: tuple[str, ...] = ()
) -> PublishedModel:
    info = ModelInfo(name, 0.5, "as published", input, output="logits", live_index=live_index)
    return PublishedModel(file, sha256, info, taps)


# Silent-Face's networks were trained on windows of 2.7 and of 4 times the box, in its proportions. Where
# maps are learned too, or answers to mixed pictures, they must look at the crop of the network in training
# instead: square windows of 2.7 serve them nearly as well, closer ones do not (docs/experiments.md).
SAME_CROP = frozenset({"silent-face"})
TEACHERS = {
    "silent-face": PublishedSystem(
        "Silent-Face",
        "https://github.com/minivision-ai/Silent-Face-Anti-Spoofing",
        "Apache-2.0",
        0.5,
        (
            _network(
                "MiniFASNetV2",
                "silent_face_2.7_80x80_MiniFASNetV2.onnx",
                "767579ad8fc26f736f651e962a99ad0adebcfe7b95af2d955ee55affe5a71600",
                InputConfig(CropConfig(2.7, 80, "box", "shift", "bilinear"), "bgr", 1.0, _NONE, _ONE),
                1,
                ("417", "493", "525", "542"),  # the sums that end its stages, and what its last layer sees
            ),
            _network(
                "MiniFASNetV1SE",
                "silent_face_4.0_80x80_MiniFASNetV1SE.onnx",
                "bcdd7c903d3477276e56d95b3e938ce29beb4fc582e14c7c6e89751fd00331f0",
                InputConfig(CropConfig(4.0, 80, "box", "shift", "bilinear"), "bgr", 1.0, _NONE, _ONE),
                1,
                ("461", "545", "585", "602"),
            ),
        ),
    ),
    "suri": PublishedSystem(
        "suri",
        "https://github.com/suriAI/face-antispoof-onnx",
        "Apache-2.0",
        0.5,
        (
            _network(
                "MiniFASNetV2-SE",
                "suri_1.5_128.onnx",
                "af2381b88f38769222ed93379e12444e2a50814575de1c46170de570c55a42b6",
                InputConfig(CropConfig(1.5, 128), "rgb", 255.0, _NONE, _ONE),
                0,
            ),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Teacher:
    """A network that is copied. window: what it looks at of the changed picture; None: at the very crop that
    the network in training sees, brought to its size, so that it can answer to mixed pictures too.
    """

    model: OnnxClassifier
    window: CropConfig | None

    @property
    def name(self) -> str:
        return self.model.info.network

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each map that it shows; nothing says so but a look at a crop."""
        nothing = np.zeros((1, *self.model.info.input.crop.pixels, 3), np.uint8)
        return tuple(m.shape[1] for m in self.model.look(nothing)[1])


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """What teachers say of a batch. scores: float64 (n, teachers), not a number where a teacher did not look;
    maps: for each teacher what stands inside it, stage by stage, float32 (n, channels, rows, columns).
    """

    scores: Floats
    maps: tuple[tuple[Maps, ...], ...]


def load_teachers(config: TrainConfig) -> tuple[list[Teacher], list[str]]:
    """The networks of all teachers, and a sentence for each named one whose files are not here.

    A name of TEACHERS is taken where it can be had; a path must be there. Raises ModelError when a path is
    missing or refused, and for a file of a named teacher that is not the one that was published.
    """
    teachers: list[Teacher] = []
    without: list[str] = []
    for name in config.teachers:
        if name not in TEACHERS:
            teachers += [Teacher(model, model.info.input.crop) for model in load_system(name).members]
            continue
        try:
            members = load_published(_shown(TEACHERS[name], config.teacher_maps > 0)).members
        except FileNotFoundError as error:
            without.append(f"trained without the teacher {name}: {error}")
            continue
        own = name not in SAME_CROP or not (config.teacher_maps or config.mixed)
        teachers += [Teacher(model, model.info.input.crop if own else None) for model in members]
    return teachers, without


def _shown(system: PublishedSystem, maps: bool) -> PublishedSystem:
    """The system, its networks not asked for what stands inside them unless that is learned."""
    return system if maps else replace(system, models=tuple(replace(m, taps=()) for m in system.models))


def taught(teachers: Sequence[Teacher], batch: Batch) -> Taught | None:
    """What all teachers say of a batch; None without teachers.

    Raises ModelError when a teacher's output is not what its description says.
    """
    if not teachers:
        return None
    scores, maps, views = np.full((len(batch.crops), len(teachers)), np.nan), [], iter(batch.views)
    for place, teacher in enumerate(teachers):
        seen = next(views) if teacher.window else resized(batch.crops, teacher.model.info.input.crop.size)
        scores[: len(seen), place], inside = teacher.model.look(seen)
        maps.append(tuple(m.reshape(*m.shape[:2], *(m.shape[2:] or (1, 1))) for m in inside))
    return Taught(scores, tuple(maps))


def resized(crops: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Crops, uint8 (n, side, side, 3), averaged down or enlarged to another size."""
    how = cv2.INTER_AREA if size < crops.shape[1] else cv2.INTER_LINEAR
    return np.stack([np.asarray(cv2.resize(c, (size, size), interpolation=how), np.uint8) for c in crops])
