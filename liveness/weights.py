"""Weights that this package may not ship: found in a folder, or downloaded once and checked.

A file is looked for in the folder that LIVENESS_MODELS names, then in the user's cache (LIVENESS_CACHE
moves it), and only then downloaded. Whatever is used has the pinned SHA-256. That cache folder also
holds what else can be made again: faces cut out for training, unpacked ZIPs.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from liveness.errors import InputError, WeightsError

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that can be fetched. size: bytes.

    copyleft: the licence binds whoever passes the file on, so it is downloaded only after the user
    has accepted it.
    """

    name: str
    purpose: str
    filename: str
    url: str
    sha256: str
    size: int
    licence: str
    licence_url: str
    copyleft: bool = False


_FILES = (
    # The hash and size are those of the Git LFS pointer that opencv_zoo publishes for this file.
    KnownFile(
        name="yunet",
        purpose="face detector YuNet (--detector yunet)",
        filename="yunet.onnx",
        url="https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/face_detection_yunet_2023mar.onnx",
        sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
        size=232_589,
        licence="MIT",
        licence_url="https://github.com/opencv/opencv_zoo/blob/main/models/face_detection_yunet/LICENSE",
    ),
    # The authors' own export, at the commit that added it. The hash is that of the file this detector
    # was written and measured with; it could not be compared with what the address serves. If they
    # differ, the download is refused and the message says so.
    KnownFile(
        name="yolov5-face",
        purpose="face detector YOLOv5n-0.5-face (--detector yolov5-face)",
        filename="yolov5n-0.5-face.onnx",
        url="https://github.com/deepcam-cn/yolov5-face/raw/2088d406d5abc44e8a012ccc7f3a5b22be96b958/torch2tensorrt/yolov5n-0.5.onnx",
        sha256="7da50650e16167e93acf24caf01f15f2922ecf168c884f2825a3c95479f8687d",
        size=1_809_111,
        licence="GPL-3.0",
        licence_url="https://github.com/deepcam-cn/yolov5-face/blob/master/LICENSE",
        copyleft=True,
    ),
    # The hash is that of the file that blinks and smiles were measured with, as the one above.
    KnownFile(
        name="face-landmarker",
        purpose="MediaPipe's face mesh: blinks and smiles among the movements that are asked for",
        filename="face_landmarker.task",
        url="https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task",
        sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
        size=3_758_596,
        licence="Apache-2.0",
        licence_url="https://ai.google.dev/edge/mediapipe/solutions/vision/face_landmarker",
    ),
)

WEIGHTS: Mapping[str, KnownFile] = MappingProxyType({file.name: file for file in _FILES})


# What the cache folder may hold. Nothing else in it is ever touched: LIVENESS_CACHE may name any folder.
CACHED: Mapping[str, str] = MappingProxyType(
    {
        "datasets": "unpacked ZIPs; a run on one cannot be resumed without it",
        "faces.sqlite": "where faces were found; sought again when missing",
        "regions": "faces cut out for training; cut out again when missing",
        "weights": "weights of face detectors and of the face mesh; downloaded again when missing",
    }
)


def known_file(name: str) -> KnownFile:
    """What is known of a file. Raises WeightsError for a name that is not known."""
    if name not in WEIGHTS:
        raise WeightsError(f"no weights are called {name!r}, known are: {', '.join(WEIGHTS)}")
    return WEIGHTS[name]


def models_folder() -> Path | None:
    """The folder that LIVENESS_MODELS names, None when it is not set.

    Raises WeightsError if there is no such folder.
    """
    given = os.environ.get("LIVENESS_MODELS")
    if not given:
        return None
    if not Path(given).is_dir():
        raise WeightsError(f"LIVENESS_MODELS names {given}, which is not a folder")
    return Path(given)


def cache_folder() -> Path:
    """Where downloads are kept; it need not exist yet."""
    given = os.environ.get("LIVENESS_CACHE")
    if given:
        return Path(given) / "weights"
    import platformdirs

    return Path(platformdirs.user_cache_dir("liveness", appauthor=False)) / "weights"


def cache_parts() -> dict[str, int]:
    """The parts of the user's cache folder that are there -> their bytes."""
    folder = cache_folder().parent
    return {name: _size(folder / name) for name in CACHED if (folder / name).exists()}


def clear_cache(names: Sequence[str]) -> int:
    """Delete parts of the cache folder, ``all`` of them if that is asked; returns the bytes that this frees.

    Raises InputError for a name that is not there, before anything is deleted.
    """
    there = cache_parts()
    wanted = there.keys() if "all" in names else set(names)
    for name in sorted(wanted - there.keys()):
        raise InputError(f"the cache holds no {name}; it holds: {', '.join(there) or 'nothing'}")
    for path in (cache_folder().parent / name for name in wanted):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return sum(there[name] for name in wanted)


def _size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if file.is_file())


def find(name: str) -> Path | None:
    """The file on this machine, None when it is not here; never downloads.

    Raises WeightsError when a file of that name is not the known one: it is left as it is and not used.
    """
    file = known_file(name)
    for folder in (models_folder(), cache_folder()):
        if folder is not None and (path := folder / file.filename).is_file():
            _check(path, file)
            return path
    return None


def fetch(name: str, progress: Progress | None = None, accept_licence: bool = False) -> Path:
    """The file, downloaded if it is not on this machine.

    progress: called with the bytes done and the bytes in all. accept_licence: the user has read what
    licence a copyleft file is under, and accepts it; without that it is not downloaded.
    Raises WeightsError when the file cannot be had, saying where to get it and where to put it.
    """
    file = known_file(name)
    found = find(name)
    if found is not None:
        return found
    if file.copyleft and not accept_licence:
        raise WeightsError(f"{licence_notice(name)} Accept it (--accept-licence) to download the file.")
    return _download(file, progress)


def licence_notice(name: str) -> str:
    """What a user is told before the file is downloaded."""
    file = known_file(name)
    return (
        f"{file.filename} ({file.size / 1e6:.1f} MB, from {file.url}) is under {file.licence}, "
        f"which is not this program's licence: {file.licence_url}."
    )


def _download(file: KnownFile, progress: Progress | None) -> Path:
    """Into the cache: to a temporary file there, checked, then renamed."""
    import pooch
    import requests

    folder = cache_folder()
    pooch.get_logger().setLevel("WARNING")  # else it writes the address and the hash to stderr
    bar = _Bar(file.size, progress) if progress is not None else False
    loader = pooch.HTTPDownloader(progressbar=bar, timeout=30, chunk_size=1 << 16)
    try:
        path = pooch.retrieve(file.url, f"sha256:{file.sha256}", file.filename, folder, downloader=loader)
    except requests.RequestException as error:
        raise WeightsError(
            f"{file.filename} could not be downloaded ({_cause(error)}): {_by_hand(file)}"
        ) from error
    except ValueError as error:
        raise WeightsError(
            f"the download of {file.filename} has another SHA-256 than {file.sha256} and was thrown away: "
            f"{_by_hand(file)}"
        ) from error
    except OSError as error:
        raise WeightsError(f"{file.filename} could not be stored in {folder}: {error.strerror}") from error
    return Path(path)


def _cause(error: Exception) -> str:
    """A few words for what requests explains in a paragraph."""
    import requests

    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return str(error).split(" for url")[0]


def _by_hand(file: KnownFile) -> str:
    return (
        f"get {file.url} ({file.licence}), save it as {file.filename} in a folder, "
        "and name that folder in the environment variable LIVENESS_MODELS"
    )


def _check(path: Path, file: KnownFile) -> None:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}") from error
    if found != file.sha256:
        raise WeightsError(
            f"{path} is not the expected file (SHA-256 {found[:12]}..., wanted {file.sha256[:12]}...): "
            f"remove it, or put the file from {file.url} there"
        )


class _Bar:
    """What pooch asks of a progress bar, passed on as (done, total)."""

    def __init__(self, total: int, report: Progress) -> None:
        self.total = total  # overwritten by pooch with what the server says, which may be 0
        self._size = total
        self._done = 0
        self._report = report

    def update(self, size: int) -> None:
        self._done = min(self._done + size, self._size)
        self._report(self._done, self._size)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        pass
