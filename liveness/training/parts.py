"""Samples -> faces found -> train and dev, as a run is going to use them; and a look at them before it."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from liveness.config import TrainConfig
from liveness.crop import crop
from liveness.data.prepare import Example, Prepared, PrepareOptions, Preparing, prepare
from liveness.data.samples import check_classes
from liveness.data.splits import duplicates_across, split_samples
from liveness.training.augment import training_crop
from liveness.types import Detector, Image, Label, Sample

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parts:
    """The examples of a run by split, and in words how they were split."""

    train: tuple[Example, ...]
    dev: tuple[Example, ...]
    how: str


def divide(prepared: Prepared, config: TrainConfig) -> Parts:
    """train and dev; with ``train+dev`` all is trained on."""
    if config.train_on == "train+dev":
        return Parts(prepared.examples, (), "train and dev together, no dev part")
    split = split_samples([e.sample for e in prepared.examples], config.seed, hashes=prepared.hashes)
    examples = [replace(e, sample=s) for e, s in zip(prepared.examples, split.samples)]
    train_part = tuple(e for e in examples if e.sample.split == "train")
    dev_part = tuple(e for e in examples if e.sample.split == "dev")
    return Parts(train_part, dev_part, f"split {split.how}")


def data_fingerprint(parts: Parts) -> str:
    """The same for the same pictures, boxes, labels and split, wherever they lie."""
    rows = sorted(
        (e.region.name, e.sample.label.value, e.sample.source, name)
        for name, part in (("train", parts.train), ("dev", parts.dev))
        for e in part
    )
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


def find_faces(
    samples: Sequence[Sample], config: TrainConfig, cache: Path | None = None
) -> Generator[Preparing, None, Prepared]:
    """``prepare`` with what the settings of a run ask for. Raises DatasetError when a class is left empty."""
    prepared = yield from prepare(samples, lambda: _detector(config.detector), _options(config), cache)
    check_classes([e.sample for e in prepared.examples], "after faces were sought")
    return prepared


# Faces are kept this many times finer than the closest crop needs. What is scaled down twice is smoother than
# what inference cuts from the picture itself, and a network's score knows: at 1 the contrast of neighbouring
# pixels fell by a fifth, and logits of left out frames by half a unit.
_FINER = 2


def _options(config: TrainConfig) -> PrepareOptions:
    cut = config.input.crop
    margin = min(config.augment.margin[0], cut.inner or cut.margin)
    return PrepareOptions(
        face_pixels=math.ceil(_FINER * cut.size / margin),
        video_frames=config.video_frames,
        detector=config.detector,
        workers=config.workers,
    )


def _detector(name: str) -> Detector:
    from liveness.detect import build_detector

    return build_detector(name)


@dataclass(frozen=True, slots=True, eq=False)
class Review:
    """What a run would train on. counts: pictures by (split, label, PAI species, source); sheet: crops as
    training sees them, live on the left and spoof on the right, uint8 RGB.
    """

    counts: Counter[tuple[str, Label, str, str]]
    how: str
    prepared: Prepared
    duplicates: tuple[tuple[Sample, Sample], ...]
    sheet: Image

    def table(self) -> list[tuple[str, str, str, int]]:
        """Rows of (split, Live or Spoof, PAI species, pictures)."""
        rows: Counter[tuple[str, str, str]] = Counter()
        for (split, label, species, _), count in self.counts.items():
            rows[split, label.word, species] += count
        return [(*key, count) for key, count in sorted(rows.items())]


def review(
    samples: Sequence[Sample], config: TrainConfig, cache: Path | None = None
) -> Generator[Preparing, None, Review]:
    """Everything that can be said of a data set before training. Raises DatasetError as a run would."""
    prepared = yield from find_faces(samples, config, cache)
    parts = divide(replace(prepared, examples=_without_test(prepared.examples)), config)
    test = [e for e in prepared.examples if e.sample.split == "test"]
    every = [e.sample for e in (*parts.train, *parts.dev, *test)]
    return Review(
        Counter((s.split, s.label, s.pai_species, s.source) for s in every),
        parts.how,
        prepared,
        tuple(duplicates_across(every, prepared.hashes)),
        contact_sheet(parts.train, config),
    )


def some_crops(
    samples: Sequence[Sample], config: TrainConfig, count: int = 64, cache: Path | None = None
) -> NDArray[np.uint8]:
    """Crops as inference makes them, spread over the data but its test split: uint8 (n, height, width, 3)."""
    usable = [s for s in samples if s.split != "test"]
    chosen = usable[:: max(1, len(usable) // count)][:count]
    found = result_of(prepare(chosen, lambda: _detector(config.detector), _options(config), cache))
    crops = [crop(e.image(), e.box, config.input.crop) for e in found.examples[:count]]
    return np.stack(crops) if crops else np.empty((0, *config.input.crop.pixels, 3), dtype=np.uint8)


def result_of(steps: Generator[Any, None, T]) -> T:
    """What a generator returns at its end, its progress unseen."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast(T, end.value)


def _without_test(examples: Sequence[Example]) -> tuple[Example, ...]:
    return tuple(e for e in examples if e.sample.split != "test")


def contact_sheet(examples: Sequence[Example], config: TrainConfig, rows: int = 4, columns: int = 5) -> Image:
    """Random training crops, uint8 RGB: bona fide in the left half, attacks in the right."""
    rng = np.random.default_rng(config.seed)
    size = config.input.crop.size
    halves = []
    for label in Label:
        chosen = [e for e in examples if e.sample.label is label]
        sheet = np.full((rows * (size + 4), columns * (size + 4), 3), 255, dtype=np.uint8)
        for place in range(rows * columns):
            example = chosen[int(rng.integers(len(chosen)))]
            live = label is Label.BONA_FIDE
            image, _ = training_crop(
                example.image(),
                example.box,
                live,
                config.input.crop,
                replace(config.augment, attacks=0.0),
                rng,
            )
            top, left = (place // columns) * (size + 4), (place % columns) * (size + 4)
            sheet[top : top + size, left : left + size] = image
        halves.append(sheet)
    gap = np.full((halves[0].shape[0], 12, 3), 255, dtype=np.uint8)
    return np.ascontiguousarray(np.hstack([halves[0], gap, halves[1]]))
