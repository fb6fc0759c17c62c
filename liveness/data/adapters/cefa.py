"""CASIA-SURF CeFA: people of three ethnic groups; the lists of its authors and of the 2020 challenge."""

from __future__ import annotations

import re
from pathlib import Path

from liveness.data.adapters.base import Adapter, Reading, lines_of, media, need, spread
from liveness.errors import DatasetError
from liveness.types import Label

_TITLE = "CASIA-SURF CeFA"
_ETHNICITY = {"1": "Africa", "2": "Central Asia", "3": "East Asia"}
_SESSIONS = {"1": "indoor", "2": "outdoor", "3": "random"}
# Group, person, device, session, instrument; 1 is the living person.
_CLIP = re.compile(r"([123])_(\d+)_\d_(\d)_(\d)")
_PAI = {"2": ("cloth", "print"), "3": ("photo", "print"), "4": ("screen", "replay")}
_MASK = re.compile(r"Mask/(3D-Mask|Silicone-Mask)/(\d+)/.+")
_HOME = "CASIA_CeFA"
_MODALITIES = ("/color", "/depth", "/ir")


def _read(root: Path, protocol: str) -> Reading:
    if protocol.startswith("p"):
        return _by_authors(root, protocol)
    return _of_challenge(root, protocol.removeprefix("4-"))


def _by_authors(root: Path, protocol: str) -> Reading:
    """The authors' lists: a line is a folder of colour frames and 0 for live, 1 for fake."""
    reading = Reading(root)
    home = root / _HOME if (root / _HOME).is_dir() else root
    if protocol == "p3":
        return _by_frames(reading, home)
    number = f"{protocol[1]}.{protocol[3]}"
    for part, split in (("train", "train"), ("dev", "dev"), ("test", "test")):
        name = f"protocol/{_HOME}@p{number}_video_{part}.txt"
        listed = need(_TITLE, home, name)
        for place, live in _listed(listed, "0"):
            _add(reading, home / place.removeprefix(f"{_HOME}/"), place, live, split)
    return reading


def _by_frames(reading: Reading, home: Path) -> Reading:
    """Protocol 3 has no lists of clips: a line is one frame, of any modality."""
    for split in ("train", "dev", "test"):
        clips: dict[tuple[str, bool], list[Path]] = {}
        for place, live in _listed(need(_TITLE, home, f"protocol/{_HOME}@p3_image_{split}.txt"), "0"):
            clip, _, _ = place.rpartition("/")
            clips.setdefault((clip, live), []).append(home / place.removeprefix(f"{_HOME}/"))
        for (clip, live), frames in clips.items():
            _add_frames(reading, frames, clip, live, split)
    return reading


def _of_challenge(root: Path, number: str) -> Reading:
    """The lists of the CVPR 2020 challenge: a clip or a frame of one, and 1 for live, 0 for fake."""
    reading = Reading(root)
    first = root / "phase1" if (root / "phase1").is_dir() else root
    last = root if first == root and not (root / "phase2").is_dir() else root / "phase2"
    for name, split in ((f"4@{number}_train.txt", "train"), (f"4@{number}_dev_ref.txt", "dev")):
        _clips(reading, first, need(_TITLE, root, f"phase1/{name}", name), split)
    labelled = last / f"4@{number}_test_ref.txt"
    if labelled.is_file():
        _clips(reading, last, labelled, "test")
    else:
        reading.leave_out(labelled, "the labels of test are not there: there is no test part")
    return reading


def _clips(reading: Reading, base: Path, listed: Path, split: str) -> None:
    clips = {"/".join(name.split("/")[:2]): live for name, live in _listed(listed, "1")}
    for clip, live in clips.items():
        _add(reading, base / clip / "profile", clip, live, split)


def _listed(path: Path, live: str) -> list[tuple[str, bool]]:
    """Each line's path, and whether it is live."""
    found = []
    for line in lines_of(path):
        name, _, label = line.rpartition(" ")
        if label not in ("0", "1"):
            raise DatasetError(f"{path} should give a path and 0 or 1 in each line, one is {line!r}")
        found.append((name.replace("\\", "/"), label == live))
    return found


def _add(reading: Reading, folder: Path, clip: str, live: bool, split: str) -> None:
    """Frames spread over a clip, with what its name says."""
    frames = list(media(folder, videos=False))
    if not frames:
        reading.leave_out(folder, "no pictures there")
    _add_frames(reading, frames, clip, live, split)


def _add_frames(reading: Reading, frames: list[Path], clip: str, live: bool, split: str) -> None:
    subject = source = session = ""
    pai = species = ""
    mask = _MASK.search(clip)
    name, _, modality = clip.rpartition("/") if clip.endswith(_MODALITIES) else (clip, "", "")
    named = _CLIP.fullmatch(name.split("/")[-1])
    if mask:
        pai, species, subject, source = mask[1], "mask-3d", f"{mask[1]}-{mask[2]}", mask[1]
    elif named:
        group, person, where, instrument = named.groups()
        subject, source, session = f"{group}-{person}", _ETHNICITY[group], _SESSIONS.get(where, "")
        pai, species = _PAI.get(instrument, ("", ""))
    for path in spread(frames):
        reading.add(
            path,
            Label.BONA_FIDE if live else Label.ATTACK,
            pai=pai,
            species=species,
            subject=subject,
            source=source,
            split=split,
            presentation=clip,
            kind=session,
            extra={"modality": modality} if modality else None,
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
    "phase1/train/CLIP/profile/0001.jpg (colour; depth/ and ir/ beside it are not used)\n"
    "or, for p1-1 to p4-5, the whole release with the authors' lists in CASIA_CeFA/protocol/\n"
    "CASIA_CeFA/protocol/CASIA_CeFA@p1.1_video_{train,dev,test}.txt: "
    "CASIA_CeFA/Ethnicity/AF/AF-223/1_223_1_1_1/color 0\n"
    "CASIA_CeFA/Ethnicity/AF/AF-223/1_223_1_1_1/color/0001.jpg\n"
    "CASIA_CeFA/protocol/CASIA_CeFA@p3_image_{train,dev,test}.txt: "
    "CASIA_CeFA/Ethnicity/AF/AF-223/1_223_1_1_1/depth/0001.jpg 0\n"
    "CASIA_CeFA/Mask/{3D-Mask,Silicone-Mask}/073/1_073_1_0_2_1_2/color/0001.jpg",
    protocols={
        "4-1": "another ethnic group and another attack in test, as in the challenge (list 4@1)",
        "4-2": "the same with list 4@2",
        "4-3": "the same with list 4@3",
        "p1-1": "protocol 1 of the paper: Africa teaches, the others are tested",
        "p1-3": "protocol 1: Central Asia teaches",
        "p1-5": "protocol 1: East Asia teaches",
        "p2-1": "protocol 2: cloth in train, screens and masks in test",
        "p2-2": "protocol 2: screens in train, cloth and masks in test",
        "p3": "protocol 3: colour teaches, depth and infra-red are tested",
        "p4-1": "protocol 4: Africa and screens teach, the other groups with cloth and masks are tested",
        "p4-3": "protocol 4: Central Asia and screens teach",
        "p4-5": "protocol 4: East Asia and screens teach",
    },
    species=("mask-3d", "print", "replay"),
    subjects="1,607 in all (1,500 of them in the 2D part); named in train and in the authors' lists only",
    layout="the authors' own lists and description (github.com/liuajian/CASIA-FAS-Dataset, "
    "CASIA_CeFA/readme.md and protocol/), and for the challenge the loaders of CDCN "
    "(github.com/ZitongYu/CDCN, CVPR2020_Face_Anti-Spoofing) and of "
    "github.com/kprokofi/light-weight-face-anti-spoofing",
    doubts="Of protocol 3 the lists of frames could not be seen: their names are in the README of another "
    "project, a line is read as in the image lists of protocol 1, and that its test is depth and "
    "infra-red follows from the authors' numbers (twice as many pictures as the test people have in "
    "colour). It is the one protocol that reads other pictures than colour. Photographs "
    "printed on cloth count as print. The name of the challenge's labelled list of test, 4@1_test_ref.txt, "
    "could not be confirmed; species are known in its train list alone.",
    sampling="8 frames spread evenly over each clip; a clip is one presentation.",
    read=_read,
)
