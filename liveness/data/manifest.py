"""manifest.csv: one row a picture or video; path and label are needed, everything else may be missing."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath

from liveness.data.folders import MEDIA_SUFFIXES, SPLIT_WORDS, label_of
from liveness.data.problems import Problem
from liveness.errors import DatasetError
from liveness.sharing import Packed, number, once
from liveness.types import Box, Label, Landmarks, Sample

_BOX = ("left", "top", "right", "bottom")
_POINTS = ("eye1", "eye2", "nose", "mouth1", "mouth2")
_MARKS = tuple(f"{point}_{axis}" for point in _POINTS for axis in "xy")
_TEXT = ("pai_species", "subject", "source", "presentation", "kind")
_KNOWN = frozenset({"path", "label", "split", "seconds", *_TEXT, *_BOX, *_MARKS})


class _RowError(Exception):
    """A row that cannot be used."""


def read_manifest(path: Path) -> tuple[Packed[Sample], list[Problem]]:
    """The rows of a manifest; paths are relative to its folder and must stay inside it.

    Rows that cannot be used are listed as problems. Raises DatasetError when the file is not a CSV
    with the columns path and label.
    """
    samples: Packed[Sample] = Packed()
    problems: list[Problem] = []
    root = path.parent.resolve()
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns = [name.strip() for name in reader.fieldnames or ()]
            if not {"path", "label"} <= set(columns):
                raise DatasetError(f"{path} needs the columns path and label, it has: {', '.join(columns)}")
            reader.fieldnames = columns
            for row in reader:
                values = {k: (v or "").strip() for k, v in row.items() if k and not isinstance(v, list)}
                try:
                    samples.append(_sample(values, root))
                except _RowError as error:
                    problems.append(Problem(f"line {reader.line_num}: {values.get('path', '')}", str(error)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} is not a CSV file in UTF-8: {error}") from error
    return samples, problems


def _sample(row: Mapping[str, str], root: Path) -> Sample:
    label = label_of(row["label"])
    if label is None:
        raise _RowError(f"unknown label {row['label']!r}, use bona_fide or attack")
    split = row.get("split", "")
    if split and split.lower() not in SPLIT_WORDS:
        raise _RowError(f"unknown split {split!r}, use train, dev or test")
    text = {name: once(row.get(name, "")) for name in _TEXT}
    if label is Label.BONA_FIDE:
        text["pai_species"] = ""
    return Sample(
        _path(row["path"], root),
        label,
        **text,
        split=SPLIT_WORDS.get(split.lower(), ""),
        box=_box(row),
        landmarks=_landmarks(row),
        seconds=_numbers(row, ("seconds",), least=1)[0] if row.get("seconds") else None,
        extra=_extra(tuple((k, v) for k, v in row.items() if k not in _KNOWN)),
    )


def _path(value: str, root: Path) -> Path:
    """The file that a row names: below the manifest's folder, a picture or a video, and there."""
    relative = PurePosixPath(value.replace("\\", "/"))
    if not value or relative.is_absolute() or ".." in relative.parts or ":" in relative.parts[0]:
        raise _RowError("the path must be relative and stay inside the manifest's folder")
    path = root.joinpath(*relative.parts)
    if path.suffix.lower() not in MEDIA_SUFFIXES:
        raise _RowError("neither a picture nor a video")
    if not path.is_file():
        raise _RowError("there is no such file")
    if not path.resolve().is_relative_to(root):
        raise _RowError("the path leads out of the manifest's folder")
    return path


def _box(row: Mapping[str, str]) -> Box | None:
    numbers = _numbers(row, _BOX, least=4)
    if not numbers:
        return None
    box = Box(*numbers)
    if box.width <= 0 or box.height <= 0:
        raise _RowError("the box is empty: right and bottom must be beyond left and top")
    return box


def _landmarks(row: Mapping[str, str]) -> Landmarks | None:
    numbers = _numbers(row, _MARKS, least=10)
    if not numbers:
        return None
    return Landmarks(*zip(numbers[::2], numbers[1::2]))


def _numbers(row: Mapping[str, str], names: tuple[str, ...], least: int) -> list[float]:
    """All of these columns as numbers, or none of them."""
    given = [row[name] for name in names if row.get(name)]
    if not given:
        return []
    try:
        numbers = [number(value) for value in given]
    except ValueError as error:
        raise _RowError(f"{', '.join(names)} must be numbers") from error
    if len(numbers) < least or not all(map(math.isfinite, numbers)):
        raise _RowError(f"{', '.join(names)} must all be given, as finite numbers")
    return numbers


@lru_cache(maxsize=1 << 12)
def _extra(columns: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """What rows say beyond the format; those that say the same share it."""
    return dict(columns)
