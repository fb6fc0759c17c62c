"""CASIA-SURF CeFA: people of three ethnic groups; the released lists are those of the CVPR 2020 challenge."""

from __future__ import annotations

from pathlib import Path

from liveness.data.adapters.base import Adapter, Reading, lines_of, media, need, spread
from liveness.errors import DatasetError
from liveness.types import Label

_TITLE = "CASIA-SURF CeFA"
_ETHNICITY = {"1": "Africa", "2": "Central Asia", "3": "East Asia"}


def _read(root: Path, protocol: str) -> Reading:
    reading = Reading(root)
    number = protocol.removeprefix("4-")
    first = root / "phase1" if (root / "phase1").is_dir() else root
    last = root / "phase2" if (root / "phase2").is_dir() else root
    _clips(reading, first, need(_TITLE, first, f"4@{number}_train.txt"), "train")
    _clips(reading, first, need(_TITLE, first, f"4@{number}_dev_ref.txt"), "dev")
    labelled = last / f"4@{number}_test_ref.txt"
    if labelled.is_file():
        _clips(reading, last, labelled, "test")
    else:
        reading.leave_out(labelled, "the labels of test are not there: there is no test part")
    return reading


def _clips(reading: Reading, base: Path, listed: Path, split: str) -> None:
    """Frames spread over every clip of a list; a line is a clip or a frame of one, and its label."""
    labels: dict[str, str] = {}
    for line in lines_of(listed):
        name, _, label = line.rpartition(" ")
        if label not in ("0", "1"):
            raise DatasetError(f"{listed} should give a path and 0 or 1 in each line, one is {line!r}")
        labels["/".join(name.replace("\\", "/").split("/")[:2])] = label
    for clip, label in labels.items():
        folder = base / clip / "profile"
        frames = list(media(folder, videos=False))
        if not frames:
            reading.leave_out(folder, "no pictures there")
        fields = clip.split("/")[-1].split("_")
        named = len(fields) == 5 and fields[0] in _ETHNICITY
        for path in spread(frames):
            reading.add(
                path,
                Label.BONA_FIDE if label == "1" else Label.ATTACK,
                subject="-".join(fields[:2]) if named else "",
                source=_ETHNICITY[fields[0]] if named else "",
                split=split,
                presentation=clip,
            )


ADAPTER = Adapter(
    name="casia-cefa",
    title=_TITLE,
    citation="A. Liu, Z. Tan, J. Wan, S. Escalera, G. Guo, S. Z. Li: CASIA-SURF CeFA: a benchmark for "
    "multi-modal cross-ethnicity face anti-spoofing. WACV 2021.",
    licence="https://sites.google.com/qq.com/face-anti-spoofing/dataset-download/casia-surf-cefacvpr2020",
    tree="phase1/4@{1,2,3}_train.txt: train/1_001_1_1_1/profile/0001.jpg 1\n"
    "phase1/4@{1,2,3}_dev_ref.txt: dev/003000 1\n"
    "phase2/4@{1,2,3}_test_ref.txt: test/000001 0\n"
    "phase1/train/CLIP/profile/0001.jpg (colour; depth/ and ir/ beside it are not used)",
    protocols={
        "4-1": "another ethnic group and another attack in test, as in the challenge (list 4@1)",
        "4-2": "the same with list 4@2",
        "4-3": "the same with list 4@3",
    },
    species=(),
    subjects="1,607 in all (1,500 of them in the 2D part); named in train only",
    layout="the loaders of CDCN (github.com/ZitongYu/CDCN, CVPR2020_Face_Anti-Spoofing) and of "
    "github.com/kprokofi/light-weight-face-anti-spoofing (datasets/casia_surf.py)",
    doubts="The ethnic groups of the numbers 1 to 3 are from one public reader; what the other fields "
    "of a clip's name mean could not be confirmed: species stay unknown. The name of the "
    "labelled list of test, 4@1_test_ref.txt, could not be confirmed either. Protocols 1 to 3 of "
    "the paper have no released lists that we know of.",
    sampling="8 frames spread evenly over each clip; a clip is one presentation.",
    read=_read,
)
