"""Protocols of an evaluation as plans: which samples train, which set the threshold, which test. Pure.

A plan has folds. In each, samples of ``train`` and ``dev`` come from the same side and ``test`` from the
other; no fold has a person (or, where sources are left out, a source) on two sides, unless the data set
itself divides them so: then the fold says it. How a plan is run is in ``liveness.measure.protocols``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sklearn.model_selection import StratifiedGroupKFold

from liveness.data.adapters import parse_reference
from liveness.data.problems import Problem
from liveness.data.samples import absolute, load_dataset
from liveness.data.splits import split_samples, tied
from liveness.errors import DatasetError
from liveness.types import Label, Sample

FOLDS = 5
_UNKNOWN = ("", "mixed")  # species of attacks that may be of any


@dataclass(frozen=True, slots=True)
class Named:
    """A data set and the name that it has in the table.

    place: where it lies, so that it can be found from any folder; problems: what could not be used.
    """

    name: str
    samples: tuple[Sample, ...]
    place: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """Samples that all name their split. how: in words, how dev was set aside, and whether people stand on
    both sides."""

    name: str
    samples: tuple[Sample, ...]
    how: str

    def part(self, split: str) -> tuple[Sample, ...]:
        """The samples of train, dev or test."""
        return tuple(s for s in self.samples if s.split == split)

    def row(self) -> list[str]:
        """Its line of a table: name, live + attacks in each part, how dev was set aside."""
        cells = []
        for split in ("train", "dev", "test"):
            part = self.part(split)
            live = sum(1 for sample in part if sample.label is Label.BONA_FIDE)
            cells.append(f"{live} + {len(part) - live}")
        return [self.name, *cells, self.how]


@dataclass(frozen=True, slots=True)
class Protocol:
    """kind: one of KINDS; about: what it measures, in words; folds: in the order of the table."""

    kind: str
    about: str
    folds: tuple[Fold, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """seed: of every division; folds: of the k-fold protocols; test: data sets that ``cross`` tests on;
    together: sources that share people and so are left out together."""

    seed: int = 0
    folds: int = FOLDS
    test: tuple[Named, ...] = ()
    together: tuple[str, ...] = ()


FOLD_HEADER = ("fold", "train", "dev", "test (live + attacks)", "division")


def load_named(word: str) -> Named:
    """``NAME=DATA`` or ``DATA``, which is then named by its adapter or folder. Raises DatasetError."""
    found = re.fullmatch(r"(?P<name>[\w+.-]+)=(?P<place>.+)", word)
    if Path(word).exists():
        found = None
    place = found["place"] if found else word
    reference = parse_reference(place)
    name = reference.adapter.name if reference else Path(place).resolve().stem
    dataset = load_dataset(place)
    return Named(found["name"] if found else name, tuple(dataset.samples), absolute(place), dataset.problems)


def plan(kind: str, data: Sequence[Named], choices: Choices = Choices()) -> Protocol:
    """The folds of a protocol over data sets.

    Raises DatasetError for an unknown kind, for too few data sets, and when a part would lack a class.
    """
    if kind not in KINDS:
        raise DatasetError(f"there is no protocol {kind!r}, only: {', '.join(KINDS)}")
    names = Counter(d.name for d in (*data, *choices.test))
    if twice := [name for name, count in names.items() if count > 1]:
        raise DatasetError(f"two data sets are called {twice[0]!r}: name them apart, as NAME=PATH")
    about, folds = KINDS[kind]
    return Protocol(kind, about, tuple(folds(data, choices)))


def combined(data: Sequence[Named]) -> list[Sample]:
    """All samples; persons, sources and presentations of different data sets are kept apart by its name."""
    if len(data) == 1:
        return list(data[0].samples)
    return [_apart(sample, named.name) for named in data for sample in named.samples]


def _apart(sample: Sample, name: str) -> Sample:
    def prefixed(value: str) -> str:
        return f"{name}/{value}" if value else ""

    return replace(
        sample,
        subject=prefixed(sample.subject),
        source=prefixed(sample.source) or name,
        presentation=prefixed(sample.presentation),
    )


# ------------------------------------------------------------------ the kinds


def _intra(data: Sequence[Named], choices: Choices) -> list[Fold]:
    return [_fold(named.name, *_sides(named, choices.seed), choices.seed) for named in data]


def _cross(data: Sequence[Named], choices: Choices) -> list[Fold]:
    if not choices.test:
        raise DatasetError("cross needs at least one data set to test on: --test DATA")
    learned = "+".join(named.name for named in data)
    return [
        _fold(f"{learned} to {target.name}", *_whole(data, target), choices.seed) for target in choices.test
    ]


def _leave_one_out(data: Sequence[Named], choices: Choices) -> list[Fold]:
    if len(data) < 2:
        raise DatasetError(f"leave-one-out needs at least two data sets, got {len(data)}")
    folds = []
    for target in data:
        others = [named for named in data if named is not target]
        name = f"{'+'.join(named.name for named in others)} to {target.name}"
        folds.append(_fold(name, *_whole(others, target), choices.seed))
    return folds


def _leave_attack_out(data: Sequence[Named], choices: Choices) -> list[Fold]:
    """Of each species the attacks are in test alone; bona fide of test are those of the intra protocol.

    Attacks of no single known species may be of the one that is left out, and teach in no fold. Nor is there
    a fold for a species without attacks in test.
    """
    apart = data if len(data) == 1 else [Named(named.name, tuple(_of(named))) for named in data]
    sides = [_sides(named, choices.seed) for named in apart]
    learn, test = ([s for side in sides for s in side[i]] for i in (0, 1))
    if len(data) > 1:  # one may name a dev part and another none
        learn = [replace(s, split="") for s in learn]
    species = sorted({s.pai_species for s in (*learn, *test)} - set(_UNKNOWN))
    if len(species) < 2:
        raise DatasetError(
            f"leave-attack-out needs at least two PAI species, got: {', '.join(species) or 'none'}"
        )
    tested = {s.pai_species for s in test}
    return [
        _fold(
            f"without {name}",
            [s for s in learn if s.label is Label.BONA_FIDE or s.pai_species not in (name, *_UNKNOWN)],
            [s for s in test if s.label is Label.BONA_FIDE or s.pai_species == name],
            choices.seed,
        )
        for name in species
        if name in tested
    ]


def _leave_sources_out(data: Sequence[Named], choices: Choices) -> list[Fold]:
    return _k_fold(combined(data), ("source", "subject"), "sources", choices)


def _k_fold_by_subject(data: Sequence[Named], choices: Choices) -> list[Fold]:
    return _k_fold(combined(data), ("subject",), "subjects", choices)


KINDS: Mapping[str, tuple[str, Callable[[Sequence[Named], Choices], list[Fold]]]] = {
    "intra": ("train and test parts of one data set, as it gives them", _intra),
    "cross": ("train on some data sets, test on others", _cross),
    "leave-one-out": ("each data set tested by what the others teach", _leave_one_out),
    "leave-attack-out": ("each PAI species tested by what the other species teach", _leave_attack_out),
    "leave-sources-out": ("groups of sources tested by what the other sources teach", _leave_sources_out),
    "k-fold": ("groups of people tested by what the other people teach", _k_fold_by_subject),
}


# ------------------------------------------------------------------ sides and folds


def _of(named: Named) -> list[Sample]:
    return [_apart(sample, named.name) for sample in named.samples]


def _whole(sources: Sequence[Named], target: Named) -> tuple[list[Sample], list[Sample]]:
    """Everything of the sources to learn from, everything of the target to test on.

    A dev part that the sources name is not kept: their samples are divided anew by source and person, so
    that dev holds something of every source.
    """
    learn = combined(sources) if len(sources) > 1 else _of(sources[0])
    taught = {s.path for s in learn}
    if both := next((s.path for s in target.samples if s.path in taught), None):
        names = "+".join(named.name for named in sources)
        raise DatasetError(f"{names} and {target.name} share files: {both} would teach and be tested")
    return [replace(s, split="") for s in learn], _of(target)


def _sides(named: Named, seed: int) -> tuple[list[Sample], list[Sample]]:
    """(to learn from, to test on): its own test part, else one taken out by person or source."""
    test = [s for s in named.samples if s.split == "test"]
    if test:
        return [s for s in named.samples if s.split != "test"], test
    divided = split_samples([replace(s, split="") for s in named.samples], seed)
    return [replace(s, split="") for s in divided.part("train")], list(divided.part("dev"))


def _k_fold(samples: Sequence[Sample], by: tuple[str, ...], words: str, choices: Choices) -> list[Fold]:
    """Groups of ``by`` are tested in turn; what shares a person, source or presentation stays together."""
    if not any(getattr(s, by[0]) for s in samples):
        raise DatasetError(f"no sample names its {by[0]}: {words} cannot be left out")
    joined = ["\0" if s.source in choices.together else s.source for s in samples]
    groups = tied([replace(s, source=source) for s, source in zip(samples, joined)], by)
    labels = [s.label is Label.BONA_FIDE for s in samples]
    count = min(choices.folds, len(set(groups)), *Counter(labels).values())
    if count < 2:
        raise DatasetError(f"leaving {words} out needs at least two of them, got {len(set(groups))}")
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=choices.seed)
    return [
        _fold(
            f"{words} {number} of {count}",
            [replace(samples[i], split="") for i in learn],
            [samples[i] for i in test],
            choices.seed,
        )
        for number, (learn, test) in enumerate(splitter.split(labels, labels, groups), 1)
    ]


def _fold(name: str, learn: Sequence[Sample], test: Sequence[Sample], seed: int) -> Fold:
    """A fold with train, dev and test. Raises DatasetError for an empty test or a class missing elsewhere."""
    if not test:
        raise DatasetError(f"{name}: nothing to test on")
    try:
        divided = split_samples(learn, seed)
    except DatasetError as error:
        raise DatasetError(f"{name}: {error}") from error
    samples = (*divided.samples, *(replace(s, split="test") for s in test))
    shared = ({s.subject for s in learn} & {s.subject for s in test}) - {""}
    people = f"; {len(shared)} people teach and are tested: rates flatter" if shared else ""
    return Fold(name, samples, f"dev {divided.how}{people}")
