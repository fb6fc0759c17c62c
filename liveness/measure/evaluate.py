"""samples + systems -> an evaluation: scores of every picture, rates, and all that is needed to repeat it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from liveness.data.adapters import parse_reference
from liveness.data.problems import Problem
from liveness.data.ziparchive import sha256_of
from liveness.errors import DatasetError
from liveness.measure.joinframes import Join
from liveness.measure.judging import EvaluateOptions, Evaluating, Judged, judge, pictures_in
from liveness.measure.scored import BOX_COLUMNS, COLUMNS, MARKS, Pictures, Scored, presentations, unique_names
from liveness.systems import System
from liveness.training.runs import environment
from liveness.types import Detector, Sample


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """A system as it was when it was evaluated. sha256: of each of its files, by name."""

    name: str
    threshold: float
    sha256: Mapping[str, str]
    network: str = ""
    operating_point: str = ""
    training_data: str = ""
    data_fingerprint: str = ""
    licence: str = ""
    crop: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """How an evaluation was made.

    root: the folder that paths in scores.csv start from; fingerprint: of files, labels, species and
    presentations; faces: how they were found; left_out: files that could not be judged.
    """

    dataset: str
    root: str
    part: str
    fingerprint: str
    faces: str
    join: Join
    video_frames: int
    systems: tuple[SystemFacts, ...]
    left_out: tuple[Problem, ...] = ()
    command: str = ""
    created: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The score of every picture, of every presentation, and how they came about."""

    pictures: Pictures
    scored: Scored
    facts: Facts


@dataclass(frozen=True, slots=True)
class Setting:
    """What only the caller knows: the data set's name and folder, which part of it, how faces are found."""

    dataset: str = ""
    root: Path = Path()
    part: str = "all"
    faces: str = ""
    command: str = ""


def evaluate(
    systems: Sequence[System],
    samples: Sequence[Sample],
    detect: Detector | None = None,
    *,
    thresholds: Sequence[float] | None = None,
    options: EvaluateOptions = EvaluateOptions(),
    setting: Setting = Setting(),
) -> Generator[Evaluating, None, Evaluation]:
    """Judge every sample by every system; the generator's value is the result.

    thresholds: one a system, their own by default. Files that cannot be read are listed and left out;
    presentations without a found face are counted apart. Raises DatasetError when nothing could be judged.
    """
    kept: list[Judged] = []
    problems: list[Problem] = []
    total = pictures_in(samples, options)
    for judged in judge(systems, samples, detect, options):
        if judged.problem:
            problems.append(Problem(_place(judged.sample.path, setting.root), judged.problem))
        else:
            kept.append(judged)
        yield Evaluating(len(kept) + len(problems), max(total, len(kept) + len(problems)))
    if not kept:
        raise DatasetError(f"none of {len(samples)} files could be judged: {problems[0].reason}")
    names = unique_names([system.name for system in systems])
    levels = [system.threshold for system in systems] if thresholds is None else list(thresholds)
    pictures = Pictures(tuple(names), _columns(kept, setting.root), np.array([j.scores for j in kept]))
    facts = Facts(
        dataset=setting.dataset,
        root=str(setting.root),
        part=setting.part,
        fingerprint=_fingerprint(kept, setting.root),
        faces=setting.faces,
        join=options.join,
        video_frames=options.video_frames,
        systems=tuple(
            system_facts(name, system, level) for name, system, level in zip(names, systems, levels)
        ),
        left_out=tuple(problems),
        command=setting.command,
        created=time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        environment=_environment(),
    )
    return Evaluation(pictures, presentations(pictures, levels, options.join), facts)


def dataset_name(place: Path | str) -> str:
    """What a report calls a data set: the last part of its path, or NAME@PROTOCOL; never where it lies."""
    reference = parse_reference(str(place))
    if reference is None:
        path = Path(place).resolve()
        return path.parent.name if path.name == "manifest.csv" else path.name
    return f"{reference.adapter.name}@{reference.protocol}" if reference.protocol else reference.adapter.name


def with_thresholds(evaluation: Evaluation, thresholds: Sequence[float]) -> Evaluation:
    """The same scores at other operating points; no network runs."""
    facts = evaluation.facts
    moved = tuple(replace(s, threshold=level) for s, level in zip(facts.systems, thresholds))
    scored = replace(evaluation.scored, thresholds=tuple(thresholds))
    return Evaluation(evaluation.pictures, scored, replace(facts, systems=moved))


def system_facts(name: str, system: System, threshold: float) -> SystemFacts:
    """What the files of a system say of themselves."""
    first = system.members[0].info
    crop = first.input.crop
    return SystemFacts(
        name=name,
        threshold=float(threshold),
        sha256={member.path.name: sha256_of(member.path) for member in system.members},
        network=", ".join(member.info.network for member in system.members),
        operating_point=first.operating_point if threshold == system.threshold else "set by hand",
        training_data=first.training_data,
        data_fingerprint=first.data_fingerprint,
        licence=first.licence,
        crop=f"{crop.margin:g} x the face box ({crop.shape}), {crop.size} px, border {crop.border}",
    )


def _columns(kept: Sequence[Judged], root: Path) -> dict[str, list[str]]:
    """Text by column name: those of the format, those that the manifest has beyond it, and the box."""
    own = {*COLUMNS, *BOX_COLUMNS, MARKS}
    extra = sorted({name for judged in kept for name in judged.sample.extra if name and name not in own})
    columns: dict[str, list[str]] = {name: [] for name in (*COLUMNS, *extra, *BOX_COLUMNS, MARKS)}
    for judged in kept:
        fields = _fields(judged, root)
        for name in (*COLUMNS, *BOX_COLUMNS, MARKS):
            columns[name].append(fields.get(name, ""))
        for name in extra:
            columns[name].append(judged.sample.extra.get(name, ""))
    return columns


def _fields(judged: Judged, root: Path) -> dict[str, str]:
    sample = judged.sample
    values = {name: getattr(sample, name) for name in COLUMNS}
    values |= {"path": _place(sample.path, root), "label": sample.label.value}
    if sample.presentation:
        values["presentation"] = _place(Path(sample.presentation), root)
    box = judged.box.as_tuple() if judged.box else ("",) * 4
    values |= {name: v if v == "" else f"{v:.1f}" for name, v in zip(BOX_COLUMNS, box)}
    if judged.landmarks:
        values[MARKS] = " ".join(f"{v:.1f}" for point in judged.landmarks.points() for v in point)
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _place(path: Path, root: Path) -> str:
    """The path within the data set, so that two machines write the same; whole when it lies elsewhere."""
    inside = path.is_absolute() and root.is_absolute() and path.is_relative_to(root)
    return (path.relative_to(root) if inside else path).as_posix()


def _fingerprint(kept: Sequence[Judged], root: Path) -> str:
    """The same for the same files, labels, species and presentations, wherever they lie."""
    rows = sorted(
        (j.digest, f["path"], f["label"], f["pai_species"], f["presentation"], f["seconds"])
        for j in kept
        for f in [_fields(j, root)]
    )
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


def _environment() -> dict[str, str]:
    found: dict[str, Any] = environment()
    packages = found.pop("packages")
    return {name: str(value) for name, value in {**found, **packages}.items()}
