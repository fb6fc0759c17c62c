"""CASIA-FASD: 50 people, three picture qualities, warped and cut photographs and replayed videos."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from liveness.data.adapters.base import Adapter, Reading, need
from liveness.types import Label

# The video's name -> (species, the data set's own word, quality).
_VIDEOS: Mapping[str, tuple[str, str, str]] = {
    "1": ("", "", "low"),
    "2": ("", "", "normal"),
    "HR_1": ("", "", "high"),
    "3": ("print", "warped photo", "low"),
    "4": ("print", "warped photo", "normal"),
    "HR_2": ("print", "warped photo", "high"),
    "5": ("cut", "cut photo", "low"),
    "6": ("cut", "cut photo", "normal"),
    "HR_3": ("cut", "cut photo", "high"),
    "7": ("replay", "video", "low"),
    "8": ("replay", "video", "normal"),
    "HR_4": ("replay", "video", "high"),
}
_ATTACKS = {"warped": "warped photo", "cut": "cut photo", "video": "video"}


def _read(root: Path, protocol: str) -> Reading:
    reading = Reading(root)
    for folder, split in (("train_release", "train"), ("test_release", "test")):
        base = need("CASIA-FASD", root, folder)
        for person in sorted((p for p in base.iterdir() if p.is_dir()), key=lambda p: (len(p.name), p.name)):
            for name, (species, pai, quality) in _VIDEOS.items():
                if _wanted(protocol, pai, quality):
                    reading.add(
                        person / f"{name}.avi",
                        Label.ATTACK if species else Label.BONA_FIDE,
                        pai=pai,
                        species=species,
                        subject=f"{split}-{person.name}",  # both folders count their people from 1
                        source=quality,
                        split=split,
                    )
    return reading


def _wanted(protocol: str, pai: str, quality: str) -> bool:
    if protocol in ("low", "normal", "high"):
        return quality == protocol
    return protocol == "overall" or not pai or pai == _ATTACKS[protocol]


ADAPTER = Adapter(
    name="casia-fasd",
    title="CASIA-FASD",
    citation="Z. Zhang, J. Yan, S. Liu, Z. Lei, D. Yi, S. Z. Li: A face antispoofing database with diverse "
    "attacks. ICB 2012.",
    licence="http://www.cbsr.ia.ac.cn/english/FASDB_Agreement/Agreement.pdf",
    tree="train_release/{1..20}/{1..8,HR_1..HR_4}.avi\ntest_release/{1..30}/{1..8,HR_1..HR_4}.avi",
    protocols={
        "overall": "all videos; the one that papers mean",
        "low": "low quality (videos 1 3 5 7)",
        "normal": "normal quality (2 4 6 8)",
        "high": "high quality (HR)",
        "warped": "warped photographs against bona fide",
        "cut": "cut photographs",
        "video": "replayed videos",
    },
    species=("cut", "print", "replay"),
    subjects="50: 20 in train, 30 in test; no dev part, it is taken out of train by person",
    people={"train": 20, "test": 30},
    layout="the loaders of SSDG (github.com/taylover-pei/SSDG-CVPR2020, data_label/generate_label.py) and "
    "bob.pad.face (src/bob/pad/face/database/casia_fasd.py)",
    doubts="That videos 1 3 5 7 are the low and 2 4 6 8 the normal quality is from papers that use the set.",
    read=_read,
)
