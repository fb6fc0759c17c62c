"""samples + systems -> scores, in order. Pictures are judged in batches; memory does not grow with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from liveness.data.folders import VIDEO_SUFFIXES
from liveness.data.ziparchive import sha256_of
from liveness.errors import DatasetError, InputError
from liveness.frames import read_photo
from liveness.joining import Join
from liveness.prepare import video_moments
from liveness.systems import System
from liveness.types import Box, Detector, Image, Sample

BATCH = 32

Cues = Callable[[Sample, Image, Box], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A picture or frame and what the systems make of it.

    scores: one a system, NaN where no face was found; empty when the file could not be read, and
    ``problem`` says why. box: the face that was judged; digest: SHA-256 of the file; cues: whatever else was
    measured on the face.
    """

    sample: Sample
    scores: tuple[float, ...] = ()
    box: Box | None = None
    digest: str = ""
    cues: tuple[float, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Evaluating:
    """Progress: so many of so many pictures are judged."""

    done: int
    total: int


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

    judged: Judged
    cuts: tuple[tuple[Image, ...], ...] | None = None


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


def pictures_in(samples: Sequence[Sample], options: EvaluateOptions) -> int:
    """How many pictures and frames ``judge`` will look at."""
    return sum(options.video_frames if is_video(s) and s.seconds is None else 1 for s in samples)


def is_video(sample: Sample) -> bool:
    return sample.path.suffix.lower() in VIDEO_SUFFIXES


def _look(
    sample: Sample,
    systems: Sequence[System],
    detect: Detector | None,
    options: EvaluateOptions,
    cues: Cues | None,
) -> list[_Look]:
    """Read a file, find the face and cut the crops: one entry a picture or frame."""
    try:
        digest = sha256_of(sample.path)
        return [
            _looked(
                Judged(moment, digest=digest),
                load(),
                systems,
                None if moment.box and not options.detector_only else detect,
                cues,
            )
            for moment, load in _pictures(sample, options.video_frames)
        ]
    except (InputError, OSError) as error:
        return [_Look(Judged(sample, problem=str(error)))]


def _looked(
    judged: Judged, image: Image, systems: Sequence[System], detect: Detector | None, cues: Cues | None
) -> _Look:
    box = judged.sample.box
    if detect is not None:
        faces = detect(image)
        box = faces[0].box if faces else None
    elif box is None:
        raise DatasetError("the data set names no face box and no detector was given")
    if box is None:
        return _Look(judged)
    measured = cues(judged.sample, image, box) if cues else ()
    cuts = tuple(system.cut(image, box) for system in systems)
    return _Look(replace(judged, box=box, cues=measured), cuts)


def _pictures(sample: Sample, video_frames: int) -> Iterator[tuple[Sample, Callable[[], Image]]]:
    """The sample itself, or moments of its video, which are one presentation."""
    if not is_video(sample):
        yield sample, lambda: read_photo(sample.path).image
        return
    whole = replace(sample, presentation=sample.presentation or sample.path.as_posix())
    for seconds, load in video_moments(sample, video_frames):
        yield replace(whole, seconds=seconds), load


def _scored(systems: Sequence[System], looks: Sequence[_Look]) -> Iterator[Judged]:
    """One batch through every network."""
    found = [look.cuts for look in looks if look.cuts is not None]
    columns = [system.score([cuts[i] for cuts in found]) for i, system in enumerate(systems)]
    scores = iter(zip(*columns))
    nothing = (float("nan"),) * len(systems)
    for look in looks:
        if look.judged.problem:
            yield look.judged
        else:
            own = tuple(map(float, next(scores))) if look.cuts is not None else nothing
            yield replace(look.judged, scores=own)
