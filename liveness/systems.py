"""A system under test: one model file, or published networks whose scores are averaged.

A published system is named by a JSON file that says where it comes from and how it preprocesses:

    {"name": "...", "home": "URL", "licence": "...", "threshold": 0.5,
     "models": [{"file": "NAME.onnx", "sha256": "...", "info": {the fields of ModelInfo}}, ...]}

The files are looked for beside the JSON, then in the folder that LIVENESS_MODELS names and its ``peers``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liveness.classify import OnnxClassifier
from liveness.config import ModelInfo, from_dict
from liveness.crop import crop
from liveness.errors import InputError, ModelError
from liveness.types import Box, Face, Image
from liveness.weights import models_folder

# Files that the folder of a run has, of a protocol and of a sweep.
_RUN, _PROTOCOL, _SWEEP = "config.json", "plan.json", "study.db"


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """One network of a published system. taps: tensors inside it that a network in training may copy
    (``teachers.py``), one for each of its stages.
    """

    file: str
    sha256: str
    info: ModelInfo
    taps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishedSystem:
    """What the JSON file of a published system says."""

    name: str
    home: str
    licence: str
    threshold: float
    models: tuple[PublishedModel, ...] = field(default=())


class System:
    """A ``Classifier`` of one or more networks; the score is the mean of theirs."""

    def __init__(self, name: str, members: Sequence[OnnxClassifier], threshold: float) -> None:
        self.name = name
        self.members = tuple(members)
        self.threshold = threshold

    def cut(self, image: Image, box: Box) -> tuple[Image, ...]:
        """The crop that each network sees, uint8 RGB (height, width, 3). Raises as ``crop`` does."""
        return tuple(crop(image, box, member.info.input.crop) for member in self.members)

    def score(self, cuts: Sequence[tuple[Image, ...]]) -> NDArray[np.float64]:
        """Scores in 0..1, (n,), of faces that ``cut`` prepared."""
        if not cuts:
            return np.zeros(0)
        columns = [m.score_crops(np.stack([c[i] for c in cuts])) for i, m in enumerate(self.members)]
        return np.asarray(np.mean(columns, axis=0))

    def __call__(self, image: Image, faces: Sequence[Face]) -> list[float]:
        return [float(score) for score in self.score([self.cut(image, face.box) for face in faces])]


def load_system(path: Path | str, threads: int | None = None) -> System:
    """A model file, or a published system's JSON file. The model of a training run is called as the run.

    Raises ModelError when a file is missing, has another SHA-256 or is refused.
    """
    path = Path(path)
    if path.suffix != ".json":
        model = OnnxClassifier(path, threads)
        return System(_name(path), [model], model.threshold)
    try:
        return load_published(read_published(path), path.parent, threads)
    except FileNotFoundError as error:
        raise ModelError(f"{path.name} {error}") from error


def names_of(systems: Sequence[System]) -> list[str]:
    """Their names, each another: files of one name with their folders before it, and then numbered."""
    folders: dict[str, set[str]] = {}
    for system in systems:
        folders.setdefault(system.name, set()).add(_folder(system))
    return unique_names([f"{_folder(s)}/{s.name}" if len(folders[s.name]) > 1 else s.name for s in systems])


def unique_names(names: Sequence[str]) -> list[str]:
    """The names, numbered where one comes again."""
    found: list[str] = []
    for name in names:
        number, word = 2, name
        while word in found:
            number, word = number + 1, f"{name}-{number}"
        found.append(word)
    return found


def _folder(system: System) -> str:
    return system.members[0].path.resolve().parent.name


def _name(path: Path) -> str:
    """The file's, but of ``model.onnx`` in the folder of a run, the run's: they are all called so."""
    folder = path.resolve().parent
    first, _, rest = path.stem.partition(".")
    if first != "model" or not (folder / _RUN).is_file():
        return path.stem
    if folder.name == "run" and (folder.parent.parent / _PROTOCOL).is_file():
        folder = folder.parent  # of a protocol's fold
    name = f"{folder.parent.name}/{folder.name}" if (folder.parent / _SWEEP).is_file() else folder.name
    return f"{name}.{rest}" if rest else name


def load_published(
    published: PublishedSystem, beside: Path | None = None, threads: int | None = None
) -> System:
    """Networks of a published system, from a folder or where LIVENESS_MODELS says.

    Raises FileNotFoundError when a file is missing, ModelError when it has another SHA-256 or is refused.
    """
    paths = [_found(model, beside) for model in published.models]
    members = [OnnxClassifier(p, threads, m.info, m.taps) for p, m in zip(paths, published.models)]
    return System(published.name, members, published.threshold)


def read_published(path: Path) -> PublishedSystem:
    """The JSON file of a published system. Raises ModelError when it is not one."""
    try:
        published = from_dict(PublishedSystem, json.loads(path.read_text(encoding="utf-8")), path.name)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} does not describe a system: {error}") from error
    except InputError as error:
        raise ModelError(str(error)) from error
    if not published.models:
        raise ModelError(f"{path.name} names no models")
    return published


def _found(model: PublishedModel, beside: Path | None) -> Path:
    """The network's file, with the right content."""
    named = models_folder()
    folders = [*([beside] if beside else []), *([named, named / "peers"] if named else [])]
    path = next((f / model.file for f in folders if (f / model.file).is_file()), None)
    if path is None:
        raise FileNotFoundError(f"needs {model.file}: put it into the folder that LIVENESS_MODELS names")
    if hashlib.sha256(path.read_bytes()).hexdigest() != model.sha256:
        raise ModelError(
            f"{path.name} is another file than was published as {model.info.network}: its SHA-256 differs"
        )
    return path
