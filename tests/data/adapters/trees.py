"""Miniature trees in the layouts that the public data sets were released in; every file shows nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import PIL.Image

from liveness.data.samples import Dataset, load_dataset
from liveness.types import Sample
from liveness.video import VideoWriter


class Tree:
    """Writes files below a folder: grey pictures, a two-second video, lists."""

    def __init__(self, root: Path, side: int = 32) -> None:
        self.root = root
        self.side = side
        root.mkdir(parents=True, exist_ok=True)
        self._video = b""

    def pictures(self, names: Iterable[str]) -> None:
        for name in names:
            path = self._place(name)
            PIL.Image.fromarray(np.full((self.side, self.side * 2, 3), 99, np.uint8)).save(path)

    def videos(self, names: Iterable[str]) -> None:
        """The same clip under each name: 20 frames in two seconds, the container is MP4."""
        if not self._video:
            clip = self.root / "clip.mp4"
            with VideoWriter(clip, 10) as writer:
                for i in range(20):
                    writer.write(np.full((64, 64, 3), 10 * i, np.uint8))
            self._video = clip.read_bytes()
            clip.unlink()
        for name in names:
            self._place(name).write_bytes(self._video)

    def text(self, name: str, lines: Iterable[str]) -> None:
        self._place(name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _place(self, name: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def read_at(reference: str) -> tuple[Sample, ...]:
    """The samples of NAME[@PROTOCOL]:PATH; nothing may be left out but people."""
    dataset = load_dataset(reference)
    assert left_out(dataset) == []
    return tuple(dataset.samples)


def left_out(dataset: Dataset) -> list[tuple[str, str]]:
    """(path, reason) of what was looked for in vain; that a miniature tree has too few people is no news."""
    return [(p.where, p.reason) for p in dataset.problems if "people of the release" not in p.reason]


def counted(samples: tuple[Sample, ...]) -> dict[tuple[str, str], int]:
    return dict(Counter((s.split, s.pai_species or s.label.value) for s in samples))


def celeba_spoof(tree: Tree) -> None:
    for split in ("train", "test"):
        labels = {}
        for person in ("1", "2"):
            for kind, spoof in (("live", 0), ("spoof", 3)):
                name = f"Data/{split}/{split}{person}/{kind}/00000{person}.png"
                tree.pictures([name])
                tree.text(f"{name[:-4]}_BB.txt", ["56 56 112 112 0.99"])
                labels[name] = [0] * 40 + [spoof, 1 if spoof else 0, 1 if spoof else 0, 1 if spoof else 0]
        tree.text(f"metas/intra_test/{split}_label.json", [json.dumps(labels)])


def casia_fasd(tree: Tree) -> None:
    names = [*map(str, range(1, 9)), *(f"HR_{i}" for i in range(1, 5))]
    people = {"train_release": ("1", "2", "10"), "test_release": ("1", "2")}
    tree.videos(f"{f}/{p}/{n}.avi" for f, numbers in people.items() for p in numbers for n in names)


def casia_surf(tree: Tree) -> None:
    lists: dict[str, list[str]] = {}
    for person in ("CLKJ_AS0005", "CLKJ_CS0110"):
        for part, clip, label in (("real", "real", 1), ("fake", "06_enm_b", 0)):
            for number in (1, 31):
                base = f"Training/{part}_part/{person}/{clip}.rssdk"
                names = [f"{base}/{kind}/{number}.jpg" for kind in ("color", "depth", "ir")]
                tree.pictures(names)
                lists.setdefault("train_list.txt", []).append(" ".join([*names, str(label)]))
    for folder, name in (("Val", "val_private_list.txt"), ("Testing", "test_private_list.txt")):
        for number, label in ((1, 1), (2, 0)):
            names = [f"{folder}/000{number}/00000{number}-{kind}.jpg" for kind in ("color", "depth", "ir")]
            tree.pictures(names)
            lists.setdefault(name, []).append(" ".join([*names, str(label)]))
    for name, lines in lists.items():
        tree.text(name, lines)


def cefa(tree: Tree) -> None:
    train = []
    for clip, label in (("1_001_1_1_1", 1), ("1_001_3_1_2", 0), ("1_002_1_1_1", 1), ("1_002_3_1_4", 0)):
        frames = [f"train/{clip}/profile/{i:04}.jpg" for i in range(1, 21)]
        tree.pictures(f"phase1/{name}" for name in frames)
        tree.pictures([f"phase1/train/{clip}/depth/0001.jpg"])
        train += [f"{name} {label}" for name in frames]
    tree.text("phase1/4@1_train.txt", train)
    for part, clips, listed in (
        ("phase1/dev", ("003000", "003001"), "phase1/4@1_dev_ref.txt"),
        ("phase2/test", ("000001", "000002"), "phase2/4@1_test_ref.txt"),
    ):
        tree.pictures(f"{part}/{clip}/profile/{i:04}.jpg" for clip in clips for i in range(1, 4))
        tree.text(listed, [f"{part.split('/')[1]}/{clip} {i}" for i, clip in enumerate(clips)])


def cefa_by_authors(tree: Tree) -> None:
    """Protocol 2.1: cloth teaches, screens and masks are tested; 0 is live."""
    home = "CASIA_CeFA"
    clips = {
        "train": ("Ethnicity/AF/AF-001/1_001_1_1_1 0", "Ethnicity/AF/AF-001/1_001_3_2_2 1"),
        "dev": ("Ethnicity/CA/CA-201/2_201_1_1_1 0", "Ethnicity/CA/CA-201/2_201_3_1_2 1"),
        "test": (
            "Ethnicity/EA/EA-359/3_359_1_1_1 0",
            "Ethnicity/EA/EA-359/3_359_3_1_4 1",
            "Mask/3D-Mask/073/1_073_1_0_2_1_2 1",
            "Mask/Silicone-Mask/006/2_006_1_0_2_1_2 1",
        ),
    }
    for part, lines in clips.items():
        rows = []
        for line in lines:
            clip, label = line.split()
            tree.pictures(
                f"{home}/{clip}/{kind}/{i:04}.jpg" for kind in ("color", "ir") for i in range(1, 11)
            )
            rows.append(f"{home}/{clip}/color {label}")
        tree.text(f"{home}/protocol/{home}@p2.1_video_{part}.txt", rows)


def lcc_fasd(tree: Tree) -> None:
    for part in ("training", "development"):
        tree.pictures(f"LCC_FASD_{part}/real/AGL752VM_id{i}_s0_120.png" for i in (1, 2))
        tree.pictures(f"LCC_FASD_{part}/spoof/FT720P_G780_REDMI4X_id{i}_s0_15.png" for i in (1, 2))
    tree.pictures(f"LCC_FASD_evaluation/{kind}/{kind}_{i}.png" for kind in ("real", "spoof") for i in (1, 2))


def msu_mfsd(tree: Tree) -> None:
    tree.text("train_sub_list.txt", ["02", "03"])
    tree.text("test_sub_list.txt", ["01", "11"])
    for client in ("001", "002", "003", "011"):
        for camera, suffix in (("android", "mp4"), ("laptop", "mov")):
            tree.videos([f"scene01/real/real_client{client}_{camera}_SD_scene01.{suffix}"])
            tree.videos(
                f"scene01/attack/attack_client{client}_{camera}_SD_{pai}_scene01.{suffix}"
                for pai in ("ipad_video", "iphone_video", "printed_photo")
            )
    tree.text("scene01/real/real_client001_android_SD_scene01.face", ["0,1,1,2,2"])


def nuaa(tree: Tree) -> None:
    for word, folder in (("client", "ClientRaw"), ("imposter", "ImposterRaw")):
        for split, session in (("train", "01"), ("test", "03")):
            names = [f"{p}/{p}_00_00_{session}_{i}.jpg" for p in ("0001", "0002") for i in (0, 1)]
            tree.pictures(f"raw/{folder}/{name}" for name in names)
            tree.text(f"raw/{word}_{split}_raw.txt", [name.replace("/", "\\") for name in names])


def oulu_npu(tree: Tree) -> None:
    users = {"Train": ("01", "02"), "Dev": ("21", "22"), "Test": ("36", "37")}
    for word, numbers in users.items():
        names = [
            f"{phone}_{s}_{user}_{f}"
            for phone in (1, 2)
            for s in (1, 3)
            for user in numbers
            for f in range(1, 6)
        ]
        tree.videos(f"{word}_files/{name}.avi" for name in names)
        session = "3" if word == "Test" else "1"
        codes = {"1": "+1", "2": "-1", "3": "-1", "4": "-2", "5": "-2"}
        listed = [f"{codes[n[-1]]},{n}" for n in names if n.split("_")[1] == session]
        tree.text(f"Protocols/Protocol_1/{word}.txt", listed)
        phone = "2" if word == "Test" else "1"
        tree.text(
            f"Protocols/Protocol_3/{word}_6.txt", [f"{codes[n[-1]]},{n}" for n in names if n[0] == phone]
        )


def replay_attack(tree: Tree) -> None:
    kinds = (("print", "highdef_photo"), ("mobile", "mobile_photo"), ("mobile", "mobile_video"))
    for folder, clients in (("train", ("001", "002")), ("devel", ("003", "005")), ("test", ("009", "011"))):
        for client in clients:
            tree.videos([f"{folder}/real/client{client}_session01_webcam_authenticate_adverse_1.mov"])
            for support in ("fixed", "hand"):
                tree.videos(
                    f"{folder}/attack/{support}/attack_{device}_client{client}_session01_{kind}_adverse.mov"
                    for device, kind in (*kinds, ("highdef", "highdef_video"))
                )
    tree.videos(["enroll/train/client001_session02_webcam_enrol_controlled_1.mov"])


def replay_mobile(tree: Tree) -> None:
    for folder, client in (("train", "001"), ("devel", "005"), ("test", "009")):
        tree.videos(
            f"{folder}/real/client{client}_session0{i}_authenticate_mobile_adverse.mov" for i in (1, 2)
        )
        tree.videos(
            f"{folder}/attack/attack_client{client}_session01_{kind}_lighton.mov"
            for kind in (
                "print_hand_mobile_photo",
                "print_fixed_tablet_photo",
                "mattescreen_fixed_mobile_video",
            )
        )


def rose_youtu(tree: Tree) -> None:
    for person in ("2", "3", "10", "23"):
        kinds = ("G", "Ps", "Pq", "Vl", "Vm", "Mc", "Mf", "Mu")
        tree.videos(f"{person}/{kind}_NT_5s_g_E_{person}_{i}.mp4" for i, kind in enumerate(kinds, 1))


def siw(tree: Tree) -> None:
    for folder, person in (("Train", "003"), ("Test", "001")):
        tree.videos(f"{folder}/live/{person}/{person}-1-1-1-{i}.mov" for i in (1, 2))
        tree.videos(f"{folder}/spoof/{person}/{person}-1-2-{i}-1.mov" for i in (1, 2))
        tree.videos(f"{folder}/spoof/{person}/{person}-1-3-{i}-1.mov" for i in (1, 2, 3, 4))


def wmca(tree: Tree) -> None:
    rows = []
    for name, kind in (
        ("001_01_000_0_00", 0),
        ("002_01_000_0_00", 0),
        ("100_03_015_2_10", 2),
        ("101_01_000_3_05", 3),
    ):
        for date, split in (("26.01.18", "train"), ("12.02.18", "dev"), ("13.02.18", "eval")):
            tree.pictures(f"face-station/{date}/{name}/{i:02}.png" for i in range(10))
            rows.append(f"face-station/{date}/{name},{kind},{split}")
    tree.text("PROTOCOL-grandtest.csv", rows)
    tree.text("PROTOCOL-LOO_fakehead.csv", [r for r in rows if (",2," in r) <= r.endswith("eval")])


def folder(tree: Tree) -> None:
    tree.pictures(f"train/{kind}/{who}/1.png" for kind in ("live", "spoof/print") for who in ("anna", "cem"))
    tree.pictures(("test/live/ben/1.png", "test/spoof/replay/ben/1.png"))


def manifest(tree: Tree) -> None:
    tree.pictures(("a.png", "b.png"))
    tree.text("manifest.csv", ["path,label,subject", "a.png,live,anna", "b.png,attack,anna"])


def imagefolder(tree: Tree) -> None:
    for split in ("train", "validation", "test"):
        tree.pictures(f"data/{split}/{name}.png" for name in ("a", "b"))
        tree.text(
            f"data/{split}/metadata.csv",
            ["file_name,label,subject,pai_species", f"a.png,live,{split}1,", f"b.png,spoof,{split}2,print"],
        )


TREES: Mapping[str, Callable[[Tree], None]] = {
    "celeba-spoof": celeba_spoof,
    "casia-fasd": casia_fasd,
    "casia-surf": casia_surf,
    "casia-cefa": cefa,
    "lcc-fasd": lcc_fasd,
    "msu-mfsd": msu_mfsd,
    "nuaa": nuaa,
    "oulu-npu": oulu_npu,
    "replay-attack": replay_attack,
    "replay-mobile": replay_mobile,
    "rose-youtu": rose_youtu,
    "siw": siw,
    "wmca": wmca,
    "folder": folder,
    "manifest": manifest,
    "imagefolder": imagefolder,
}
