"""samples -> faces found -> regions in a cache folder, from which every crop of training is cut.

A region is the face with what surrounds it, cut out of the picture and never padded, so that ``crop``
makes the border in training exactly as it does at inference. It is scaled down no further than training
needs. Finding faces and decoding large pictures is thus done once, not every epoch.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import cv2
import imagehash
import numpy as np
import PIL.Image

from liveness.data.folders import VIDEO_SUFFIXES
from liveness.data.hdf5 import HDF5_SUFFIX, frames_in, read_frame
from liveness.data.problems import Problem
from liveness.data.trimming import most_bytes, trim
from liveness.data.ziparchive import sha256_of
from liveness.errors import InputError, RunError, VideoError
from liveness.frames import read_photo
from liveness.types import Box, Detector, Image, Sample
from liveness.video import probe, read_video
from liveness.weights import cache_folder

REACH = 5.0  # times the face: the widest training margin, 4, and what jitter adds
_QUALITY = [
    cv2.IMWRITE_JPEG_QUALITY,
    96,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
]
_FORMAT = 1
_BYTES_EACH = 80_000
_SPARE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Example:
    """A face to train or test on. region: file in the cache; box: the face in the region's pixels;
    digest: SHA-256 of the file that it is from."""

    sample: Sample
    region: Path
    box: Box
    hash: int = 0
    digest: str = ""

    def image(self) -> Image:
        """The region, uint8 RGB (height, width, 3)."""
        return _read_region(self.region)[1]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What can be trained on, and what was left out and why."""

    examples: tuple[Example, ...]
    no_face: tuple[Sample, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def hashes(self) -> dict[Path, int]:
        """Perceptual hashes by file, of the first frame of a video."""
        return {e.sample.path: e.hash for e in reversed(self.examples)}


@dataclass(frozen=True, slots=True)
class Preparing:
    """Progress: so many of so many files are done."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class PrepareOptions:
    """face_pixels: faces larger than this are scaled down to it; detector: its name, for the cache."""

    face_pixels: int = 160
    video_frames: int = 8
    detector: str = ""
    workers: int = 2


@dataclass(frozen=True, slots=True)
class _Found:
    """What became of one sample."""

    examples: tuple[Example, ...] = ()
    no_face: tuple[Sample, ...] = ()
    problem: Problem | None = None


def prepare(
    samples: Sequence[Sample],
    detector: Callable[[], Detector],
    options: PrepareOptions = PrepareOptions(),
    cache: Path | None = None,
) -> Generator[Preparing, None, Prepared]:
    """Cut the region of every face, or take it from the cache; the generator's value is the result.

    A sample's own box is used where it has one, else the largest face that the detector finds (it is
    only built when needed). cache: a folder; the user's cache by default. An interrupted run goes on
    where it was. Afterwards the folder is trimmed, see ``trimming``. Raises RunError when the disk is
    too full, InputError for a LIVENESS_CACHE_GB that is no number.
    """
    most = most_bytes()
    cache = cache or cache_folder().parent / "regions"
    cache.mkdir(parents=True, exist_ok=True)
    _check_disk(cache, samples, options)
    detect = lru_cache(maxsize=1)(detector)
    found: list[_Found] = []
    pool = ThreadPoolExecutor(max(1, options.workers), thread_name_prefix="prepare")
    try:
        jobs: list[Future[_Found]] = [pool.submit(_one, s, detect, options, cache) for s in samples]
        for job in jobs:
            found.append(job.result())
            yield Preparing(len(found), len(samples))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    trim(cache, "*.face", most)
    return Prepared(
        tuple(e for f in found for e in f.examples),
        tuple(s for f in found for s in f.no_face),
        tuple(f.problem for f in found if f.problem is not None),
    )


def _check_disk(cache: Path, samples: Sequence[Sample], options: PrepareOptions) -> None:
    frames = sum(options.video_frames if s.path.suffix.lower() in VIDEO_SUFFIXES else 1 for s in samples)
    wanted, free = frames * _BYTES_EACH + _SPARE_BYTES, shutil.disk_usage(cache).free
    if free < wanted:
        raise RunError(f"training needs about {wanted / 1e6:.0f} MB at {cache}, {free / 1e6:.0f} MB are free")


def _one(sample: Sample, detect: Callable[[], Detector], options: PrepareOptions, cache: Path) -> _Found:
    """The region of one picture, or those of the frames of one video."""
    try:
        digest = sha256_of(sample.path)
        examples, missed = [], []
        for moment, name, load in _pictures(sample, digest, options):
            key = _key(name, moment, options)
            path = cache / key[:2] / f"{key}.face"
            if path.is_file():
                os.utime(path)  # in use: what was so longest ago goes first
            else:
                _write_region(path, load(), moment, detect, options)
            box, code = _read_header(path)
            if box is None:
                missed.append(moment)
            else:
                examples.append(Example(moment, path, box, code, digest))
    except (InputError, OSError) as error:
        return _Found(problem=Problem(str(sample.path), str(error)))
    return _Found(tuple(examples), tuple(missed))


def _pictures(
    sample: Sample, digest: str, options: PrepareOptions
) -> Iterator[tuple[Sample, str, Callable[[], Image]]]:
    """The pictures of a sample: what stands for each, its name in the cache, and how it is read."""
    if sample.path.suffix.lower() not in VIDEO_SUFFIXES:
        yield sample, digest, lambda: read_photo(sample.path).image
        return
    for seconds, load in video_moments(sample, options.video_frames):
        moment = replace(sample, seconds=seconds, presentation=sample.presentation or sample.path.as_posix())
        yield moment, f"{digest}@{seconds:.3f}", load


def video_moments(sample: Sample, frames: int) -> Iterable[tuple[float, Callable[[], Image]]]:
    """The second that the manifest names, or moments spread evenly over the clip, each with its picture."""
    if sample.path.suffix.lower() == HDF5_SUFFIX:
        return _kept_frames(sample, frames)
    if sample.seconds is not None:
        moments = [sample.seconds]
    else:
        length = probe(sample.path).seconds
        moments = [length * (i + 0.5) / frames for i in range(frames)]

    return [(seconds, partial(_frame_at, sample.path, seconds)) for seconds in moments]


def _kept_frames(sample: Sample, frames: int) -> list[tuple[float, Callable[[], Image]]]:
    """As ``video_moments``; frames are counted instead of seconds."""
    names = frames_in(sample.path)
    if sample.seconds is not None:
        numbers = [min(max(round(sample.seconds), 0), len(names) - 1)]
    else:
        count = min(frames, len(names))
        numbers = [int((i + 0.5) * len(names) / count) for i in range(count)]
    return [(float(n), partial(read_frame, sample.path, names[n])) for n in numbers]


def _frame_at(path: Path, seconds: float) -> Image:
    frame = next(iter(read_video(path, start=seconds)), None)
    if frame is None:
        raise VideoError(f"{path.name} has no frame at {seconds:.1f} s")
    return frame.image


def _key(name: str, sample: Sample, options: PrepareOptions) -> str:
    """A file name for the cache that changes with whatever the region depends on."""
    face = [round(v, 2) for v in sample.box.as_tuple()] if sample.box else options.detector
    parts = json.dumps([_FORMAT, REACH, name, face, options.face_pixels])
    return hashlib.sha256(parts.encode()).hexdigest()[:40]


def _write_region(
    path: Path, image: Image, sample: Sample, detect: Callable[[], Detector], options: PrepareOptions
) -> None:
    """One file: a line of JSON, then a JPEG. No face: the JSON alone, so that it is not sought again."""
    box = sample.box
    if box is None:
        faces = detect()(image)
        box = faces[0].box if faces else None
    header: dict[str, object] = {"box": None}
    data = b""
    if box is not None:
        region, inside = cut_region(image, box, options.face_pixels)
        _, encoded = cv2.imencode(".jpg", cv2.cvtColor(region, cv2.COLOR_RGB2BGR), _QUALITY)
        data = encoded.tobytes()
        header = {"box": inside.as_tuple(), "hash": str(imagehash.phash(PIL.Image.fromarray(region)))}
    path.parent.mkdir(exist_ok=True)
    # Two threads may meet at one file: the same picture can be in a data set twice.
    partial = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    partial.write_bytes(json.dumps(header).encode() + b"\n" + data)
    partial.replace(path)


def cut_region(image: Image, box: Box, face_pixels: int) -> tuple[Image, Box]:
    """The part of a picture within REACH times the face, and the face's box in it.

    The longer side of the face is scaled down to ``face_pixels`` where it is larger. Raises InputError
    when the box lies outside the picture.
    """
    height, width = image.shape[:2]
    x, y = box.centre
    half = box.longer_side * REACH / 2
    # Even, because crops round halves to the even pixel: an odd shift would round them the other way.
    left, top = (max(0, math.floor(v - half)) // 2 * 2 for v in (x, y))
    right, bottom = min(width, math.ceil(x + half)), min(height, math.ceil(y + half))
    if box.longer_side <= 0 or box.intersection(Box(0, 0, width, height)) <= 0:
        raise InputError(f"the face box {box.as_tuple()} lies outside the picture ({width} x {height})")
    region = image[top:bottom, left:right]
    inside = box.mapped(1, 1, -left, -top)
    scale = face_pixels / box.longer_side
    if scale < 1:
        new_width, new_height = (max(2, round(side * scale)) for side in (right - left, bottom - top))
        region = np.asarray(
            cv2.resize(region, (new_width, new_height), interpolation=cv2.INTER_AREA), dtype=np.uint8
        )
        inside = inside.mapped(new_width / (right - left), new_height / (bottom - top))
    return np.ascontiguousarray(region), inside


def _read_header(path: Path) -> tuple[Box | None, int]:
    with path.open("rb") as file:
        return _parse(json.loads(file.readline()))


def _read_region(path: Path) -> tuple[Box | None, Image]:
    header, _, data = path.read_bytes().partition(b"\n")
    image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise RunError(f"{path} in the cache is damaged: delete it and train again")
    return _parse(json.loads(header))[0], np.asarray(image, dtype=np.uint8)


def _parse(header: Mapping[str, object]) -> tuple[Box | None, int]:
    box = header["box"]
    if not isinstance(box, list):
        return None, 0
    return Box(*map(float, box)), int(str(header["hash"]), 16)
