"""train, dev and test that share no person, no source and no picture: never split by frame."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from liveness.errors import DatasetError
from liveness.types import Label, Sample


@dataclass(frozen=True, slots=True)
class Split:
    """Samples that all have a split, and in words how they got it."""

    samples: tuple[Sample, ...]
    how: str

    def part(self, name: str) -> tuple[Sample, ...]:
        """The samples of train, dev or test."""
        return tuple(s for s in self.samples if s.split == name)


def split_samples(
    samples: Sequence[Sample], seed: int = 0, dev: float = 0.2, hashes: Mapping[Path, int] | None = None
) -> Split:
    """Give every sample a split.

    A split that the data set names is kept; a dev part that it lacks is taken out of train. Samples
    are grouped by source, else (too few sources) by subject, else by likeness; groups stay whole.
    dev: its share of what is split; hashes: perceptual hashes, which tie near-duplicates together.
    Raises DatasetError when some samples name a split and others do not, when train or dev lacks a
    class, or when too few groups are there to divide.
    """
    named = [s for s in samples if s.split]
    if named and len(named) < len(samples):
        raise DatasetError(
            f"{len(samples) - len(named)} of {len(samples)} samples name no split: all or none"
        )
    if any(s.split == "dev" for s in samples):
        return _checked(Split(tuple(samples), "as the data set gives it"))
    pool = [s for s in samples if s.split != "test"]
    dev_ids, how = _take_out(pool, seed, dev, hashes or {})
    done = [
        s if s.split == "test" else replace(s, split="dev" if id(s) in dev_ids else "train") for s in samples
    ]
    return _checked(Split(tuple(done), how))


def duplicates_across(samples: Sequence[Sample], hashes: Mapping[Path, int]) -> list[tuple[Sample, Sample]]:
    """Pairs of near-duplicates that lie in different splits, one pair for each such group of pictures."""
    hashed = [s for s in samples if s.path in hashes]
    by_tie: dict[int, list[Sample]] = defaultdict(list)
    for sample, tie in zip(hashed, near_duplicates([hashes[s.path] for s in hashed])):
        by_tie[tie].append(sample)
    pairs = []
    for alike in by_tie.values():
        other = next((s for s in alike if s.split != alike[0].split), None)
        if other is not None:
            pairs.append((alike[0], other))
    return pairs


def near_duplicates(hashes: Sequence[int], bits: int = 4) -> list[int]:
    """A group number for each 64-bit perceptual hash; hashes that differ in few bits share one.

    Hashes within ``bits`` of each other agree in at least one of ``bits + 1`` pieces, so only hashes
    that share a piece are compared: thousands of pictures take well under a second.
    """
    unique = sorted(set(hashes))
    joined = _Groups(range(len(unique)))
    pieces = bits + 1
    width = -(-64 // pieces)
    for piece in range(pieces):
        buckets: dict[int, list[int]] = defaultdict(list)
        for i, value in enumerate(unique):
            buckets[(value >> (piece * width)) & ((1 << width) - 1)].append(i)
        for bucket in buckets.values():
            _join_near([unique[i] for i in bucket], bucket, bits, joined)
    number = {value: joined.find(i) for i, value in enumerate(unique)}
    order = {root: n for n, root in enumerate(dict.fromkeys(number.values()))}
    return [order[number[value]] for value in hashes]


def _join_near(values: list[int], numbers: list[int], bits: int, joined: _Groups) -> None:
    """Join those of one bucket that differ in at most ``bits`` bits."""
    array = np.array(values, dtype=np.uint64)
    for i in range(len(values) - 1):
        differ = np.bitwise_xor(array[i + 1 :], array[i])
        distance = np.unpackbits(differ.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1)
        for j in np.flatnonzero(distance <= bits):
            joined.join(numbers[i], numbers[i + 1 + int(j)])


def _take_out(
    pool: list[Sample], seed: int, share: float, hashes: Mapping[Path, int]
) -> tuple[set[int], str]:
    """ids of the samples that become dev, and how they were chosen."""
    for use, words in (
        (("source", "subject"), "by source and subject"),
        (("subject",), "by subject (too few sources to keep them apart)"),
        ((), "by likeness of the pictures (subjects are unknown or too few: rates on dev will flatter)"),
    ):
        if use and not any(getattr(s, use[0]) for s in pool):
            continue
        groups = tied(pool, use, hashes)
        chosen = _best_fold(pool, groups, seed, share)
        if chosen is not None:
            return {id(pool[i]) for i in chosen}, words
    raise DatasetError(
        "too few subjects, sources or different pictures to set a dev part aside with both classes"
    )


def tied(pool: Sequence[Sample], use: tuple[str, ...], hashes: Mapping[Path, int] | None = None) -> list[int]:
    """A group number for each sample; whatever ties two samples puts them in one group.

    use: the fields that tie, of ``source`` and ``subject``; presentations and files always do. Likeness
    ties only pictures of unknown people: where subjects are named, they are known better.
    """
    hashes = hashes or {}
    joined = _Groups(range(len(pool)))
    hashed = [i for i, s in enumerate(pool) if s.path in hashes and not (use and s.subject)]
    for i, tie in zip(hashed, near_duplicates([hashes[pool[i].path] for i in hashed])):
        joined.join(i, ("alike", tie))
    for i, sample in enumerate(pool):
        joined.join(i, ("path", sample.path))
        for name in ("presentation", *use):
            if value := getattr(sample, name):
                joined.join(i, (name, value))
    roots = [joined.find(i) for i in range(len(pool))]
    numbers = {root: n for n, root in enumerate(dict.fromkeys(roots))}
    return [numbers[root] for root in roots]


def _best_fold(pool: list[Sample], groups: list[int], seed: int, share: float) -> list[int] | None:
    """Of the folds with both classes on both sides, the one whose size is closest to ``share``."""
    labels = [s.label is Label.BONA_FIDE for s in pool]
    folds = min(max(2, round(1 / share)), len(set(groups)))
    if folds < 2 or min(Counter(labels).values(), default=0) < 2 or len(set(labels)) < 2:
        return None
    best: tuple[float, list[int]] | None = None
    for count in range(folds, 1, -1):
        if min(Counter(labels).values()) < count:
            continue
        splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
        for train, dev in splitter.split(labels, labels, groups):
            sides = [{labels[i] for i in side} for side in (train, dev)]
            off = abs(len(dev) / len(pool) - share)
            if all(len(side) == 2 for side in sides) and (best is None or off < best[0]):
                best = off, [int(i) for i in dev]
        if best is not None:
            return best[1]
    return None


def _checked(split: Split) -> Split:
    for name in ("train", "dev"):
        found = {s.label for s in split.part(name)}
        for label in Label:
            if label not in found:
                raise DatasetError(f"the {name} part has no {label.word} pictures")
    return split


class _Groups:
    """Union-find over any hashable things."""

    def __init__(self, things: Iterable[Hashable] = ()) -> None:
        self._parent: dict[Hashable, Hashable] = {thing: thing for thing in things}

    def find(self, thing: Hashable) -> Hashable:
        """The thing that stands for the group."""
        self._parent.setdefault(thing, thing)
        while (parent := self._parent[thing]) != thing:
            self._parent[thing] = self._parent[parent]
            thing = parent
        return thing

    def join(self, one: Hashable, other: Hashable) -> None:
        self._parent[self.find(other)] = self.find(one)
