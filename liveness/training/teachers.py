"""Published anti-spoofing networks that a run learns from, besides its labels.

They were trained on far more people and cameras than a user brings. What a network copies of them holds on
faces that the labels say nothing about (docs/experiments.md has what that is worth). Their files are not
ours to ship: they are looked for in the folder that LIVENESS_MODELS names, with a pinned SHA-256.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from liveness.classify import OnnxClassifier
from liveness.config import CropConfig, InputConfig, ModelInfo, TrainConfig
from liveness.systems import PublishedModel, PublishedSystem, load_published, load_system
from liveness.training.loader import Batch

Floats: TypeAlias = NDArray[np.float64]


_NONE, _ONE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


def _network(name: str, file: str, sha256: str, input: InputConfig, live_index: int) -> PublishedModel:
    info = ModelInfo(name, 0.5, "as published", input, output="logits", live_index=live_index)
    return PublishedModel(file, sha256, info)


# Silent-Face was trained on windows in the proportions of the box. As a teacher it looks at square ones, as
# the network in training does; on camera frames that also serves it better.
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
                InputConfig(CropConfig(2.7, 80, border="shift"), "bgr", 1.0, _NONE, _ONE),
                1,
            ),
            _network(
                "MiniFASNetV1SE",
                "silent_face_4.0_80x80_MiniFASNetV1SE.onnx",
                "bcdd7c903d3477276e56d95b3e938ce29beb4fc582e14c7c6e89751fd00331f0",
                InputConfig(CropConfig(4.0, 80, border="shift"), "bgr", 1.0, _NONE, _ONE),
                1,
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


def load_teachers(config: TrainConfig) -> tuple[list[OnnxClassifier], list[str]]:
    """The networks of all teachers, and a sentence for each named one whose files are not here.

    A name of TEACHERS is taken where it can be had; a path must be there. Raises ModelError when a path is
    missing or refused, and for a file of a named teacher that is not the one that was published.
    """
    networks: list[OnnxClassifier] = []
    without: list[str] = []
    for teacher in config.teachers:
        if teacher not in TEACHERS:
            networks += load_system(teacher).members
            continue
        try:
            networks += load_published(TEACHERS[teacher]).members
        except FileNotFoundError as error:
            without.append(f"trained without the teacher {teacher}: {error}")
    return networks, without


def taught(teachers: Sequence[OnnxClassifier], batch: Batch) -> Floats | None:
    """The scores of each teacher for its own views, float64 (n, teachers); None without teachers.

    Raises ModelError when a teacher's output is not what its description says.
    """
    if not teachers:
        return None
    return np.stack([t.score_crops(view) for t, view in zip(teachers, batch.views)], axis=1)
