"""Examples -> batches: what an epoch shows, in which order, and how it is varied.

Everything follows from (seed, epoch, place in the epoch), so that a resumed run sees what the
uninterrupted one would have seen. Threads cut crops ahead of the network; OpenCV releases the lock.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import psutil
from numpy.typing import NDArray

from liveness.config import CropConfig, InputConfig, TrainConfig
from liveness.crop import crop, normalise
from liveness.data.prepare import Example
from liveness.errors import InputError
from liveness.training.augment import training_crop, training_views
from liveness.training.mixing import everyday_crop, everyday_pictures, mixed
from liveness.types import Box, Image, Label

Floats: TypeAlias = NDArray[np.float32]
_Made: TypeAlias = tuple[Image, tuple[Image, ...], bool]
_AHEAD = 3  # batches that are being made while the network trains
_MOST_MEMORY = 4_000_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """crops: uint8 RGB (n, size, size, 3); inputs: the same normalised, float32 (n, 3, size, size);
    labels: float32, 1 is bona fide, of the first crops; those that follow are mixed (``mixing.py``) and have
    none; views: what teachers with windows of their own see of the labelled ones, uint8 RGB
    (labelled, its size, its size, 3).
    """

    crops: NDArray[np.uint8]
    inputs: Floats
    labels: Floats
    views: tuple[NDArray[np.uint8], ...] = ()


class Regions:
    """Decoded regions, kept in memory up to a limit: a third of what is free, 4 GB at most."""

    def __init__(self, examples: Sequence[Example], limit: int | None = None) -> None:
        self.examples = examples
        self._left = min(_MOST_MEMORY, psutil.virtual_memory().available // 3) if limit is None else limit
        self._kept: dict[int, Image] = {}

    def __getitem__(self, index: int) -> Image:
        image = self._kept.get(index)
        if image is None:
            image = self.examples[index].image()
            if image.nbytes <= self._left:
                self._left -= image.nbytes
                self._kept[index] = image
        return image


class Loader:
    """The training batches of each epoch; teachers: the windows that teachers look at."""

    def __init__(
        self, examples: Sequence[Example], config: TrainConfig, teachers: Sequence[CropConfig] = ()
    ) -> None:
        self.examples = examples
        self.config = config
        self.teachers = tuple(teachers)
        augment = config.augment
        self._staged = bool(teachers) or max(augment.clutter, augment.background, augment.held) > 0
        self._bona_fide = [i for i, e in enumerate(examples) if e.sample.label is Label.BONA_FIDE]
        self._regions = Regions(examples)
        self._shares = sampling_shares(examples, config)
        self._everyday = everyday_pictures(config.everyday)
        self.size = config.epoch_samples or len(examples)
        self.batch = min(config.batch, self.size)
        self.batches = self.size // self.batch

    def epoch(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """Batches number ``first`` and on of an epoch."""
        order = epoch_order(self._shares, self.size, [self.config.seed, epoch])
        waiting: deque[tuple[int, list[Future[_Made]], list[Future[Image]]]] = deque()
        pool = ThreadPoolExecutor(max(1, self.config.workers), thread_name_prefix="loader")
        try:
            for number in range(first, self.batches):
                places = range(number * self.batch, (number + 1) * self.batch)
                made = [pool.submit(self._one, epoch, place, int(order[place])) for place in places]
                count = self._mixed_in if self._everyday else 0
                others = [pool.submit(self._any, epoch, place) for place in places[:count]]
                waiting.append((number, made, others))
                if len(waiting) > _AHEAD:
                    yield self._joined(epoch, *waiting.popleft())
            while waiting:
                yield self._joined(epoch, *waiting.popleft())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _one(self, epoch: int, place: int, index: int) -> _Made:
        example = self.examples[index]
        rng = np.random.default_rng([self.config.seed, epoch, place])
        live = example.sample.label is Label.BONA_FIDE
        crop_config = self.config.input.crop
        region, augment = self._regions[index], self.config.augment
        if self._staged:

            def other(bona_fide: bool) -> tuple[Image, Box]:
                chosen = int(rng.choice(self._bona_fide) if bona_fide else rng.integers(len(self.examples)))
                return self._regions[chosen], self.examples[chosen].box

            return training_views(region, example.box, live, crop_config, augment, self.teachers, rng, other)
        image, live = training_crop(region, example.box, live, crop_config, augment, rng)
        return image, (), live

    def _any(self, epoch: int, place: int) -> Image:
        """A square of an everyday picture."""
        rng = np.random.default_rng([self.config.seed, epoch, place, 1])
        path = self._everyday[int(rng.integers(len(self._everyday)))]
        return everyday_crop(path, self.config.input.crop.size, self.config.augment.strength, rng)

    @property
    def _mixed_in(self) -> int:
        """Everyday pictures of a batch: half of what is mixed in."""
        return round(self.batch * self.config.mixed / 2)

    def _joined(
        self, epoch: int, number: int, jobs: list[Future[_Made]], everyday: list[Future[Image]]
    ) -> Batch:
        made = [job.result() for job in jobs]
        crops = np.stack([image for image, _, _ in made])
        labelled = self.batch - round(self.batch * self.config.mixed)
        if labelled < self.batch:
            rng = np.random.default_rng([self.config.seed, epoch, number, 2])
            others = crops[rng.permutation(self.batch)[: self.batch - labelled]]
            for place, job in enumerate(everyday):
                others[place] = job.result()
            crops[labelled:] = mixed(crops[labelled:], others, rng)
        made = made[:labelled]
        labels = np.array([live for _, _, live in made], dtype=np.float32)
        views = tuple(np.stack([seen[i] for _, seen, _ in made]) for i in range(len(self.teachers)))
        return Batch(crops, normalise(crops, self.config.input), labels, views)


def sampling_shares(examples: Sequence[Example], config: TrainConfig) -> NDArray[np.float64]:
    """How often each example is shown, as shares that add up to 1; float64 (n,).

    Unless ``balance`` is none, both classes get half. A class is divided among kinds as ``kinds`` says, where
    a kind that it does not name weighs as much as its share of the class's pictures, and with balance
    ``source`` these among sources, in proportion to their size to the power of ``source_power``.
    """
    samples = [e.sample for e in examples]
    if config.balance == "none":
        return np.full(len(samples), 1 / max(1, len(samples)))
    power = config.source_power if config.balance == "source" else 1.0
    kinds = [s.kind if config.kinds else "" for s in samples]
    cells = [(s.label, kind, s.source) for s, kind in zip(samples, kinds)]
    sizes = Counter(cells)
    totals: dict[tuple[Label, str], float] = defaultdict(float)
    for (label, kind, _), size in sizes.items():
        totals[label, kind] += size**power
    by_label = Counter(s.label for s in samples)
    by_kind = Counter((s.label, kind) for s, kind in zip(samples, kinds))
    wanted = {(k, kind): config.kinds.get(kind, n / by_label[k]) for (k, kind), n in by_kind.items()}
    of_label: dict[Label, float] = defaultdict(float)
    for (label, _), share in wanted.items():
        of_label[label] += share
    if not all(of_label.values()):
        raise InputError(f"kinds give no share to a class: {dict(config.kinds)}, found {sorted(set(kinds))}")
    return np.array(
        [
            wanted[label, kind]
            / of_label[label]  # of the class, to the kind
            * sizes[label, kind, source] ** power
            / totals[label, kind]  # of the kind, to the source
            / sizes[label, kind, source]
            / len(of_label)
            for label, kind, source in cells
        ]
    )


def epoch_order(shares: NDArray[np.float64], size: int, seed: Sequence[int]) -> NDArray[np.int64]:
    """Which example stands at each place of an epoch; int64 (size,).

    Systematic sampling: each example comes as often as its share says, rounded up or down.
    """
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(shares))
    ends = np.cumsum(shares[shuffled])
    points = (np.arange(size) + rng.random()) / size * ends[-1]
    drawn = np.minimum(np.searchsorted(ends, points, side="right"), len(shares) - 1)
    return rng.permutation(shuffled[drawn])


def plain_crops(regions: Regions, input: InputConfig) -> Iterator[Image]:
    """The crop of each example as inference makes it, uint8 RGB (height, width, 3)."""
    for index, example in enumerate(regions.examples):
        yield crop(regions[index], example.box, input.crop)


def in_batches(crops: Iterator[Image], size: int) -> Iterator[NDArray[np.uint8]]:
    """Crops stacked, at most ``size`` at a time: uint8 (n, side, side, 3)."""
    batch: list[Image] = []
    for image in crops:
        batch.append(image)
        if len(batch) == size:
            yield np.stack(batch)
            batch = []
    if batch:
        yield np.stack(batch)
