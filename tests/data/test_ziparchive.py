from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from liveness.data.samples import load_dataset
from liveness.data.ziparchive import ZipLimits, extract, unpacked
from liveness.errors import DatasetError


def make(path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return path


def test_unpacks_once_and_steps_into_a_lone_folder(tmp_path: Path) -> None:
    archive = make(tmp_path / "a.zip", {"mine/live/1.jpg": b"1", "mine/spoof/2.jpg": b"2"})
    folder = unpacked(archive, tmp_path / "cache")
    assert {p.name for p in folder.iterdir()} == {"live", "spoof"}
    (folder / "live/1.jpg").write_bytes(b"kept")
    assert (unpacked(archive, tmp_path / "cache") / "live/1.jpg").read_bytes() == b"kept"


def test_load_dataset_reads_a_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVENESS_CACHE", str(tmp_path / "cache"))
    archive = make(tmp_path / "a.zip", {"real/1.jpg": b"1", "fake/2.jpg": b"2", "__MACOSX/real/1.jpg": b"x"})
    assert len(load_dataset(archive).samples) == 2


@pytest.mark.parametrize(
    "name", ["../evil.jpg", "/evil.jpg", "a/../../evil.jpg", "..\\evil.jpg", "C:\\evil.jpg"]
)
def test_names_that_reach_outside(tmp_path: Path, name: str) -> None:
    archive = make(tmp_path / "a.zip", {"live/1.jpg": b"1", name: b"evil"})
    with pytest.raises(DatasetError, match="outside"):
        unpacked(archive, tmp_path / "cache")
    assert not list(tmp_path.rglob("evil*"))
    assert list((tmp_path / "cache").iterdir()) == []


def test_links_are_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("live/link.jpg")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(DatasetError, match="link"):
        extract(tmp_path / "a.zip", tmp_path / "out")


def test_bombs(tmp_path: Path) -> None:
    bomb = make(tmp_path / "bomb.zip", {"live/1.jpg": bytes(20_000_000)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(DatasetError, match="more than allowed"):
        extract(bomb, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_size_that_lies(tmp_path: Path) -> None:
    path = make(tmp_path / "lie.zip", {"live/1.jpg": bytes(5000)})
    content = path.read_bytes().replace((5000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(content)
    with pytest.raises(DatasetError):
        extract(path, tmp_path / "out")


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (ZipLimits(files=1), "2 files"),
        (ZipLimits(bytes=3), "more than allowed"),
        (ZipLimits(file_bytes=3), "larger than allowed"),
        (ZipLimits(depth=1), "too deep"),
    ],
)
def test_limits(tmp_path: Path, limits: ZipLimits, words: str) -> None:
    archive = make(tmp_path / "a.zip", {"live/1.jpg": b"1234", "spoof/2.jpg": b"1"})
    with pytest.raises(DatasetError, match=words):
        extract(archive, tmp_path / "out", limits)


def test_two_files_of_one_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("live/1.jpg", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("live/1.jpg", b"2")
    with pytest.raises(DatasetError, match="one name"):
        extract(tmp_path / "a.zip", tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04" + bytes(60)])
def test_not_a_zip(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DatasetError, match="not a ZIP"):
        unpacked(tmp_path / "a.zip", tmp_path / "cache")


def test_encrypted(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", {"live/1.jpg": b"1"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DatasetError, match="encrypted"):
        extract(path, tmp_path / "out")
