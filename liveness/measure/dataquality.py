"""A data set looked through before anybody trains on it: what is damaged, double, unbalanced or too easy."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import imagehash
import numpy as np
import PIL.Image

from liveness.data.folders import VIDEO_SUFFIXES
from liveness.data.prepare import video_moments
from liveness.data.problems import Problem
from liveness.data.samples import count_samples
from liveness.data.splits import near_duplicates, tied
from liveness.data.ziparchive import sha256_of
from liveness.errors import InputError
from liveness.frames import read_photo
from liveness.measure.shortcuts import PROBE_CUES, Probe, probe, probe_cues
from liveness.quality import assess
from liveness.types import Box, Detector, Face, Image, Label, Quality, Sample

MEASURES = ("size", "sharpness", "brightness")


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """most: pictures that are opened, spread evenly over the data set, 0 for all; workers: threads."""

    most: int = 0
    workers: int = 2


@dataclass(frozen=True, slots=True)
class Checking:
    """Progress: so many of so many files are looked at."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Twins:
    """Files that show the same. splits, labels: of all of them; exact: byte for byte, else nearly alike."""

    paths: tuple[Path, ...]
    splits: tuple[str, ...]
    labels: tuple[Label, ...]
    exact: bool

    @property
    def leak(self) -> bool:
        """Whether they lie on two sides of a split."""
        return len(self.splits) > 1

    @property
    def contradictory(self) -> bool:
        """Whether one is called bona fide and another an attack."""
        return len(self.labels) > 1


@dataclass(frozen=True, slots=True)
class Spread:
    """10 %, 50 % and 90 % of a measure over the faces of a class."""

    low: float
    middle: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that was found.

    opened: files that were looked at, of ``total``; counts: by (split, label, species); two_sides: people (or
    sources) by name, and the splits that they lie in; faces: measure -> class -> spread, empty without
    boxes; no_face: by class; probe: None when there is too little to say anything.
    """

    total: int
    opened: int
    unreadable: tuple[Problem, ...]
    twins: tuple[Twins, ...]
    counts: Mapping[tuple[str, str, str], int]
    subjects_on_two_sides: Mapping[str, tuple[str, ...]]
    sources_on_two_sides: Mapping[str, tuple[str, ...]]
    faces: Mapping[str, Mapping[Label, Spread]] = field(default_factory=dict)
    no_face: Mapping[Label, int] = field(default_factory=dict)
    probe: Probe | None = None


@dataclass(frozen=True, slots=True)
class _Look:
    """One file: the hash of its bytes, what it shows (perceptual hash), its face and its trivial cues."""

    sample: Sample
    digest: str = ""
    hash: int = 0
    face: Quality | None = None
    cues: tuple[float, ...] = ()
    problem: str = ""


def check(
    samples: Sequence[Sample], detect: Detector | None = None, options: CheckOptions = CheckOptions()
) -> Generator[Checking, None, Findings]:
    """Look through a data set; the generator's value are the findings.

    Of a video its middle frame is taken. Faces are measured where a sample has a box, else where ``detect``
    finds one. Files that cannot be read are among the findings.
    """
    chosen = _some(samples, options.most)
    looks: list[_Look] = []
    pool = ThreadPoolExecutor(max(1, options.workers), thread_name_prefix="check")
    try:
        for look in pool.map(lambda sample: _look(sample, detect), chosen):
            looks.append(look)
            yield Checking(len(looks), len(chosen))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    seen = [look for look in looks if not look.problem]
    return Findings(
        len(samples),
        len(chosen),
        tuple(Problem(str(look.sample.path), look.problem) for look in looks if look.problem),
        tuple(_twins(seen)),
        count_samples(samples),
        _two_sides(samples, "subject"),
        _two_sides(samples, "source"),
        _faces(seen),
        Counter(look.sample.label for look in seen if look.face is None),
        _probe(seen),
    )


def _some(samples: Sequence[Sample], most: int) -> list[Sample]:
    """At most so many, spread evenly over each class: cues are compared between classes."""
    if not most or len(samples) <= most:
        return list(samples)
    kept = []
    for label in Label:
        own = [s for s in samples if s.label is label]
        count = min(len(own), max(1, round(most * len(own) / len(samples))))
        kept += [own[int(i * len(own) / count)] for i in range(count)]
    return kept


def _look(sample: Sample, detect: Detector | None) -> _Look:
    try:
        image = _picture(sample)
        box = sample.box or _largest(detect, image)
        code = int(str(imagehash.phash(PIL.Image.fromarray(image))), 16)
        face = assess(image, Face(box, 1.0)) if box else None
        return _Look(sample, sha256_of(sample.path), code, face, probe_cues(sample, image, box))
    except (InputError, OSError) as error:
        return _Look(sample, problem=str(error))


def _picture(sample: Sample) -> Image:
    if sample.path.suffix.lower() not in VIDEO_SUFFIXES:
        return read_photo(sample.path).image
    _, load = next(iter(video_moments(sample, 1)))
    return load()


def _largest(detect: Detector | None, image: Image) -> Box | None:
    faces = detect(image) if detect else ()
    return faces[0].box if faces else None


# ------------------------------------------------------------------ findings


def _twins(looks: Sequence[_Look]) -> list[Twins]:
    """Files with the same bytes, then those that only look alike; the worst first. Moments of a video and
    frames of one presentation are meant to look alike and are left out."""
    by_digest: dict[str, list[_Look]] = defaultdict(list)
    for look in looks:
        by_digest[look.digest].append(look)
    exact = [group for group in by_digest.values() if len({look.sample.path for look in group}) > 1]
    firsts = [group[0] for group in by_digest.values()]
    by_hash: dict[int, list[_Look]] = defaultdict(list)
    for look, tie in zip(firsts, near_duplicates([look.hash for look in firsts])):
        by_hash[tie].append(look)
    alike = [group for group in by_hash.values() if len(group) > 1 and not _one_presentation(group)]
    found = [_pair(group, True) for group in exact] + [_pair(group, False) for group in alike]
    return sorted(found, key=lambda twins: (not twins.contradictory, not twins.leak, not twins.exact))


def _one_presentation(group: Sequence[_Look]) -> bool:
    names = {look.sample.presentation for look in group}
    return len(names) == 1 and "" not in names


def _pair(group: Sequence[_Look], exact: bool) -> Twins:
    return Twins(
        tuple(look.sample.path for look in group),
        tuple(sorted({look.sample.split for look in group})),
        tuple(sorted({look.sample.label for look in group})),
        exact,
    )


def _two_sides(samples: Sequence[Sample], name: str) -> dict[str, tuple[str, ...]]:
    splits: dict[str, set[str]] = defaultdict(set)
    for sample in samples:
        if value := getattr(sample, name):
            splits[value].add(sample.split)
    return {value: tuple(sorted(sides)) for value, sides in sorted(splits.items()) if len(sides) > 1}


def _faces(looks: Sequence[_Look]) -> dict[str, dict[Label, Spread]]:
    found: dict[str, dict[Label, Spread]] = {}
    for label in Label:
        faces = [look.face for look in looks if look.face is not None and look.sample.label is label]
        for measure in MEASURES if faces else ():
            values = [getattr(face, measure) for face in faces]
            low, middle, high = np.quantile(values, [0.1, 0.5, 0.9])
            spread = Spread(float(low), float(middle), float(high), len(values))
            found.setdefault(measure, {})[label] = spread
    return found


def _probe(looks: Sequence[_Look]) -> Probe | None:
    """Grouped by people where they are named, else by source, else by likeness."""
    samples = [look.sample for look in looks]
    cues = np.array([look.cues for look in looks], dtype=np.float64).reshape(len(looks), len(PROBE_CUES))
    live = np.array([s.label is Label.BONA_FIDE for s in samples], dtype=bool)
    use = next((name for name in ("subject", "source") if len({getattr(s, name) for s in samples}) > 2), "")
    hashes = {look.sample.path: look.hash for look in looks}
    groups = tied(samples, (use,) if use else (), hashes)
    return probe(cues, live, groups, use or "likeness", [s.source for s in samples])
