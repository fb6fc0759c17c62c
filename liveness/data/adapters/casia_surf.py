"""CASIA-SURF: 1,000 people filmed in colour, depth and infra-red; photographs with parts cut out."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from liveness.data.adapters.base import Adapter, Reading, lines_of, need
from liveness.types import Label

_LISTS = {"train": "train_list.txt", "dev": "val_private_list.txt", "test": "test_private_list.txt"}


def _read(root: Path, protocol: str) -> Reading:
    reading = Reading(root)
    for split, name in _LISTS.items():
        listed = need("CASIA-SURF", root, name)
        for number, line in enumerate(lines_of(listed), 1):
            fields = line.split()
            if len(fields) != 4 or fields[3] not in ("0", "1"):
                reading.leave_out(listed, f"line {number} is not: colour depth ir label, it is {line!r}")
                continue
            _add(reading, fields[0], fields[3] == "1", split)
    return reading


def _add(reading: Reading, colour: str, live: bool, split: str) -> None:
    """One line of a list: Training/fake_part/PERSON/06_enm_b.rssdk/color/91.jpg names person and clip."""
    parts = PurePosixPath(colour).parts
    clip = len(parts) == 6
    reading.add(
        reading.root.joinpath(*parts),
        Label.BONA_FIDE if live else Label.ATTACK,
        pai=parts[3].removesuffix(".rssdk") if clip else "",
        species="cut",
        subject=parts[2] if clip else "",
        split=split,
        presentation="/".join(parts[:4]) if clip else "",
    )


ADAPTER = Adapter(
    name="casia-surf",
    title="CASIA-SURF",
    citation="S. Zhang, X. Wang, A. Liu, C. Zhao, J. Wan, S. Escalera, H. Shi, Z. Wang, S. Z. Li: A "
    "dataset and benchmark for large-scale multi-modal face anti-spoofing. CVPR 2019.",
    licence="https://sites.google.com/qq.com/face-anti-spoofing/dataset-download/casia-surfcvpr2019",
    tree="train_list.txt, val_private_list.txt, test_private_list.txt: colour depth ir label(1 live, "
    "0 attack)\n"
    "Training/real_part/PERSON/real.rssdk/color/N.jpg\n"
    "Training/fake_part/PERSON/06_enm_b.rssdk/color/N.jpg\n"
    "Val/0007/007243-color.jpg\n"
    "Testing/...",
    protocols={"intra": "train, validation and test as the three lists give them"},
    species=("cut",),
    subjects="1,000; named in train only",
    layout="the list reader of FeatherNets (github.com/SoftwareGift/"
    "FeatherNets_Face-Anti-spoofing-Attack-Detection-Challenge-CVPR2019, data/fileList.py)",
    doubts="Only the colour pictures are read; depth and infra-red are listed by the data set and not "
    "used. The persons of Val and Testing are not in the paths.",
    sampling="The pictures of the lists, each of them; in train those of one clip are one presentation.",
    read=_read,
)
