"""SiW (Spoof in the Wild): 165 people, two cameras; prints and replays on four screens; three protocols."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from liveness.data.adapters.base import VIDEOS_SAMPLED, Adapter, Reading, media, need
from liveness.sharing import Packed
from liveness.types import Label, Sample

_TITLE = "SiW"
_NAME = re.compile(r"(?P<subject>\d+)-(?P<sensor>\d)-(?P<type>[123])-(?P<medium>\d)-(?P<session>\d)")
_SPECIES = {"1": "", "2": "print", "3": "replay"}
_FIRST_SECONDS = 2.0  # 60 frames at 30 frames a second
_MOMENTS = 8


def _read(root: Path, protocol: str) -> Reading:
    reading = Reading(root)
    for folder, split in (("Train", "train"), ("Test", "test")):
        for word in ("live", "spoof"):
            for path in media(need(_TITLE, root, f"{folder}/{word}")):
                found = _NAME.fullmatch(path.stem)
                if found is None:
                    reading.leave_out(
                        path, "its name is not SUBJECT-SENSOR-TYPE-MEDIUM-SESSION, like 003-1-1-1-1"
                    )
                elif _wanted(protocol, split, found["type"], found["medium"]):
                    _add(reading, path, found, split)
    if protocol == "1":
        reading.samples = Packed(
            m for s in reading.samples for m in (_moments(s) if s.split == "train" else [s])
        )
    return reading


def _wanted(protocol: str, split: str, kind: str, medium: str) -> bool:
    """Whether a video of this type and medium takes part; bona fide videos always do."""
    number, _, fold = protocol.partition("-")
    if kind == "1" or number == "1":
        return True
    if number == "2":  # replays alone: one medium is left for test
        return kind == "3" and (medium == fold) == (split == "test")
    learned = "2" if fold == "1" else "3"
    return (kind == learned) == (split == "train")


def _add(reading: Reading, path: Path, found: re.Match[str], split: str) -> None:
    species = _SPECIES[found["type"]]
    reading.add(
        path,
        Label.ATTACK if species else Label.BONA_FIDE,
        pai=f"{species} {found['medium']}",
        species=species,
        subject=found["subject"],
        source=f"camera {found['sensor']}",
        split=split,
        kind=f"session {found['session']}",
    )


def _moments(sample: Sample) -> list[Sample]:
    """Frames spread over the first 60 of a video, which are one presentation."""
    name = sample.path.as_posix()
    times = [_FIRST_SECONDS * (i + 0.5) / _MOMENTS for i in range(_MOMENTS)]
    return [replace(sample, seconds=seconds, presentation=name) for seconds in times]


ADAPTER = Adapter(
    name="siw",
    title=_TITLE,
    citation="Y. Liu, A. Jourabloo, X. Liu: Learning deep models for face anti-spoofing: binary or auxiliary "
    "supervision. CVPR 2018.",
    licence="http://cvlab.cse.msu.edu/siw-spoof-in-the-wild-database.html",
    tree="{Train,Test}/live/003/003-1-1-1-1.mov\n"
    "{Train,Test}/spoof/003/003-1-2-1-1.mov: subject, sensor, type (1 live, 2 print, 3 replay), "
    "medium, session",
    protocols={
        "1": "protocol 1: the first 60 frames of the videos of train, whole videos in test",
        **{f"2-{i}": f"protocol 2: replays, medium {i} left for test" for i in range(1, 5)},
        "3-1": "protocol 3: train on prints, test on replays",
        "3-2": "protocol 3: train on replays, test on prints",
    },
    species=("print", "replay"),
    subjects="165: 90 in train, 75 in test; no dev part, it is taken out of train by person",
    people={"train": 90, "test": 75},
    layout="the data set's page (cvlab.cse.msu.edu/siw-spoof-in-the-wild-database.html) and Idiap's "
    "reader of its names",
    doubts="The boxes in the .face files are not used. That replays have the medium numbers 1 to 4 is "
    "from the page's figure as papers repeat it.",
    sampling=f"{VIDEOS_SAMPLED} Protocol 1 takes {_MOMENTS} from the first {_FIRST_SECONDS:g} s in train.",
    read=_read,
)
