"""ROSE-Youtu: 20 people, five phones; prints, screens and three kinds of paper mask."""

from __future__ import annotations

from pathlib import Path

from liveness.data.adapters.base import Adapter, Reading, media
from liveness.errors import DatasetError
from liveness.types import Label

_KINDS = {
    "Ps": ("print", "still paper"),
    "Pq": ("print", "quivering paper"),
    "Vl": ("replay", "Lenovo screen"),
    "Vm": ("replay", "Mac screen"),
    "Mc": ("mask-paper", "mask, eyes and mouth cut out"),
    "Mf": ("mask-paper", "mask, nothing cut out"),
    "Mu": ("mask-paper", "mask, upper part cut"),
}


def _read(root: Path, protocol: str) -> Reading:
    reading = Reading(root)
    named = [(path, path.stem.split("_")) for path in media(root)]
    videos = [(path, fields) for path, fields in named if len(fields) == 7]
    if not videos:
        raise DatasetError(
            f"ROSE-Youtu: looked for {root / '*' / 'G_NT_5s_g_E_2_1.mp4'} and the like, none is there"
        )
    people = sorted({fields[5] for _, fields in videos}, key=lambda person: (len(person), person))
    first = set(people[: (len(people) + 1) // 2])
    for path, fields in named:
        if len(fields) != 7 or fields[0] not in ("G", *_KINDS):
            reading.leave_out(path, "its name is not L_S_D_x_E_p_N, like G_NT_5s_g_E_2_1")
            continue
        species, pai = _KINDS.get(fields[0], ("", ""))
        reading.add(
            path,
            Label.ATTACK if species else Label.BONA_FIDE,
            pai=pai,
            species=species,
            subject=fields[5],
            source=f"phone {fields[2]}",
            split="train" if fields[5] in first else "test",
        )
    return reading


ADAPTER = Adapter(
    name="rose-youtu",
    title="ROSE-Youtu",
    citation="H. Li, W. Li, H. Cao, S. Wang, F. Huang, A. C. Kot: Unsupervised domain adaptation for face "
    "anti-spoofing. IEEE TIFS 13(7), 2018.",
    licence="https://rose1.ntu.edu.sg/dataset/faceLivenessDetection/",
    tree="PERSON/L_S_D_x_E_p_N.mp4, like 2/G_NT_5s_g_E_2_1.mp4\n"
    "L: G live, Ps Pq paper, Vl Vm screen, Mc Mf Mu paper mask; S: speaking; D: phone; x: "
    "glasses; E: room; p: person",
    protocols={"intra": "the first half of the people (by number) in train, the others in test"},
    species=("mask-paper", "print", "replay"),
    subjects="20; no dev part, it is taken out of train by person",
    people={"train": 10, "test": 10},
    layout="the data set's page and public loaders that read its names "
    "(for example sidharthmenon's open-door: 7/Down/Vl_NT_HS_wg_E_7_120.mp4)",
    doubts="The release has no lists: ten people for train and ten for test is what papers do, but "
    "which ten could not be confirmed. In some copies the folder of a person is divided by the "
    "phone's rotation: all folders are searched.",
    read=_read,
)
