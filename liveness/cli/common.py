"""What several commands share."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from liveness.types import Sample

R = TypeVar("R")


class Counted(Protocol):
    """Progress that knows its end."""

    @property
    def done(self) -> int: ...

    @property
    def total(self) -> int: ...


def finish(work: Generator[Counted, None, R], verb: str) -> R:
    """Run a generator to its result, with a counter on stderr when that is a terminal."""
    while True:
        try:
            progress = next(work)
        except StopIteration as end:
            if sys.stderr.isatty():
                print(file=sys.stderr)
            result: R = end.value
            return result
        if sys.stderr.isatty():
            print(f"\r{progress.done} of {progress.total} {verb}", end="", file=sys.stderr, flush=True)


def choose_split(samples: Sequence[Sample], wanted: str | None) -> tuple[list[Sample], str]:
    """The samples of a split, and its name in words; test by default where the data set names one.

    Raises DatasetError when the split has no samples.
    """
    from liveness.errors import DatasetError

    names = {sample.split for sample in samples}
    name = wanted or ("test" if "test" in names else "all")
    if name == "all":
        return list(samples), "all"
    chosen = [sample for sample in samples if sample.split == name]
    if not chosen:
        there = ", ".join(sorted(names - {""})) or "none"
        raise DatasetError(f"the data set has no {name} part (it names: {there})")
    return chosen, f"the {name} part"
