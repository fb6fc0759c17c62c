"""CelebA-Spoof: 625,537 pictures of 10,177 people, ten kinds of attack, labels in JSON files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import PIL.Image

from liveness.data.adapters.base import Adapter, Reading, need
from liveness.errors import DatasetError
from liveness.types import Box, Label

# Place 40 of a label: the data set's own word and ours. 41: light, 42: place, 43: live (0) or attack (1).
_TYPES = (
    ("", ""),
    ("photo", "print"),
    ("poster", "print"),
    ("A4", "print"),
    ("face mask", "mask-paper"),
    ("upper body mask", "mask-paper"),
    ("region mask", "cut"),
    ("PC", "replay"),
    ("pad", "replay"),
    ("phone", "replay"),
    ("3D mask", "mask-3d"),
)
_LIGHT = ("", "normal", "strong", "back", "dark")
_PLACE = ("", "indoor", "outdoor")
_GRID = 224  # the boxes are given for the picture scaled to this side


def _read(root: Path, protocol: str) -> Reading:
    reading = Reading(root)
    for split in ("train", "test"):
        path = need("CelebA-Spoof", root, f"metas/intra_test/{split}_label.json")
        try:
            labels: Mapping[str, Sequence[int]] = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DatasetError(f"{path} is not JSON: {error}") from error
        for name, label in labels.items():
            _add(reading, PurePosixPath(name), label, split)
    return reading


def _add(reading: Reading, name: PurePosixPath, label: Sequence[int], split: str) -> None:
    """One picture: Data/train/SUBJECT/live/000001.jpg with a label of 44 numbers."""
    path = reading.root.joinpath(*name.parts)
    if len(label) < 44 or not 0 <= label[40] < len(_TYPES):
        reading.leave_out(path, f"its label has {len(label)} numbers, 44 are wanted")
        return
    pai, species = _TYPES[label[40]]
    reading.add(
        path,
        Label.ATTACK if label[43] else Label.BONA_FIDE,
        pai=pai,
        species=species,
        subject=name.parts[-3] if len(name.parts) >= 3 else "",
        split=split,
        box=_box,
        extra={"light": _word(_LIGHT, label[41]), "place": _word(_PLACE, label[42])},
    )


def _word(words: Sequence[str], number: int) -> str:
    return words[number] if 0 <= number < len(words) else ""


def _box(path: Path) -> Box | None:
    """left top width height score in the file beside the picture; None where there is no such file or box."""
    beside = path.with_name(f"{path.stem}_BB.txt")
    if not beside.is_file():
        return None
    try:
        left, top, width, height = map(float, beside.read_text(encoding="utf-8").split()[:4])
        with PIL.Image.open(path) as picture:
            across, down = picture.size
    except (ValueError, OSError):
        return None  # the detector looks for the face then
    box = Box(left, top, left + width, top + height).mapped(across / _GRID, down / _GRID)
    return box if width > 0 and height > 0 and box.intersection(Box(0, 0, across, down)) > 0 else None


ADAPTER = Adapter(
    name="celeba-spoof",
    title="CelebA-Spoof",
    citation="Y. Zhang, Z. Yin, Y. Li, G. Yin, J. Yan, J. Shao, Z. Liu: CelebA-Spoof: large-scale face "
    "anti-spoofing dataset with rich annotations. ECCV 2020.",
    licence="https://github.com/ZhangYuanhan-AI/CelebA-Spoof#dataset-agreement",
    tree="metas/intra_test/{train,test}_label.json: {PATH: [44 numbers]}\n"
    "Data/{train,test}/SUBJECT/{live,spoof}/N.{png,jpg}\n"
    "Data/{train,test}/SUBJECT/{live,spoof}/N_BB.txt: left top width height score, on a grid of 224",
    protocols={"intra": "metas/intra_test: train and test share no person"},
    species=("cut", "mask-3d", "mask-paper", "print", "replay"),
    subjects="10,177; no dev part, it is taken out of train by person",
    layout="the data set's own repository (github.com/ZhangYuanhan-AI/CelebA-Spoof: README.md, "
    "intra_dataset_code/client.py)",
    doubts="metas/protocol1 and metas/protocol2 are not read: their files are not described in public. "
    "Reading opens every picture's header for the boxes, which takes minutes for the whole "
    "release.",
    sampling="Every picture is a presentation.",
    read=_read,
)
