"""WMCA: 72 people in colour, depth, infra-red and thermal; seven kinds of attack; colour alone is used."""

from __future__ import annotations

import csv
from pathlib import Path

from liveness.data.adapters.base import Adapter, Reading, media, need, spread, with_stem
from liveness.errors import DatasetError
from liveness.types import Label

_TITLE = "WMCA"
_SETS = {"train": "train", "dev": "dev", "eval": "test"}
_UNSEEN = ("fakehead", "flexiblemask", "glasses", "papermask", "prints", "replay", "rigidmask")


def _read(root: Path, protocol: str) -> Reading:
    reading = Reading(root)
    name = protocol if protocol == "grandtest" else f"LOO_{protocol.removeprefix('loo-')}"
    listed = need(_TITLE, root, f"PROTOCOL-{name}.csv", f"protocols/PROTOCOL-{name}.csv")
    with listed.open(newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.reader(file) if row and row[-1].strip() in _SETS]
    if not rows:
        raise DatasetError(f"{listed} has no rows that end in train, dev or eval")
    for row in rows:
        _add(reading, row[0].strip(), _SETS[row[-1].strip()])
    if not reading.samples and any(root.rglob("*.hdf5")):
        raise DatasetError(
            f"{_TITLE} holds HDF5 files, which are not read: write their colour frames as pictures first "
            "(docs/data-sets.md shows how)"
        )
    return reading


def _add(reading: Reading, name: str, split: str) -> None:
    """STATION/DATE/CLIENT_SESSION_PRESENTER_TYPE_PAI: a folder of frames, or a video, with that name."""
    place = reading.root / name
    fields = place.name.split("_")
    if len(fields) != 5:
        reading.leave_out(place, "its name is not CLIENT_SESSION_PRESENTER_TYPE_PAI, like 100_03_015_2_10")
        return
    client, session, _, kind, _ = fields
    files = (
        spread(list(media(place, videos=False))) if place.is_dir() else [with_stem(place.parent, place.name)]
    )
    for path in files:
        reading.add(
            path,
            Label.BONA_FIDE if kind == "0" else Label.ATTACK,
            pai=f"type {kind}",
            species=f"type-{kind}",
            subject=client,
            source=f"session {session}",
            split=split,
            presentation=name,
        )


ADAPTER = Adapter(
    name="wmca",
    title=_TITLE,
    citation="A. George, Z. Mostaani, D. Geissenbühler, O. Nikisins, A. Anjos, S. Marcel: Biometric face "
    "presentation attack detection with multi-channel convolutional neural network. IEEE TIFS "
    "15, 2020.",
    licence="https://www.idiap.ch/dataset/wmca",
    tree="PROTOCOL-grandtest.csv, PROTOCOL-LOO_{fakehead,...}.csv: "
    "face-station/12.02.18/100_03_015_2_10,...,train\n"
    "face-station/DATE/CLIENT_SESSION_PRESENTER_TYPE_PAI/*.png: colour frames written out of the "
    ".hdf5 of that name",
    protocols={
        "grandtest": "every attack in every part",
        **{f"loo-{name}": f"{name} in test alone, the other attacks in train and dev" for name in _UNSEEN},
    },
    species=(),
    subjects="72",
    layout="Idiap's description of the names (bob.db.batl, File Naming Conventions) and public readers "
    "of the protocol files PROTOCOL-*.csv",
    doubts="The release is HDF5, which is not read: its colour frames must be written out first, into "
    "folders of the same names. What the type numbers mean could not be confirmed: species are "
    "type-1, type-2 and so on.",
    sampling="8 frames spread evenly over each folder of frames, which is one presentation.",
    read=_read,
)
