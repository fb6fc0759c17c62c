"""Idiap Replay-Attack: 50 people before a laptop's webcam; prints, photographs and videos on screens."""

from __future__ import annotations

import re
from pathlib import Path

from liveness.data.adapters.base import Adapter, Reading, media, need
from liveness.types import Label

_TITLE = "Idiap Replay-Attack"
_SPLITS = {"train": "train", "devel": "dev", "test": "test"}
_REAL = re.compile(r"client(?P<client>\d+)_session\d+_webcam_authenticate_(?P<light>[a-z]+)_\d+")
_ATTACK = re.compile(
    r"attack_(?P<device>print|mobile|highdef)_client(?P<client>\d+)_session\d+_"
    r"(?:mobile|highdef)_(?P<type>photo|video)_(?P<light>[a-z]+)"
)


def _read(root: Path, protocol: str) -> Reading:
    reading = Reading(root)
    for folder, split in _SPLITS.items():
        for path in media(need(_TITLE, root, f"{folder}/real")):
            _add(reading, path, _REAL.fullmatch(path.stem), split, protocol)
        for path in media(need(_TITLE, root, f"{folder}/attack")):
            _add(reading, path, _ATTACK.fullmatch(path.stem), split, protocol)
    return reading


def _add(reading: Reading, path: Path, found: re.Match[str] | None, split: str, protocol: str) -> None:
    if found is None:
        reading.leave_out(path, "its name is not one of this data set")
        return
    values = found.groupdict()
    device, kind = values.get("device", ""), values.get("type", "")
    if device and not _wanted(protocol, device, kind):
        return
    reading.add(
        path,
        Label.ATTACK if device else Label.BONA_FIDE,
        pai="print" if device == "print" else f"{device} {kind}",
        species="print" if device == "print" else "replay",
        subject=values["client"],
        source=values["light"],
        split=split,
        kind=path.parent.name if device else "",  # fixed or hand
    )


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
    layout="Idiap's page of the data set and bob.db.replay (pythonhosted.org/bob.db.replay), bob.pad.face "
    "(bob/pad/face/database/replay.py)",
    doubts="The boxes in face-locations/ and the videos in enroll/ are not used.",
    read=_read,
)
