"""samples + a system -> scores.csv -> rates. Pictures are judged in batches; memory does not grow."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from liveness.data.folders import VIDEO_SUFFIXES
from liveness.data.problems import Problem
from liveness.errors import DatasetError, InputError
from liveness.frames import read_photo
from liveness.metrics import Join, PadReport, evaluate_scores, join_frames
from liveness.prepare import video_moments
from liveness.systems import System
from liveness.tables import report_values
from liveness.types import Box, Detector, Image, Label, Sample

BATCH = 32
COLUMNS = ("path", "label", "pai_species", "subject", "source", "split", "kind", "presentation", "seconds")
GROUPED_BY = ("kind", "source")

Cues = Callable[[Sample, Image, Box], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A picture or frame and what the systems make of it.

    scores: one a system, NaN where no face was found; empty when the file could not be read, and
    ``problem`` says why. cues: whatever else was measured on the face.
    """

    sample: Sample
    scores: tuple[float, ...] = ()
    cues: tuple[float, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Evaluating:
    """Progress: so many of so many pictures are judged."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The rates of one system on a data set, over all presentations and by column of the manifest.

    pictures: pictures and frames that were judged; join: how the frames of a presentation became one score.
    """

    system: str
    report: PadReport
    by: Mapping[str, Mapping[str, PadReport]]
    pictures: int
    presentations: int
    join: Join
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """detector_only: find faces even where the data set names a box; video_frames: taken from each clip."""

    detector_only: bool = False
    video_frames: int = 8
    join: Join = "mean"
    workers: int = 2


@dataclass(frozen=True, slots=True)
class _Look:
    """A picture before scoring: the crops of each system, None where no face was found."""

    sample: Sample
    cuts: tuple[tuple[Image, ...], ...] | None = None
    cues: tuple[float, ...] = ()
    problem: str = ""


def judge(
    systems: Sequence[System],
    samples: Sequence[Sample],
    detect: Detector | None = None,
    options: EvaluateOptions = EvaluateOptions(),
    cues: Cues | None = None,
) -> Iterator[Judged]:
    """Score every picture, and evenly spread frames of every video, by every system, in order.

    The face is the one that the sample's box names, else the largest that ``detect`` finds. Reading and
    finding faces run in threads beside the networks, one batch ahead.
    """
    ahead: list[Future[list[_Look]]] = []
    with ThreadPoolExecutor(max(1, options.workers), thread_name_prefix="evaluate") as pool:
        for start in range(0, len(samples) + BATCH, BATCH):
            chunk = samples[start : start + BATCH]
            jobs = [pool.submit(_look, s, systems, detect, options, cues) for s in chunk]
            yield from _scored(systems, [look for job in ahead for look in job.result()])
            ahead = jobs


def evaluate(
    system: System,
    samples: Sequence[Sample],
    detect: Detector | None = None,
    *,
    threshold: float | None = None,
    out: Path | None = None,
    options: EvaluateOptions = EvaluateOptions(),
) -> Generator[Evaluating, None, Evaluation]:
    """Rates of a system at a threshold (its own by default); the generator's value is the result.

    out: a folder for ``scores.csv`` (one row a picture or frame) and ``report.json``, both written whole
    or not at all. Files that cannot be read are listed and left out; presentations without a found face
    are counted apart. Raises DatasetError when nothing could be judged.
    """
    threshold = system.threshold if threshold is None else threshold
    kept: list[tuple[Sample, float]] = []
    problems: list[Problem] = []
    total = sum(options.video_frames if _is_clip(s) else 1 for s in samples)
    with _scores_csv(out) as write:
        for judged in judge([system], samples, detect, options):
            if judged.problem:
                problems.append(Problem(str(judged.sample.path), judged.problem))
            else:
                kept.append((judged.sample, judged.scores[0]))
                write(score_row(judged.sample, judged.scores[0], threshold))
            yield Evaluating(len(kept) + len(problems), total)
        if not kept:
            raise DatasetError(f"none of {len(samples)} files could be judged: {problems[0].reason}")
    result = _summed_up(system.name, kept, threshold, options.join, problems)
    if out is not None:
        write_json(out / "report.json", evaluation_values(result))
    return result


def score_row(sample: Sample, score: float, threshold: float) -> dict[str, str]:
    """A line of scores.csv. The score keeps every digit; it is empty where no face was found."""
    values = {name: getattr(sample, name) for name in COLUMNS}
    values["label"] = sample.label.value
    found = not np.isnan(score)
    verdict = (Label.BONA_FIDE if score >= threshold else Label.ATTACK).value if found else "no face"
    row = {**values, "score": repr(float(score)) if found else "", "verdict": verdict}
    return {name: "" if value is None else str(value) for name, value in row.items()}


def evaluation_values(result: Evaluation) -> dict[str, Any]:
    """An evaluation as plain JSON values."""
    return {
        "system": result.system,
        "pictures": result.pictures,
        "presentations": result.presentations,
        "frames_joined_by": result.join,
        "overall": report_values(result.report),
        **{
            f"by_{column}": {name: report_values(report) for name, report in groups.items()}
            for column, groups in result.by.items()
        },
        "left_out": [{"path": p.where, "reason": p.reason} for p in result.problems],
    }


def write_json(path: Path, values: Any) -> None:
    """Write plain values as JSON in one piece."""
    with whole_file(path) as file:
        file.write(json.dumps(values, indent=2) + "\n")


def _look(
    sample: Sample,
    systems: Sequence[System],
    detect: Detector | None,
    options: EvaluateOptions,
    cues: Cues | None,
) -> list[_Look]:
    """Read a file, find the face and cut the crops: one entry a picture or frame."""
    try:
        return [
            _looked(
                moment, load(), systems, None if moment.box and not options.detector_only else detect, cues
            )
            for moment, load in _pictures(sample, options.video_frames)
        ]
    except (InputError, OSError) as error:
        return [_Look(sample, problem=str(error))]


def _looked(
    sample: Sample, image: Image, systems: Sequence[System], detect: Detector | None, cues: Cues | None
) -> _Look:
    box = sample.box
    if detect is not None:
        faces = detect(image)
        box = faces[0].box if faces else None
    elif box is None:
        raise DatasetError("the data set names no face box and no detector was given")
    if box is None:
        return _Look(sample)
    measured = cues(sample, image, box) if cues else ()
    return _Look(sample, tuple(system.cut(image, box) for system in systems), measured)


def _pictures(sample: Sample, video_frames: int) -> Iterator[tuple[Sample, Callable[[], Image]]]:
    """The sample itself, or moments of its video, which are one presentation."""
    if not _is_video(sample):
        yield sample, lambda: read_photo(sample.path).image
        return
    whole = replace(sample, presentation=sample.presentation or sample.path.as_posix())
    for seconds, load in video_moments(sample, video_frames):
        yield replace(whole, seconds=seconds), load


def _is_video(sample: Sample) -> bool:
    return sample.path.suffix.lower() in VIDEO_SUFFIXES


def _is_clip(sample: Sample) -> bool:
    return _is_video(sample) and sample.seconds is None


def _scored(systems: Sequence[System], looks: Sequence[_Look]) -> Iterator[Judged]:
    """One batch through every network."""
    found = [look.cuts for look in looks if look.cuts is not None]
    columns = [system.score([cuts[i] for cuts in found]) for i, system in enumerate(systems)]
    scores = iter(zip(*columns))
    nothing = (float("nan"),) * len(systems)
    for look in looks:
        if look.problem:
            yield Judged(look.sample, problem=look.problem)
        else:
            own = tuple(map(float, next(scores))) if look.cuts is not None else nothing
            yield Judged(look.sample, own, look.cues)


def _summed_up(
    name: str,
    kept: Sequence[tuple[Sample, float]],
    threshold: float,
    join: Join,
    problems: Sequence[Problem],
) -> Evaluation:
    scores, first = join_frames(
        np.array([score for _, score in kept]), [s.presentation for s, _ in kept], join
    )
    samples = [kept[i][0] for i in first]
    live = np.array([s.label is Label.BONA_FIDE for s in samples])
    species = np.array([s.pai_species for s in samples])

    def report(rows: Any) -> PadReport:
        return evaluate_scores(scores[rows], live[rows], species[rows], threshold=threshold)

    by = {}
    for column in GROUPED_BY:
        names = np.array([getattr(s, column) for s in samples])
        if len(set(names)) > 1:
            by[column] = {str(value): report(names == value) for value in sorted(set(names))}
    everything = report(slice(None))
    return Evaluation(name, everything, by, len(kept), len(samples), join, tuple(problems))


@contextmanager
def _scores_csv(out: Path | None) -> Iterator[Callable[[Mapping[str, str]], None]]:
    """A function that writes a row to ``out/scores.csv``, which is there only when all went well."""
    if out is None:
        yield lambda row: None
        return
    with whole_file(out / "scores.csv") as file:
        writer = csv.DictWriter(file, (*COLUMNS, "score", "verdict"))
        writer.writeheader()
        yield writer.writerow


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A text file that appears under its name only when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("w", newline="", encoding="utf-8") as file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
