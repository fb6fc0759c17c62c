"""MSU-MFSD: 35 people before a laptop and a phone; printed photographs and replayed videos."""

from __future__ import annotations

import re
from pathlib import Path

from liveness.data.adapters.base import Adapter, Reading, lines_of, media, need
from liveness.errors import DatasetError
from liveness.types import Label

_TITLE = "MSU-MFSD"
_NAME = re.compile(
    r"(?P<kind>real|attack)_client(?P<client>\d+)_(?P<camera>android|laptop)_SD(?:_(?P<pai>.+))?_scene01"
)
_SPECIES = {"printed_photo": "print", "ipad_video": "replay", "iphone_video": "replay"}


def _read(root: Path, protocol: str) -> Reading:
    reading = Reading(root)
    splits = {
        int(word): split
        for split in ("train", "test")
        for word in _clients(need(_TITLE, root, f"{split}_sub_list.txt"))
    }
    for folder in ("real", "attack"):
        for path in media(need(_TITLE, root, f"scene01/{folder}")):
            found = _NAME.fullmatch(path.stem)
            if found is None:
                reading.leave_out(path, "its name is not like real_client001_android_SD_scene01")
            elif int(found["client"]) not in splits:
                reading.leave_out(path, "its client is in neither train_sub_list.txt nor test_sub_list.txt")
            else:
                reading.add(
                    path,
                    Label.BONA_FIDE if found["kind"] == "real" else Label.ATTACK,
                    pai=found["pai"] or "",
                    species=_SPECIES.get(found["pai"] or "", ""),
                    subject=found["client"],
                    source=found["camera"],
                    split=splits[int(found["client"])],
                )
    return reading


def _clients(path: Path) -> list[str]:
    words = " ".join(lines_of(path)).split()
    if not words or not all(word.isdecimal() for word in words):
        raise DatasetError(f"{path} should list the numbers of the clients")
    return words


ADAPTER = Adapter(
    name="msu-mfsd",
    title=_TITLE,
    citation="D. Wen, H. Han, A. K. Jain: Face spoof detection with image distortion analysis. IEEE TIFS "
    "10(4), 2015.",
    licence="https://biometrics.cse.msu.edu/Publications/Databases/MSUMobileFaceSpoofing/index.htm",
    tree="train_sub_list.txt, test_sub_list.txt: numbers of the clients\n"
    "scene01/real/real_client001_{android_SD_scene01.mp4,laptop_SD_scene01.mov}\n"
    "scene01/attack/attack_client001_{android,laptop}_SD_{ipad_video,iphone_video,printed_photo}_scene01.{mp4,mov}",
    protocols={"intra": "the two lists of clients: 15 in train, 20 in test"},
    species=("print", "replay"),
    subjects="35 released; no dev part, it is taken out of train by person",
    people={"train": 15, "test": 20},
    layout="bob.pad.face (bob/pad/face/database/msu_mfsd.py) and the label maker of SSDG "
    "(github.com/taylover-pei/SSDG-CVPR2020, data_label/generate_label.py)",
    doubts="The .face files with boxes are not used: the detector looks for the face. Some released "
    ".mov files are said to break off early; their readable frames are used.",
    read=_read,
)
