"""The folder format: [training|train|dev|test/]{live,spoof}/[species/][subject/]file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from liveness.data.hdf5 import HDF5_SUFFIX
from liveness.data.problems import Problem
from liveness.errors import DatasetError
from liveness.frames import PHOTO_SUFFIXES
from liveness.sharing import Packed
from liveness.types import Label, Sample

VIDEO_SUFFIXES = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm", HDF5_SUFFIX})
MEDIA_SUFFIXES = PHOTO_SUFFIXES | VIDEO_SUFFIXES

LABEL_WORDS = {
    **dict.fromkeys(("live", "real", "bona_fide", "bonafide", "genuine"), Label.BONA_FIDE),
    **dict.fromkeys(("spoof", "fake", "attack", "attacks"), Label.ATTACK),
}
SPLIT_WORDS = {
    **dict.fromkeys(("train",), "train"),
    **dict.fromkeys(("dev", "devel", "development", "val", "valid", "validation"), "dev"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_QUIET = frozenset({".csv", ".json", ".md", ".txt"})  # notes beside the pictures are no problem


def label_of(word: str) -> Label | None:
    """The class that a folder or a manifest names, or None for an unknown word."""
    return LABEL_WORDS.get(word.strip().lower().replace("-", "_").replace(" ", "_"))


def scan_folders(root: Path) -> tuple[Packed[Sample], list[Problem]]:
    """All pictures and videos below the class folders of ``root``, sorted by path.

    Class folders stand in ``root``, or in folders of it that name a split, or in ``training`` (no
    split given). Raises DatasetError when there are none.
    """
    samples: Packed[Sample] = Packed()
    problems: list[Problem] = []
    found = list(_class_folders(root))
    if not found:
        raise DatasetError(f"{root} has no folders live and spoof (or real and fake), nor training/live ...")
    for folder, label, split in found:
        live_names = _subfolders(next((f for f, k, _ in found if k is not label), folder))
        for path in _files(folder):
            where = path.relative_to(root).as_posix()
            if path.suffix.lower() not in MEDIA_SUFFIXES:
                if path.suffix.lower() not in _QUIET:
                    problems.append(Problem(where, "neither a picture nor a video"))
                continue
            species, subject = _species_and_subject(path.relative_to(folder).parts[:-1], label, live_names)
            samples.append(Sample(path, label, pai_species=species, subject=subject, split=split))
    return samples, problems


def _class_folders(root: Path) -> Iterator[tuple[Path, Label, str]]:
    """(folder, label, split) for every class folder."""
    tops = [(root, "")]
    for folder in sorted(p for p in root.iterdir() if p.is_dir()):
        word = folder.name.lower()
        if word in SPLIT_WORDS or word == "training":
            tops.append((folder, SPLIT_WORDS.get(word, "")))
    if len({split for _, split in tops}) == 2 and not any(split == "test" for _, split in tops):
        tops = [(folder, "") for folder, _ in tops]  # a lone train folder names no split
    for top, split in tops:
        for folder in sorted(p for p in top.iterdir() if p.is_dir()):
            label = label_of(folder.name)
            if label is not None:
                yield folder, label, split


def _subfolders(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir() if p.is_dir()}


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, sorted; hidden ones and links to elsewhere are left out."""
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(base, name)
            if not name.startswith(".") and not path.is_symlink():
                yield path


def _species_and_subject(parts: tuple[str, ...], label: Label, live_names: set[str]) -> tuple[str, str]:
    """What the folders between the class and the file name.

    A single folder below spoof is a species, unless live has a folder of that name: then it is a person.
    """
    if label is Label.BONA_FIDE:
        return "", parts[-1] if parts else ""
    if len(parts) == 1:
        return ("", parts[0]) if parts[0] in live_names else (parts[0].lower(), "")
    return (parts[0].lower(), parts[-1]) if parts else ("", "")
