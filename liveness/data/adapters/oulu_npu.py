"""OULU-NPU: 55 people, six phones, three sessions, two printers, two screens, four protocols."""

from __future__ import annotations

from pathlib import Path

from liveness.data.adapters.base import Adapter, Reading, lines_of, media, need, with_stem
from liveness.types import Label

_TITLE = "OULU-NPU"
_SPLITS = {"train": "Train", "dev": "Dev", "test": "Test"}
# The last field of a name: 1 bona fide, else the instrument.
_FILES = {
    "2": ("print", "printer 1"),
    "3": ("print", "printer 2"),
    "4": ("replay", "display 1"),
    "5": ("replay", "display 2"),
}


def _read(root: Path, protocol: str) -> Reading:
    reading = Reading(root)
    for split, word in _SPLITS.items():
        folder = need(_TITLE, root, f"{word}_files")
        if protocol == "all":
            for path in media(folder):
                _add(reading, path, "1" if path.stem.endswith("_1") else "-1", split)
            continue
        number, _, fold = protocol.partition("-")
        name = f"Protocols/Protocol_{number}/{word}{f'_{fold}' if fold else ''}.txt"
        listed = need(_TITLE, root, name)
        for line in lines_of(listed):
            label, _, stem = (part.strip() for part in line.partition(","))
            if label.lstrip("+") not in ("1", "-1", "-2") or not stem:
                reading.leave_out(listed, f"a line should be like +1,1_1_01_1, it is {line!r}")
            else:
                _add(reading, with_stem(folder, stem), label, split)
    return reading


def _add(reading: Reading, path: Path, label: str, split: str) -> None:
    """PHONE_SESSION_USER_FILE; the list says live (+1) or attack (-1 print, -2 replay)."""
    fields = path.stem.split("_")
    if len(fields) != 4:
        reading.leave_out(path, "its name is not PHONE_SESSION_USER_FILE, like 1_1_01_1")
        return
    phone, session, user, file = fields
    species, pai = _FILES.get(file, ("", ""))
    if (label.lstrip("+") == "1") != (file == "1"):
        reading.leave_out(path, f"the list calls it {label}, its name says file {file}")
        return
    reading.add(
        path,
        Label.BONA_FIDE if file == "1" else Label.ATTACK,
        pai=pai,
        species=species,
        subject=user,
        source=f"phone {phone}",
        split=split,
        kind=f"session {session}",
    )


def _folds(protocol: int, what: str) -> dict[str, str]:
    return {f"{protocol}-{fold}": f"protocol {protocol}, fold {fold} of 6: {what}" for fold in range(1, 7)}


ADAPTER = Adapter(
    name="oulu-npu",
    title=_TITLE,
    citation="Z. Boulkenafet, J. Komulainen, L. Li, X. Feng, A. Hadid: OULU-NPU: a mobile face "
    "presentation attack database with real-world variations. FG 2017.",
    licence="https://sites.google.com/site/oulunpudatabase/",
    tree="{Train,Dev,Test}_files/PHONE_SESSION_USER_FILE.avi, like 1_1_01_1.avi\n"
    "Protocols/Protocol_{1,2}/{Train,Dev,Test}.txt: +1,1_1_01_1\n"
    "Protocols/Protocol_{3,4}/{Train,Dev,Test}_{1..6}.txt",
    protocols={
        "1": "protocol 1: another session (light, background) in test",
        "2": "protocol 2: another printer and screen in test",
        **_folds(3, "one phone left out"),
        **_folds(4, "session, instrument and phone left out"),
        "all": "every video, split by the three folders",
    },
    species=("print", "replay"),
    subjects="55: 20 in train, 15 in dev, 20 in test",
    people={"train": 20, "dev": 15, "test": 20},
    layout="bob.pad.face (src/bob/pad/face/database/oulu_npu.py), bob.db.oulunpu, and the loaders of CDCN "
    "(github.com/ZitongYu/CDCN)",
    doubts="The files with the places of the eyes beside the videos are not used. Protocols 3 and 4 are "
    "reported as mean and spread over their six folds: run each.",
    read=_read,
)
