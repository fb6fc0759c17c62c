from __future__ import annotations

from pathlib import Path

import pytest

from liveness.data.manifest import read_manifest
from liveness.errors import DatasetError
from liveness.types import Box, Label, Landmarks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "set").mkdir()
    for name in ("set/a.jpg", "set/b.mp4", "outside.jpg", "set/notes.txt"):
        (tmp_path / name).write_bytes(b"content")
    return tmp_path / "set"


def manifest(folder: Path, text: str) -> Path:
    path = folder / "manifest.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_column(folder: Path) -> None:
    marks = ",".join(f"{p}_{a}" for p in ("eye1", "eye2", "nose", "mouth1", "mouth2") for a in "xy")
    path = manifest(
        folder,
        f"path,label,pai_species,subject,source,split,presentation,kind,left,top,right,bottom,{marks},room\n"
        "a.jpg,attack,print,anna,cam1,val,p7,frame,1,2,30.5,40,1,2,3,4,5,6,7,8,9,10,kitchen\n",
    )
    (sample,), problems = read_manifest(path)
    assert problems == []
    assert (sample.label, sample.pai_species, sample.subject) == (Label.ATTACK, "print", "anna")
    assert (sample.source, sample.split, sample.presentation, sample.kind) == ("cam1", "dev", "p7", "frame")
    assert sample.box == Box(1, 2, 30.5, 40)
    assert sample.landmarks == Landmarks((1, 2), (3, 4), (5, 6), (7, 8), (9, 10))
    assert sample.extra == {"room": "kitchen"}


def test_unknown_is_empty(folder: Path) -> None:
    (sample,), _ = read_manifest(manifest(folder, "path,label\nb.mp4,live\n"))
    assert (sample.subject, sample.source, sample.split, sample.box, sample.landmarks) == (
        "",
        "",
        "",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("../outside.jpg,live,,", "stay inside"),
        ("..\\outside.jpg,live,,", "stay inside"),
        ("/etc/passwd.jpg,live,,", "stay inside"),
        ("C:/a.jpg,live,,", "stay inside"),
        (",live,,", "stay inside"),
        ("missing.jpg,live,,", "no such file"),
        ("notes.txt,live,,", "neither a picture nor a video"),
        ("a.jpg,maybe,,", "unknown label 'maybe'"),
        ("a.jpg,live,holdout,", "unknown split 'holdout'"),
        ("a.jpg,live,,x", "must be numbers"),
        ("a.jpg,live,,5", "must all be given"),
    ],
)
def test_bad_rows_are_listed_and_the_others_kept(folder: Path, row: str, reason: str) -> None:
    path = manifest(folder, f"path,label,split,left,top,right,bottom\na.jpg,live,,,,,\n{row},,,\n")
    samples, problems = read_manifest(path)
    assert len(samples) == 1
    assert [p.where.startswith("line 3") for p in problems] == [True]
    assert reason in problems[0].reason


def test_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    (folder / "link.jpg").symlink_to(folder.parent / "outside.jpg")
    samples, (problem,) = read_manifest(manifest(folder, "path,label\nlink.jpg,live\n"))
    assert samples == []
    assert "leads out" in problem.reason


def test_empty_box_and_not_finite(folder: Path) -> None:
    text = "path,label,left,top,right,bottom\na.jpg,live,5,5,5,9\na.jpg,live,nan,1,2,3\n"
    samples, problems = read_manifest(manifest(folder, text))
    assert samples == []
    assert ["box is empty" in problems[0].reason, "finite" in problems[1].reason] == [True, True]


@pytest.mark.parametrize("text", ["", "file,class\na.jpg,live\n"])
def test_needs_path_and_label(folder: Path, text: str) -> None:
    with pytest.raises(DatasetError, match="columns path and label"):
        read_manifest(manifest(folder, text))


def test_not_text(folder: Path) -> None:
    path = folder / "manifest.csv"
    path.write_bytes(b"path,label\n\xff\xfe\x00,live\n")
    with pytest.raises(DatasetError, match="UTF-8"):
        read_manifest(path)
