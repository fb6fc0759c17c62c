"""Idiap Replay-Mobile: 40 people before a phone and a tablet; prints and a matte screen."""

from __future__ import annotations

import re
from pathlib import Path

from liveness.data.adapters.base import Adapter, Reading
from liveness.data.adapters.idiap import read_videos

_TITLE = "Idiap Replay-Mobile"
_REAL = re.compile(r"client(?P<client>\d+)_session\d+_authenticate_(?P<camera>mobile|tablet)_[a-z]+")
_ATTACK = re.compile(
    r"attack_client(?P<client>\d+)_session\d+_(?P<device>print|mattescreen)_(?P<support>fixed|hand)_"
    r"(?P<camera>mobile|tablet)_(?P<type>photo|video)_[a-z]+"
)


def _read(root: Path, protocol: str) -> Reading:
    def wanted(device: str, kind: str) -> bool:
        return protocol in ("grandtest", device)

    return read_videos(_TITLE, root, (_REAL, _ATTACK), wanted, "camera")


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
    people={"train": 12, "dev": 16, "test": 12},
    layout="bob.db.replaymobile (github.com/bioidiap/bob.db.replaymobile, "
    "bob/db/replaymobile/create.py: the fields of the names) and bob.pad.face (replay_mobile.py)",
    doubts="bob turns some videos by a list of its own; here the rotation that the file states is used, "
    "which could not be compared. How the attack folder is divided below could not be confirmed: "
    "it is searched in full.",
    read=_read,
)
