"""samples + systems -> an evaluation: scores of every picture, rates, and all that is needed to repeat it."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from liveness.data.adapters import parse_reference
from liveness.data.problems import Problem
from liveness.data.ziparchive import sha256_of
from liveness.errors import DatasetError
from liveness.learned import Overlap, traces
from liveness.measure.joinframes import Join
from liveness.measure.judging import EvaluateOptions, Evaluating, judge, pictures_in
from liveness.measure.rows import Rows, extra_columns, place
from liveness.measure.scored import Pictures, Scored, presentations
from liveness.systems import System, names_of
from liveness.training.runs import environment
from liveness.types import Detector, Sample


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """A system as it was when it was evaluated. sha256: of each of its files, by name.

    learned: share 0..1 of the files of this evaluation that it had learned from, train or dev; None where it
    does not say.
    """

    name: str
    threshold: float
    sha256: Mapping[str, str]
    network: str = ""
    operating_point: str = ""
    training_data: str = ""
    data_fingerprint: str = ""
    licence: str = ""
    crop: str = ""
    learned: float | None = None


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
    rows = Rows(setting.root, extra_columns(samples))
    problems: list[Problem] = []
    overlaps = [Overlap(_traces(system)) for system in systems]
    total = pictures_in(samples, options)
    for judged in judge(systems, samples, detect, options):
        if judged.problem:
            problems.append(Problem(place(judged.sample.path, setting.root), judged.problem))
        else:
            rows.add(judged)
            for overlap in overlaps:
                overlap.look(judged.digest)
        yield Evaluating(len(rows) + len(problems), max(total, len(rows) + len(problems)))
    if not rows:
        raise DatasetError(f"none of {len(samples)} files could be judged: {problems[0].reason}")
    names = names_of(systems)
    levels = [system.threshold for system in systems] if thresholds is None else list(thresholds)
    fingerprint, pictures = rows.fingerprint(), rows.pictures(names)
    facts = Facts(
        dataset=setting.dataset,
        root=str(setting.root),
        part=setting.part,
        fingerprint=fingerprint,
        faces=setting.faces,
        join=options.join,
        video_frames=options.video_frames,
        systems=tuple(
            replace(system_facts(name, system, level), learned=overlap.share)
            for name, system, level, overlap in zip(names, systems, levels, overlaps)
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
        crop=f"{crop.margins} x the face box ({crop.shape}), {crop.size} px, border {crop.border}",
    )


def _traces(system: System) -> str:
    """Of the pictures that any of its networks has learned from."""
    return traces((), *(member.info.learned for member in system.members))


def _environment() -> dict[str, str]:
    found: dict[str, Any] = environment()
    packages = found.pop("packages")
    return {name: str(value) for name, value in {**found, **packages}.items()}
