"""What an evaluation keeps of each picture: a row of text and numbers, packed; nothing of the picture."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from liveness.errors import InputError
from liveness.measure.judging import Judged
from liveness.measure.scored import BOX_COLUMNS, COLUMNS, MARKS, Pictures
from liveness.sharing import Packed
from liveness.types import Sample

_DIVIDING = ("label", "pai_species", "subject", "source", "split", "kind", "presentation")


class Rows:
    """Rows of ``Pictures`` as they come.

    root: the folder that paths start from; extra: columns of the manifest beyond those of the format.
    """

    def __init__(self, root: Path, extra: Sequence[str]) -> None:
        self._root, self._extra = root, tuple(extra)
        names = (*COLUMNS, *extra, *BOX_COLUMNS, MARKS)
        self._columns: dict[str, Packed[str]] = {name: Packed() for name in names}
        self._scores = array("d")
        self._sum = 0

    def __len__(self) -> int:
        return len(self._columns["path"])

    def add(self, judged: Judged) -> None:
        """Keep the row of a picture that could be judged."""
        fields = _fields(judged, self._root)
        more = judged.sample.extra
        for name, column in self._columns.items():
            column.append(more.get(name, "") if name in self._extra else fields.get(name, ""))
        self._scores.extend(judged.scores)
        named = ("path", "label", "pai_species", "presentation", "seconds")
        row = json.dumps([judged.digest, *(fields[name] for name in named)])
        self._sum += int.from_bytes(hashlib.sha256(row.encode()).digest(), "big")

    def fingerprint(self) -> str:
        """The same for the same files, labels, species and presentations in any order, wherever they lie."""
        return hashlib.sha256(f"{len(self)} {self._sum}".encode()).hexdigest()[:16]

    def pictures(self, systems: Sequence[str]) -> Pictures:
        """All rows."""
        scores = np.frombuffer(self._scores, dtype=np.float64).reshape(-1, len(systems))
        return Pictures(tuple(systems), self._columns, scores)


def extra_columns(samples: Iterable[Sample]) -> list[str]:
    """Columns that manifests have beyond those of the format, sorted."""
    own = {*COLUMNS, *BOX_COLUMNS, MARKS}
    return sorted({name for sample in samples for name in sample.extra if name and name not in own})


def check_columns(names: Sequence[str], samples: Sequence[Sample]) -> None:
    """Raises InputError for a column that the samples cannot be divided by, naming those that they can."""
    own = [name for name in _DIVIDING if any(getattr(sample, name) for sample in samples)]
    there = [*own, *extra_columns(samples)]
    for name in names:
        if name not in there:
            raise InputError(f"the data set has no column {name!r} to divide by, it has {', '.join(there)}")


def place(path: Path, root: Path) -> str:
    """The path within the data set, so that two machines write the same; whole when it lies elsewhere."""
    inside = path.is_absolute() and root.is_absolute() and path.is_relative_to(root)
    return (path.relative_to(root) if inside else path).as_posix()


def _fields(judged: Judged, root: Path) -> dict[str, str]:
    sample = judged.sample
    values = {name: getattr(sample, name) for name in COLUMNS}
    values |= {"path": place(sample.path, root), "label": sample.label.value}
    if sample.presentation:
        values["presentation"] = place(Path(sample.presentation), root)
    box = judged.box.as_tuple() if judged.box else ("",) * 4
    values |= {name: v if v == "" else f"{v:.1f}" for name, v in zip(BOX_COLUMNS, box)}
    if judged.landmarks:
        values[MARKS] = " ".join(f"{v:.1f}" for point in judged.landmarks.points() for v in point)
    return {name: "" if value is None else str(value) for name, value in values.items()}
