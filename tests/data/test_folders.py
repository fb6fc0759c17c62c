from __future__ import annotations

from pathlib import Path

import pytest

from liveness.data.folders import scan_folders
from liveness.errors import DatasetError
from liveness.types import Label


def put(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"picture")


def test_species_and_subject_come_from_folders(tmp_path: Path) -> None:
    put(
        tmp_path,
        "training/live/anna/1.jpg",
        "training/live/2.png",
        "training/spoof/print/anna/3.jpg",
        "training/spoof/replay/4.mp4",
        "training/spoof/anna/5.jpg",
        "training/spoof/6.jpg",
    )
    samples, problems = scan_folders(tmp_path)
    seen = {s.path.name: (s.label, s.pai_species, s.subject, s.split) for s in samples}
    assert seen == {
        "1.jpg": (Label.BONA_FIDE, "", "anna", ""),
        "2.png": (Label.BONA_FIDE, "", "", ""),
        "3.jpg": (Label.ATTACK, "print", "anna", ""),
        "4.mp4": (Label.ATTACK, "replay", "", ""),
        "5.jpg": (Label.ATTACK, "", "anna", ""),
        "6.jpg": (Label.ATTACK, "", "", ""),
    }
    assert problems == []


@pytest.mark.parametrize(
    ("live", "spoof"), [("real", "fake"), ("Bona-Fide", "attack"), ("genuine", "Attacks")]
)
def test_other_names_of_the_classes(tmp_path: Path, live: str, spoof: str) -> None:
    put(tmp_path, f"{live}/1.jpg", f"{spoof}/2.jpg")
    assert {s.label for s in scan_folders(tmp_path)[0]} == set(Label)


def test_split_folders(tmp_path: Path) -> None:
    put(tmp_path, *(f"{s}/{c}/1.jpg" for s in ("train", "val", "test") for c in ("live", "spoof")))
    assert sorted({s.split for s in scan_folders(tmp_path)[0]}) == ["dev", "test", "train"]


def test_a_lone_train_folder_names_no_split(tmp_path: Path) -> None:
    put(tmp_path, "train/live/1.jpg", "train/spoof/2.jpg")
    assert {s.split for s in scan_folders(tmp_path)[0]} == {""}


def test_other_files_are_listed_and_hidden_ones_are_not(tmp_path: Path) -> None:
    put(tmp_path, "live/1.jpg", "live/README.md", "live/.DS_Store", "spoof/2.jpg", "spoof/malware.exe")
    samples, problems = scan_folders(tmp_path)
    assert len(samples) == 2
    assert [(p.where, p.reason) for p in problems] == [("spoof/malware.exe", "neither a picture nor a video")]


def test_links_are_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "elsewhere/secret.jpg", "set/live/1.jpg", "set/spoof/2.jpg")
    (tmp_path / "set/live/link.jpg").symlink_to(tmp_path / "elsewhere/secret.jpg")
    (tmp_path / "set/live/folder").symlink_to(tmp_path / "elsewhere")
    assert {s.path.name for s in scan_folders(tmp_path / "set")[0]} == {"1.jpg", "2.jpg"}


def test_no_class_folders(tmp_path: Path) -> None:
    put(tmp_path, "cats/1.jpg")
    with pytest.raises(DatasetError, match="no folders live and spoof"):
        scan_folders(tmp_path)
