"""A ZIP from a stranger -> a folder, without trusting it: names, links, counts and sizes are checked."""

from __future__ import annotations

import hashlib
import shutil
import stat
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from liveness.errors import DatasetError
from liveness.weights import cache_folder

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """What is unpacked at most. ratio: unpacked to packed bytes of the whole archive."""

    files: int = 200_000
    bytes: int = 20_000_000_000
    file_bytes: int = 2_000_000_000
    ratio: float = 100.0
    depth: int = 16


def unpacked(archive: Path, cache: Path | None = None, limits: ZipLimits = ZipLimits()) -> Path:
    """The folder with an archive's content, unpacked once; a single top folder is stepped into.

    cache: where it goes, by the archive's SHA-256; the user's cache folder by default. Raises DatasetError
    for what is not a ZIP, is damaged or encrypted, reaches outside, holds links, or exceeds the limits.
    """
    cache = cache or cache_folder().parent / "datasets"
    try:
        digest = sha256_of(archive)
    except OSError as error:
        raise DatasetError(f"{archive} cannot be read: {error.strerror}") from error
    target = cache / digest[:32]
    if not target.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="unpack-") as name:
            extract(archive, Path(name) / "content", limits)
            try:
                Path(name, "content").replace(target)
            except OSError:
                if not target.is_dir():  # unless another process has unpacked the same file meanwhile
                    raise
    return _step_in(target)


def extract(archive: Path, target: Path, limits: ZipLimits = ZipLimits()) -> None:
    """Unpack into a new folder. Raises DatasetError as ``unpacked`` does; then the folder is incomplete."""
    try:
        with zipfile.ZipFile(archive) as source:
            members = [m for m in source.infolist() if not m.is_dir()]
            _check(members, archive, limits)
            target.mkdir(parents=True)
            for member in members:
                path = target.joinpath(*_parts(member.filename))
                if path.name.startswith(".") or "__MACOSX" in path.parts:
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                with source.open(member) as packed, path.open("xb") as file:
                    _copy(packed, file, member, archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DatasetError(f"{archive.name} is not a ZIP that can be unpacked: {error}") from error
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise DatasetError(f"{archive.name} holds two files of one name") from error


def _check(members: list[zipfile.ZipInfo], archive: Path, limits: ZipLimits) -> None:
    """Refuse what the directory of the archive already shows."""
    total = sum(m.file_size for m in members)
    packed = max(1, archive.stat().st_size)
    if len(members) > limits.files:
        raise DatasetError(f"{archive.name} holds {len(members)} files, at most {limits.files} are unpacked")
    if total > limits.bytes or total > limits.ratio * packed:
        raise DatasetError(f"{archive.name} would unpack to {total / 1e6:.0f} MB, which is more than allowed")
    free = shutil.disk_usage(archive.parent).free
    if total > free:
        raise DatasetError(
            f"{archive.name} needs {total / 1e6:.0f} MB, the disk has {free / 1e6:.0f} MB left"
        )
    for member in members:
        if member.file_size > limits.file_bytes:
            raise DatasetError(f"{archive.name}: {member.filename} is larger than allowed")
        if member.flag_bits & 0x1:
            raise DatasetError(f"{archive.name} is encrypted: unpack it yourself and give the folder")
        mode = member.external_attr >> 16
        if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise DatasetError(f"{archive.name}: {member.filename} is a link or a device, not a file")
        parts = _parts(member.filename)
        if not parts or len(parts) > limits.depth:
            raise DatasetError(f"{archive.name}: {member.filename!r} is nested too deep")


def _parts(name: str) -> tuple[str, ...]:
    """The folders and the file of a member. Raises DatasetError when it reaches outside."""
    path = PurePosixPath(name.replace("\\", "/"))
    bad = path.is_absolute() or ".." in path.parts or any(":" in p or "\0" in p for p in path.parts)
    if bad:
        raise DatasetError(f"the ZIP names a file outside its own folder: {name!r}")
    return path.parts


def _copy(packed: IO[bytes], file: IO[bytes], member: zipfile.ZipInfo, archive: Path) -> None:
    """Copy no more than the directory promised: sizes in a ZIP can lie."""
    left = member.file_size
    while chunk := packed.read(min(_CHUNK, left + 1)):
        left -= len(chunk)
        if left < 0:
            raise DatasetError(f"{archive.name}: {member.filename} is larger than the archive says")
        file.write(chunk)


def sha256_of(path: Path) -> str:
    """Of a file's content, in hexadecimal; large files are read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _step_in(folder: Path) -> Path:
    """Many archives hold one folder that holds everything."""
    inside = [p for p in folder.iterdir() if not p.name.startswith(".")]
    known = {"live", "spoof", "real", "fake", "training", "train"}
    if len(inside) == 1 and inside[0].is_dir() and inside[0].name.lower() not in known:
        return _step_in(inside[0])
    return folder
