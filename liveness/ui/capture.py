"""Pictures from the webcam into the documented folder format: saved on an explicit click, never else."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import PIL.Image

from liveness.data.folders import scan_folders
from liveness.errors import InputError
from liveness.frames import to_rgb
from liveness.types import Label

_FOLDERS = {Label.BONA_FIDE: "live", Label.ATTACK: "spoof"}
SPECIES = ("print", "replay", "cut", "mask-paper", "mask-3d")


def save(root: Path, picture: np.ndarray | None, label: Label, species: str, subject: str) -> Path:
    """Write root/{live,spoof}/[species/][subject/]TIME.jpg and give its path.

    picture: uint8 (height, width, 3). Raises InputError without a picture, for an attack without a species,
    without a subject, or for names that are not letters, digits, dots, dashes and underscores.
    """
    if picture is None:
        raise InputError("take a picture with the camera first")
    parts = [_FOLDERS[label]]
    if label is Label.ATTACK:
        parts.append(_name(species, "the kind of attack (species)"))
    parts.append(_name(subject, "the person (subject)"))
    folder = root.joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 10**9:09d}.jpg"
    partial = path.with_suffix(".part")
    PIL.Image.fromarray(to_rgb(picture)).save(partial, format="JPEG", quality=95)
    partial.replace(path)
    return path


def captured(root: Path) -> str:
    """In words, how much was captured so far."""
    if not any((root / name).is_dir() for name in _FOLDERS.values()):
        return "Nothing captured yet."
    samples, _ = scan_folders(root)
    live = sum(s.label is Label.BONA_FIDE for s in samples)
    people = len({s.subject for s in samples if s.subject})
    return f"{live} live and {len(samples) - live} spoof pictures of {people} people so far."


def _name(value: str, what: str) -> str:
    value = (value or "").strip()
    if not value:
        raise InputError(f"say {what} first")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", value):
        raise InputError(f"{what}: letters, digits, dots, dashes and underscores are wanted, got {value!r}")
    return value
