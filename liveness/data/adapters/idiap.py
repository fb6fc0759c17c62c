"""What Replay-Attack and Replay-Mobile share: a folder a part, and names of videos that say everything."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from liveness.data.adapters.base import Reading, media, need
from liveness.types import Label

SPLITS = {"train": "train", "devel": "dev", "test": "test"}


def read_videos(
    title: str,
    root: Path,
    patterns: tuple[re.Pattern[str], re.Pattern[str]],
    wanted: Callable[[str, str], bool],
    source: str,
) -> Reading:
    """The videos of {train,devel,test}/{real,attack}; others are left out and listed.

    patterns: names of bona fide and of attack videos, with the groups client and ``source``; attacks also
    have device, type and perhaps support, else their folder says it; wanted: whether an attack by a device
    and of a type takes part; source: the group that is the source. Raises DatasetError when a folder is
    missing.
    """
    reading = Reading(root)
    for folder, split in SPLITS.items():
        for name, pattern in zip(("real", "attack"), patterns):
            for path in media(need(title, root, f"{folder}/{name}")):
                found = pattern.fullmatch(path.stem)
                if found is None:
                    reading.leave_out(path, "its name is not one of this data set")
                elif name == "real" or wanted(found["device"], found["type"]):
                    _add(reading, path, found.groupdict(), split, source)
    return reading


def _add(reading: Reading, path: Path, values: dict[str, str], split: str, source: str) -> None:
    device = values.get("device", "")
    reading.add(
        path,
        Label.ATTACK if device else Label.BONA_FIDE,
        pai=f"{device} {values.get('type', '')}",
        species="print" if device == "print" else "replay",
        subject=values["client"],
        source=values[source],
        split=split,
        kind=(values.get("support") or path.parent.name) if device else "",  # fixed or hand
    )
