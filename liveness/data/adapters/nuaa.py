"""NUAA: pictures of 15 people and of their photographs, taken by webcams in three sessions."""

from __future__ import annotations

from pathlib import Path

from liveness.data.adapters.base import Adapter, Reading, lines_of, need
from liveness.types import Label

_LISTS = {"client": ("ClientRaw", Label.BONA_FIDE), "imposter": ("ImposterRaw", Label.ATTACK)}


def _read(root: Path, protocol: str) -> Reading:
    reading = Reading(root)
    first = need("NUAA", root, "raw/client_train_raw.txt", "client_train_raw.txt")
    base = first.parent
    for split in ("train", "test"):
        for word, (folder, label) in _LISTS.items():
            for line in lines_of(need("NUAA", base, f"{word}_{split}_raw.txt")):
                person, name = ["", *line.replace("\\", "/").split("/")][-2:]
                fields = Path(name).stem.split("_")
                reading.add(
                    base / folder / person / name,
                    label,
                    pai="photograph",
                    species="print",
                    subject=person,
                    source=f"session {fields[3]}" if len(fields) == 5 else "",
                    split=split,
                )
    return reading


ADAPTER = Adapter(
    name="nuaa",
    title="NUAA Photograph Imposter Database",
    citation="X. Tan, Y. Li, J. Liu, L. Jiang: Face liveness detection from a single image with sparse "
    "low rank bilinear discriminative model. ECCV 2010.",
    licence="http://parnec.nuaa.edu.cn/xtan/NUAAImposterDB_download.html",
    tree="[raw/]{client,imposter}_{train,test}_raw.txt: 0001\\0001_00_00_01_0.jpg\n"
    "[raw/]{ClientRaw,ImposterRaw}/0001/0001_GLASSES_POSITION_SESSION_NUMBER.jpg",
    protocols={"intra": "the four lists: sessions 1 and 2 in train, 3 in test"},
    species=("print",),
    subjects="15; train and test SHARE people: the official split is not subject-disjoint, and its rates "
    "flatter",
    layout="bob.db.nuaa (xbob/db/nuaa: the list files it reads) and public descriptions of the names",
    doubts="Only the raw pictures are read, not the cropped ones. No dev part: it is taken out of train "
    "by person.",
    sampling="Every picture is a presentation, as papers count them.",
    read=_read,
)
