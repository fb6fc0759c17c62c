"""LCC-FASD: stills cut from public and own videos, with attacks from many devices."""

from __future__ import annotations

import re
from pathlib import Path

from liveness.data.adapters.base import Adapter, Reading, media, need
from liveness.types import Label

_SPLITS = {"train": "LCC_FASD_training", "dev": "LCC_FASD_development", "test": "LCC_FASD_evaluation"}
_NAME = re.compile(r"(?P<device>.+)_(?P<person>id\d+)_s\d+_\d+")


def _read(root: Path, protocol: str) -> Reading:
    reading = Reading(root)
    for split, folder in _SPLITS.items():
        for name, label in (("real", Label.BONA_FIDE), ("spoof", Label.ATTACK)):
            for path in media(need("LCC-FASD", root, f"{folder}/{name}"), videos=False):
                found = _NAME.fullmatch(path.stem)
                person, device = (found["person"], found["device"]) if found else ("", "")
                reading.add(path, label, subject=person, source=device, split=split)
    return reading


ADAPTER = Adapter(
    name="lcc-fasd",
    title="LCC-FASD",
    citation="D. Timoshenko, K. Simonchik, V. Shutov, P. Zhelezneva, V. Grishkin: Large crowdcollected "
    "facial anti-spoofing dataset. CSIT 2019.",
    licence="no licence page is known to us; the paper: https://csit.am/2019/proceedings/PRIP/PRIP3.pdf",
    tree="LCC_FASD_{training,development,evaluation}/{real,spoof}/*.png\n"
    "names like FT720P_G780_REDMI4X_id0_s0_15.png: devices, person, scene, frame",
    protocols={"intra": "training, development and evaluation as the folders give them"},
    species=(),
    subjects="243 according to the paper; in the names of most pictures",
    layout="github.com/kprokofi/light-weight-face-anti-spoofing (datasets/lcc_fasd.py, prepare_lcc_fasd.py)",
    doubts="The kind of attack is not named. Whether a number like id0 is the same person in all three "
    "parts could not be confirmed; pictures of the evaluation part may have none.",
    sampling="Every picture is a presentation, as papers count them.",
    read=_read,
)
