"""A data set on disk -> samples: folders, a manifest.csv, a ZIP of either, or a public data set as released.

What cannot be used is listed as a problem and left out; only a data set without one of the two classes
is refused. Format: docs/data-format.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from liveness.data.adapters import Reference, parse_reference
from liveness.data.folders import scan_folders
from liveness.data.manifest import read_manifest
from liveness.data.problems import Problem
from liveness.data.ziparchive import unpacked
from liveness.errors import DatasetError
from liveness.sharing import Packed
from liveness.types import Label, Sample


@dataclass(frozen=True, slots=True)
class Dataset:
    """The usable samples of a data set, and what was left out."""

    root: Path
    samples: Sequence[Sample]
    problems: tuple[Problem, ...] = ()


def load_dataset(path: Path | str) -> Dataset:
    """Read a folder, a manifest.csv (or the folder that holds one), a ZIP of either, or NAME[@PROTOCOL]:PATH.

    Pictures are not opened yet; videos are one sample each. Raises DatasetError when there is nothing
    there, when one class is missing, when the manifest or the ZIP is not one, or when a data set named
    by its adapter (``liveness dataset list``) is not as it was released.
    """
    reference = parse_reference(str(path))
    if reference is not None:
        return _released(reference)
    path = Path(path)
    if not path.exists():
        raise DatasetError(f"there is no data set at {path}")
    if path.suffix.lower() == ".zip":
        path = unpacked(path)
    if path.is_dir() and (path / "manifest.csv").is_file():
        path = path / "manifest.csv"
    if path.is_file():
        samples, problems = read_manifest(path)
        root = path.parent
    else:
        samples, problems = scan_folders(path)
        root = path
    if problems and not samples:
        first = problems[0]
        raise DatasetError(f"{path}: nothing usable; the first problem: {first.where}: {first.reason}")
    check_classes(samples, str(path))
    return Dataset(root, samples, tuple(problems))


def absolute(place: Path | str) -> str:
    """The same data set, named so that it can be found from any folder."""
    reference = parse_reference(str(place))
    if reference is None:
        return str(Path(place).resolve())
    return str(replace(reference, root=reference.root.resolve()))


def _released(reference: Reference) -> Dataset:
    reading = reference.read()
    first = ""
    if reading.problems:
        problem = reading.problems[0]
        first = (
            f"{len(reading.problems)} problems, the first: {reference.root / problem.where}: {problem.reason}"
        )
    if first and not reading.samples:
        raise DatasetError(f"{reference}: nothing usable; {first}")
    check_classes(reading.samples, str(reference), first)
    return Dataset(reading.root, reading.samples, tuple(reading.problems))


def check_classes(samples: Sequence[Sample], where: str, more: str = "") -> None:
    """Raises DatasetError unless both classes are there. more: what else the error says."""
    counts = Counter(sample.label for sample in samples)
    for label in Label:
        if not counts[label]:
            found = ", ".join(f"{n} {k.word}" for k, n in counts.items()) or "nothing usable"
            raise DatasetError(
                f"{where}: no {label.word} pictures; both Live and Spoof are needed, found {found}"
                + (f"; {more}" if more else "")
            )


def count_samples(samples: Sequence[Sample]) -> dict[tuple[str, str, str], int]:
    """How many samples there are by (split, label, PAI species); unknown is empty."""
    counts = Counter((s.split, s.label.value, s.pai_species) for s in samples)
    return dict(sorted(counts.items()))


def choose_split(samples: Sequence[Sample], wanted: str | None) -> tuple[Sequence[Sample], str]:
    """The samples of a split, and its name in words; test by default where the data set names one.

    Raises DatasetError when the split has no samples.
    """
    names = {sample.split for sample in samples}
    name = wanted or ("test" if "test" in names else "all")
    if name == "all":
        return samples, "all"
    chosen = Packed(sample for sample in samples if sample.split == name)
    if not chosen:
        there = ", ".join(sorted(names - {""})) or "none"
        raise DatasetError(f"the data set has no {name} part (it names: {there})")
    return chosen, f"the {name} part"
