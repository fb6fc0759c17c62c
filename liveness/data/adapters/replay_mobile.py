"""Idiap Replay-Mobile: 40 people before a phone and a tablet; prints and a matte screen."""

from __future__ import annotations

import re
from pathlib import Path

from liveness.data.adapters.base import Adapter, Reading, media, need
from liveness.types import Label

_TITLE = "Idiap Replay-Mobile"
_SPLITS = {"train": "train", "devel": "dev", "test": "test"}
_REAL = re.compile(r"client(?P<client>\d+)_session\d+_authenticate_(?P<camera>mobile|tablet)_[a-z]+")
_ATTACK = re.compile(
    r"attack_client(?P<client>\d+)_session\d+_(?P<device>print|mattescreen)_(?P<support>fixed|hand)_"
    r"(?P<camera>mobile|tablet)_(?P<type>photo|video)_[a-z]+"
)


def _read(root: Path, protocol: str) -> Reading:
    reading = Reading(root)
    for folder, split in _SPLITS.items():
        for name, pattern in (("real", _REAL), ("attack", _ATTACK)):
            for path in media(need(_TITLE, root, f"{folder}/{name}")):
                _add(reading, path, pattern.fullmatch(path.stem), split, protocol)
    return reading


def _add(reading: Reading, path: Path, found: re.Match[str] | None, split: str, protocol: str) -> None:
    if found is None:
        reading.leave_out(path, "its name is not one of this data set")
        return
    values = found.groupdict()
    device = values.get("device", "")
    if device and protocol not in ("grandtest", device):
        return
    reading.add(
        path,
        Label.ATTACK if device else Label.BONA_FIDE,
        pai=f"{device} {values.get('type', '')}",
        species="print" if device == "print" else "replay",
        subject=values["client"],
        source=values["camera"],
        split=split,
        kind=values.get("support", ""),
    )


ADAPTER = Adapter(
    name="replay-mobile",
    title=_TITLE,
    citation="A. Costa-Pazo, S. Bhattacharjee, E. Vazquez-Fernandez, S. Marcel: The Replay-Mobile face "
    "presentation-attack database. BIOSIG 2016.",
    licence="https://www.idiap.ch/dataset/replay-mobile",
    tree="{train,devel,test}/real/client001_session01_authenticate_mobile_adverse.mov\n"
    "{train,devel,test}/attack/.../attack_client001_session01_print_hand_mobile_photo_lighton.mov",
    protocols={
        "grandtest": "every attack",
        "print": "printed photographs",
        "mattescreen": "photographs and videos on a matte screen",
    },
    species=("print", "replay"),
    subjects="40: 12 in train, 16 in devel, 12 in test",
    layout="bob.db.replaymobile (github.com/bioidiap/bob.db.replaymobile, "
    "bob/db/replaymobile/create.py: the fields of the names) and bob.pad.face (replay_mobile.py)",
    doubts="bob turns some videos by a list of its own; here the rotation that the file states is used, "
    "which could not be compared. How the attack folder is divided below could not be confirmed: "
    "it is searched in full.",
    read=_read,
)
