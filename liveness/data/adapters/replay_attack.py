"""Idiap Replay-Attack: 50 people before a laptop's webcam; prints, photographs and videos on screens."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from liveness.data.adapters.base import Adapter, Reading
from liveness.data.adapters.idiap import SPLITS, read_videos

_TITLE = "Idiap Replay-Attack"
_REAL = re.compile(r"client(?P<client>\d+)_session\d+_webcam_authenticate_(?P<light>[a-z]+)_\d+")
_ATTACK = re.compile(
    r"attack_(?P<device>print|mobile|highdef)_client(?P<client>\d+)_session\d+_"
    r"(?:mobile|highdef)_(?P<type>photo|video)_(?P<light>[a-z]+)"
)


def _read(root: Path, protocol: str) -> Reading:
    reading = read_videos(_TITLE, root, (_REAL, _ATTACK), partial(_wanted, protocol), "light")
    for place in (f"{folder}/attack/{how}" for folder in SPLITS for how in ("fixed", "hand")):
        if not (root / place).is_dir():
            reading.leave_out(root / place, "there is no such folder")
    return reading


def _wanted(protocol: str, device: str, kind: str) -> bool:
    if protocol in ("print", "mobile", "highdef"):
        return device == protocol
    if protocol == "digitalphoto":
        return device != "print" and kind == "photo"
    if protocol in ("photo", "video"):
        return kind == protocol
    return True


ADAPTER = Adapter(
    name="replay-attack",
    title=_TITLE,
    citation="I. Chingovska, A. Anjos, S. Marcel: On the effectiveness of local binary patterns in face "
    "anti-spoofing. BIOSIG 2012.",
    licence="https://www.idiap.ch/dataset/replayattack",
    tree="{train,devel,test}/real/client001_session01_webcam_authenticate_adverse_1.mov\n"
    "{train,devel,test}/attack/{fixed,hand}/attack_print_client001_session01_highdef_photo_adverse.mov",
    protocols={
        "grandtest": "every attack; the one that papers mean",
        "print": "printed photographs",
        "mobile": "photographs and videos on a phone",
        "highdef": "photographs and videos on a tablet",
        "digitalphoto": "photographs on screens",
        "photo": "photographs, printed or on screens",
        "video": "videos on screens",
    },
    species=("print", "replay"),
    subjects="50: 15 in train, 15 in devel, 20 in test",
    people={"train": 15, "dev": 15, "test": 20},
    layout="Idiap's page of the data set and bob.db.replay (pythonhosted.org/bob.db.replay), bob.pad.face "
    "(bob/pad/face/database/replay.py)",
    doubts="The boxes in face-locations/ and the videos in enroll/ are not used.",
    read=_read,
)
