"""Data sets in a common form: this product's folders and manifest, and Hugging Face's imagefolder."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from liveness.data.adapters.base import Adapter, Reading, media
from liveness.data.folders import SPLIT_WORDS, label_of, scan_folders
from liveness.data.manifest import read_manifest
from liveness.errors import DatasetError

_OWN = "docs/data-format.md of this product"
_TESTED = "Run on the product's own data sets."


def _folder(root: Path, protocol: str) -> Reading:
    samples, problems = scan_folders(root)
    return Reading(root, samples, problems)


def _manifest(root: Path, protocol: str) -> Reading:
    path = root / "manifest.csv" if root.is_dir() else root
    if not path.is_file():
        raise DatasetError(f"looked for {path}, it is not there")
    samples, problems = read_manifest(path)
    return Reading(path.parent, samples, problems)


def _imagefolder(root: Path, protocol: str) -> Reading:
    base = root / "data" if (root / "data").is_dir() else root
    tops = list(_tops(base))
    described = [(folder, split, rows) for folder, split in tops if (rows := _rows(folder))]
    if not described:
        return _folder(base, protocol)
    reading = Reading(root)
    if base not in (folder for folder, _, _ in described):
        for folder, _ in tops[1:]:
            if folder not in (known for known, _, _ in described):
                reading.leave_out(folder / "metadata.csv", "there is no such file, nor metadata.jsonl")
    for folder, split, rows in described:
        for row in rows:
            _row(reading, folder, split, row)
    listed = {sample.path for sample in reading.samples}
    for folder, _, _ in described:
        for path in media(folder, videos=False):
            if path not in listed:
                reading.leave_out(path, "the metadata does not name it")
    return reading


def _tops(base: Path) -> Iterator[tuple[Path, str]]:
    """(folder, split): the folder itself, then those of its folders that name a split."""
    yield base, ""
    for path in sorted(base.iterdir()):
        if path.is_dir() and path.name.lower() in SPLIT_WORDS:
            yield path, SPLIT_WORDS[path.name.lower()]


def _rows(folder: Path) -> list[Mapping[str, str]]:
    """metadata.csv or metadata.jsonl as text values. Raises DatasetError when it is neither."""
    table, lines = folder / "metadata.csv", folder / "metadata.jsonl"
    try:
        if table.is_file():
            with table.open(newline="", encoding="utf-8-sig") as file:
                return [{k: v or "" for k, v in row.items() if k} for row in csv.DictReader(file)]
        if lines.is_file():
            parsed = [
                json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines() if line.strip()
            ]
            return [{k: str(v) for k, v in row.items()} for row in parsed]
    except (ValueError, csv.Error, AttributeError) as error:
        raise DatasetError(f"the metadata in {folder} cannot be read: {error}") from error
    return []


def _row(reading: Reading, folder: Path, split: str, row: Mapping[str, str]) -> None:
    path = folder / row.get("file_name", "")
    label = label_of(row.get("label", ""))
    if not path.resolve().is_relative_to(folder.resolve()):
        reading.leave_out(path, "the path leads out of the data set")
    elif label is None:
        reading.leave_out(
            path, f"unknown label {row.get('label', '')!r}, use bona_fide or attack (or live, spoof ...)"
        )
    else:
        named = SPLIT_WORDS.get(row.get("split", "").lower(), split)
        reading.add(
            path,
            label,
            species=row.get("pai_species", ""),
            subject=row.get("subject", ""),
            source=row.get("source", ""),
            presentation=row.get("presentation", ""),
            split=named,
        )


FOLDER = Adapter(
    name="folder",
    title="Folder",
    citation="-",
    licence="-",
    tree="[training|train|dev|test/]{live,spoof}/[species/][subject/]file",
    protocols={"as-named": "splits as the folders name them, else divided by source and person"},
    species=(),
    subjects="as the folders name them",
    layout=_OWN,
    read=_folder,
    checked=_TESTED,
)
MANIFEST = Adapter(
    name="manifest",
    title="CSV manifest",
    citation="-",
    licence="-",
    tree="manifest.csv: path,label,pai_species,subject,source,split,...",
    protocols={"as-named": "splits as the rows name them, else divided by source and person"},
    species=(),
    subjects="as the rows name them",
    layout=_OWN,
    read=_manifest,
    checked=_TESTED,
)
IMAGEFOLDER = Adapter(
    name="imagefolder",
    title="Hugging Face imagefolder",
    citation="-",
    licence="-",
    tree="[data/][train|validation|test/]{live,spoof}/file\n"
    "or [data/][train|validation|test/]metadata.{csv,jsonl}: file_name, label[, subject, "
    "pai_species, source, split]",
    protocols={"as-named": "splits as the folders or the metadata name them"},
    species=(),
    subjects="as the metadata names them",
    layout="https://huggingface.co/docs/datasets/image_dataset",
    doubts="Labels must be words (live, spoof, real, fake, attack ...): numbers say nothing of their "
    "meaning. Parquet files are not read.",
    sampling="Every picture is a presentation, unless the metadata names presentations.",
    read=_imagefolder,
    checked="Run on folders in the documented form, made by the tests.",
)
