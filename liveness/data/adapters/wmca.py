"""WMCA: 72 people in colour, depth, infra-red and thermal; seven kinds of attack; colour alone is used."""

from __future__ import annotations

import csv
from pathlib import Path

from liveness.data.adapters.base import VIDEOS_SAMPLED, Adapter, Reading, media, need, spread
from liveness.data.hdf5 import HDF5_SUFFIX
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
    return reading


def _add(reading: Reading, name: str, split: str) -> None:
    """STATION/DATE/CLIENT_SESSION_PRESENTER_TYPE_PAI: an HDF5 file or a folder of frames with that name."""
    place = reading.root / name
    fields = place.name.split("_")
    if len(fields) != 5:
        reading.leave_out(place, "its name is not CLIENT_SESSION_PRESENTER_TYPE_PAI, like 100_03_015_2_10")
        return
    client, session, _, kind, _ = fields
    released = place.with_name(f"{place.name}{HDF5_SUFFIX}")
    files = spread(list(media(place, videos=False))) if place.is_dir() else [released]
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
    "face-station/DATE/CLIENT_SESSION_PRESENTER_TYPE_PAI.hdf5: the preprocessed colour release "
    "(WMCA_preprocessed_RGB/WMCA), Frame_0/array, Frame_1/array ... of uint8 (3, 128, 128)\n"
    "or face-station/DATE/CLIENT_SESSION_PRESENTER_TYPE_PAI/*.png: such frames written out",
    protocols={
        "grandtest": "every attack in every part",
        **{f"loo-{name}": f"{name} in test alone, the other attacks in train and dev" for name in _UNSEEN},
    },
    species=(),
    subjects="72",
    layout="Idiap's description of the names (bob.db.batl, File Naming Conventions), public readers of the "
    "protocol files PROTOCOL-*.csv, and three public readers of WMCA_preprocessed_RGB, which agree on "
    "Frame_N/array, channels first",
    doubts="Reading HDF5 needs `pip install h5py`. That its channels stand as red, green, blue is from those "
    "readers. The release with depth, infra-red and thermal (WMCA_preprocessed_CDIT) has no colour and is "
    "refused; the raw recordings are not read. What the type numbers mean could not be confirmed: species "
    "are type-1, type-2 and so on. The pictures are faces already cut out: a wide crop sees their border.",
    sampling=f"{VIDEOS_SAMPLED} Of a folder of frames 8 are taken, spread evenly.",
    read=_read,
)
