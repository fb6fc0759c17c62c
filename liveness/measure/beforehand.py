"""What a protocol must say where its folds know something before their first step.

First weights that have learned from the tested pictures make the honest table a table of memory; so may
teachers, whose answers are learned beside the labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from liveness.config import TrainConfig
from liveness.data.protocols import Protocol
from liveness.data.ziparchive import sha256_of
from liveness.learned import Overlap
from liveness.modelfile import default_model, load_info

_MOST_FILES, _ENOUGH = 2000, 200  # so many tested files are looked at, or until so many could be told
_MEMORY = "they are not new to it, and no table here is honest."


def known_beforehand(protocol: Protocol, config: TrainConfig) -> list[str]:
    """A sentence each for first weights and for teachers; none for random, ImageNet's and trunk's weights.

    Tested files are hashed where the first weights tell what they learned from. Raises ModelError for a
    model file that cannot be used.
    """
    notes = []
    if config.init not in ("none", "imagenet", "trunk"):
        notes.append(_first_weights(protocol, config.init))
    if config.teachers:
        names = " and ".join(Path(teacher).name for teacher in config.teachers)
        notes.append(
            f"Folds also learn from the answers of {names}, where these can be had. If they were trained on "
            "what is tested, a part of it is not new; tables in papers have no such help. "
            "--set teachers=[] leaves them out."
        )
    return notes


def _first_weights(protocol: Protocol, init: str) -> str:
    traces, data = _learned(init)
    overlap = Overlap(traces)
    for path in _tested(protocol) if traces else ():
        overlap.look(sha256_of(path))
        if overlap.told >= _ENOUGH:
            break
    begin = f"Every fold starts from {_name(init)}"
    if overlap.share is None:
        why = f"its file says: {data}" if data else "its file says nothing"
        why = "none of them is one that its file could tell" if traces else why
        return (
            f"{begin}. Whether it has learned from the pictures that are tested cannot be told ({why}). "
            f"If it has, {_MEMORY}"
        )
    if overlap.learned:
        whole = overlap.share > 0.995
        share = "the pictures that are" if whole else f"{overlap.share:.1%} of the pictures that are"
        return f"{begin}, which has learned from {share} tested, or was tuned on them: {_MEMORY}"
    return (
        f"{begin}. It has learned from none of the {overlap.told} tested files for which that can be told; "
        "the same pictures encoded anew would not be found."
    )


def _name(init: str) -> str:
    return "the app's own model" if init == "model" else Path(init).name


def _learned(init: str) -> tuple[str, str]:
    """Traces of what the first weights have learned from, and their file's words for it."""
    path = default_model() if init == "model" else Path(init)
    if path.suffix == ".onnx":
        info = load_info(path)
        return info.learned, info.training_data
    from liveness.training.network import learned_before

    return learned_before(init), ""


def _tested(protocol: Protocol) -> Iterator[Path]:
    """Tested files in an order that shows all of them fairly."""
    paths = sorted({sample.path for fold in protocol.folds for sample in fold.part("test")})
    for number in np.random.default_rng(0).permutation(len(paths))[:_MOST_FILES]:
        yield paths[number]
