"""samples + systems -> scores, in order. Batches are judged side by side; memory does not grow with them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from liveness.classify import usable_cores
from liveness.data.folders import VIDEO_SUFFIXES
from liveness.data.prepare import video_moments
from liveness.data.ziparchive import sha256_of
from liveness.errors import DatasetError, InputError
from liveness.frames import read_photo
from liveness.measure.joinframes import Join
from liveness.systems import System
from liveness.types import Box, Detector, Image, Landmarks, Sample

BATCH = 16  # as fast as larger ones, and every worker holds the layers of one
_AHEAD = 2  # batches under way for each worker: one in work, one waiting

Cues = Callable[[Sample, Image, Box], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A picture or frame and what the systems make of it.

    scores: one a system, NaN where no face was found; empty when the file could not be read, and
    ``problem`` says why. box, landmarks: of the face that was judged; digest: SHA-256 of the file; cues:
    whatever else was measured on the face.
    """

    sample: Sample
    scores: tuple[float, ...] = ()
    box: Box | None = None
    landmarks: Landmarks | None = None
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
    """detector_only: find faces even where the data set names a box; video_frames: taken from each clip.

    workers: batches that are judged at once, one for each usable core by default; scores do not depend on it.
    """

    detector_only: bool = False
    video_frames: int = 8
    join: Join = "mean"
    workers: int | None = None

    def __post_init__(self) -> None:
        if self.video_frames < 1:
            raise InputError(f"at least one frame of each video is judged, got {self.video_frames}")


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

    The face is the one that the sample's box names, else the largest that ``detect`` finds. A worker takes a
    batch all the way from its files to its scores, so that reading and finding faces for one batch run beside
    the networks of another and no core waits: decoding, crops and networks all leave Python's lock. Systems
    that were loaded with ``threads=1`` are fastest. No more than two batches a worker are under way.
    """
    workers = options.workers or usable_cores()
    ahead: deque[Future[list[Judged]]] = deque()
    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="evaluate") as pool:
        try:
            for batch in _batches(samples, options):
                ahead.append(pool.submit(_judged, batch, systems, detect, options, cues))
                if len(ahead) == _AHEAD * workers:
                    yield from ahead.popleft().result()
            while ahead:
                yield from ahead.popleft().result()
        finally:
            for job in ahead:
                job.cancel()


def pictures_in(samples: Sequence[Sample], options: EvaluateOptions) -> int:
    """How many pictures and frames ``judge`` will look at."""
    return sum(_pictures_of(s, options) for s in samples)


def _pictures_of(sample: Sample, options: EvaluateOptions) -> int:
    return options.video_frames if is_video(sample) and sample.seconds is None else 1


def _batches(samples: Sequence[Sample], options: EvaluateOptions) -> Iterator[list[Sample]]:
    """Samples of about ``BATCH`` pictures together, always the same ones."""
    batch: list[Sample] = []
    pictures = 0
    for sample in samples:
        batch.append(sample)
        pictures += _pictures_of(sample, options)
        if pictures >= BATCH:
            yield batch
            batch, pictures = [], 0
    if batch:
        yield batch


def is_video(sample: Sample) -> bool:
    return sample.path.suffix.lower() in VIDEO_SUFFIXES


def _judged(
    batch: Sequence[Sample],
    systems: Sequence[System],
    detect: Detector | None,
    options: EvaluateOptions,
    cues: Cues | None,
) -> list[Judged]:
    """A worker's task: one batch, from files to scores."""
    return _scored(systems, [look for s in batch for look in _look(s, systems, detect, options, cues)])


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
    box, landmarks = judged.sample.box, judged.sample.landmarks
    if detect is not None:
        faces = detect(image)
        box, landmarks = (faces[0].box, faces[0].landmarks) if faces else (None, None)
    elif box is None:
        raise DatasetError("the data set names no face box and no detector was given")
    if box is None:
        return _Look(judged)
    measured = cues(judged.sample, image, box) if cues else ()
    cuts = tuple(system.cut(image, box) for system in systems)
    return _Look(replace(judged, box=box, landmarks=landmarks, cues=measured), cuts)


def _pictures(sample: Sample, video_frames: int) -> Iterator[tuple[Sample, Callable[[], Image]]]:
    """The sample itself, or moments of its video, which are one presentation."""
    if not is_video(sample):
        yield sample, lambda: read_photo(sample.path).image
        return
    whole = replace(sample, presentation=sample.presentation or sample.path.as_posix())
    for seconds, load in video_moments(sample, video_frames):
        yield replace(whole, seconds=seconds), load


def _scored(systems: Sequence[System], looks: Sequence[_Look]) -> list[Judged]:
    """One batch through every network."""
    found = [look.cuts for look in looks if look.cuts is not None]
    columns = [system.score([cuts[i] for cuts in found]) for i, system in enumerate(systems)]
    scores = iter(zip(*columns))
    nothing = (float("nan"),) * len(systems)
    judged = []
    for look in looks:
        if look.judged.problem:
            judged.append(look.judged)
        else:
            own = tuple(map(float, next(scores))) if look.cuts is not None else nothing
            judged.append(replace(look.judged, scores=own))
    return judged
