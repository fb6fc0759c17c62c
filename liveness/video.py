"""Video files in and out, by PyAV: frames with their true time, annotated clips that browsers play.

One frame is held at a time, so memory does not grow with the length of a clip.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from liveness.errors import InputError, VideoError
from liveness.types import Frame, Image

logger = logging.getLogger(__name__)

MAX_PIXELS = 36_000_000
"""Frames above this are refused: a little more than 8K video, about 100 MB a frame."""

# Playlist formats are left out: they make the reader open other files and addresses than the one given.
_FORMATS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,mjpeg,ogg,flv,asf,h264,hevc,ivf,gif"
_TICKS = Fraction(1, 90_000)
_ENCODERS = (("libx264", {"preset": "veryfast", "crf": "23"}), ("libvpx-vp9", {"deadline": "realtime"}))


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a clip announces of itself.

    width, height: pixels as shown, after rotation; fps: mean frames per second, 1 for a single frame;
    frames, seconds: estimates from the file's header, or from counting packets where it has none.
    """

    width: int
    height: int
    fps: float
    frames: int
    seconds: float
    codec: str


def probe(path: Path | str) -> VideoInfo:
    """Read a clip's header and its first frame. Raises VideoError when no frame can be read."""
    path = Path(path)
    with _open(path) as (container, stream):
        first = next(_decoded(container, stream, path), None)
        if first is None:
            raise VideoError(f"{path.name} holds no video frame that can be read")
        height, width = _upright(first, path).shape[:2]
        codec = stream.codec_context.name
        seconds = _length(container, stream)
        fps = float(stream.average_rate or 0)
    if seconds is None or not 0 < fps <= 240:  # browsers record clips without a length or a true rate
        frames, seconds = _count_packets(path)
        fps = frames / seconds if seconds else 1.0
    else:
        frames = stream.frames or round(seconds * fps)
    return VideoInfo(width, height, fps, max(1, frames), seconds, codec)


def read_video(
    path: Path | str, every: int = 1, start: float = 0.0, end: float | None = None
) -> Iterator[Frame]:
    """Every n-th frame from ``start`` (seconds) to before ``end``, upright, uint8 RGB (height, width, 3).

    ``Frame.index`` counts the frames of the clip from 0, ``Frame.seconds`` comes from the time stamps, so
    it is right for a variable frame rate too. (Where ``start`` is reached by jumping, the index is worked
    out from the mean rate.) A clip that breaks off gives the frames that it has, and a warning is logged.

    Raises InputError for a senseless range, VideoError when the file is no video, has no frame in the
    range, or has frames of more than ``MAX_PIXELS``.
    """
    path = Path(path)
    if every < 1:
        raise InputError(f"every must be 1 or more, got {every}")
    if start < 0 or (end is not None and end <= start):
        raise InputError(
            f"the time range must start at 0 or later and end after it starts, got {start} to {end}"
        )
    first: int | None = None
    for index, seconds, frame in _timed(path, start):
        if end is not None and seconds >= end:
            break
        if seconds >= start:
            first = index if first is None else first
            if (index - first) % every == 0:
                yield Frame(_upright(frame, path), index, seconds)
    if first is None:
        place = f" from {start:g} s to {'its end' if end is None else f'{end:g} s'}" if start or end else ""
        raise VideoError(f"{path.name} has no video frame that can be read{place}")


def _timed(path: Path, start: float) -> Iterator[tuple[int, float, VideoFrame]]:
    """Index, seconds and frame, from the key frame at or before ``start`` where the file can be sought."""
    with _open(path) as (container, stream):
        rate = float(stream.average_rate or 0)
        index: int | None = 0
        if start > 0 and rate > 0 and _length(container, stream) is not None:
            index = None
            container.seek(int((start + _origin(stream)) / float(stream.time_base or 1)), stream=stream)
        for frame in _decoded(container, stream, path):
            seconds = frame.time - _origin(stream) if frame.time is not None else None
            if index is None:
                if seconds is None or seconds > start:  # the jump missed: read from the beginning
                    yield from _timed(path, 0.0)
                    return
                index = round(seconds * rate)
            yield index, max(0.0, seconds) if seconds is not None else index / (rate or 25.0), frame
            index += 1


def _decoded(container: InputContainer, stream: VideoStream, path: Path) -> Iterator[VideoFrame]:
    """Frames in the order of showing. Damaged packets are skipped; where reading fails, the clip ends."""
    broken = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError as error:
            logger.warning("%s breaks off: %s", path.name, error.strerror)
            return
        if packet is None:
            break
        try:
            frames = packet.decode()
        except av.FFmpegError:
            broken += 1
            continue
        yield from (frame for frame in frames if isinstance(frame, VideoFrame))
    if broken:
        logger.warning("%s: %d damaged packets were skipped", path.name, broken)


@contextmanager
def _open(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The file and its first video stream. Raises VideoError with the reason."""
    if not path.is_file():
        raise VideoError(f"no such video file: {path}")
    if not path.stat().st_size:
        raise VideoError(f"{path.name} is empty")
    options = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
    try:  # an absolute path, so that no name is taken for an address
        container = av.open(str(path.absolute()), options=options, metadata_errors="replace")
    except av.FFmpegError as error:
        if error.errno in (errno.EACCES, errno.EPERM):
            raise VideoError(f"{path.name} may not be read: {error.strerror}") from error
        raise VideoError(
            f"{path.name} is not a video that can be read (mp4, mov, webm or avi wanted)"
        ) from error
    with container:
        if not container.streams.video:
            has = "only sound" if container.streams.audio else "no picture"
            raise VideoError(f"{path.name} holds {has}, a video was wanted")
        stream = container.streams.video[0]
        _check_pixels(stream.width, stream.height, path)
        stream.thread_type = "AUTO"
        yield container, stream


def _check_pixels(width: int, height: int, path: Path) -> None:
    if width * height > MAX_PIXELS:
        limit = f"{MAX_PIXELS / 1e6:.0f} million pixels"
        raise VideoError(f"the frames of {path.name} are {width} x {height}, more than {limit}")


def _upright(frame: VideoFrame, path: Path) -> Image:
    """RGB, turned as the file says that it is to be shown (phones store the turn beside the frames)."""
    _check_pixels(frame.width, frame.height, path)
    image = frame.to_ndarray(format="rgb24")
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns) if turns else image, dtype=np.uint8)


def _origin(stream: VideoStream) -> float:
    return float(stream.start_time * stream.time_base) if stream.start_time and stream.time_base else 0.0


def _length(container: InputContainer, stream: VideoStream) -> float | None:
    """Seconds that the header announces."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _count_packets(path: Path) -> tuple[int, float]:
    """Frames and seconds by reading through the file; nothing is decoded."""
    times = []
    with _open(path) as (container, stream):
        try:
            for packet in container.demux(stream):
                if packet.size and packet.pts is not None and packet.time_base:
                    times.append(float(packet.pts * packet.time_base))
        except av.FFmpegError as error:
            logger.warning("%s breaks off: %s", path.name, error.strerror)
    if len(times) < 2:
        return len(times), 0.0
    span = max(times) - min(times)
    return len(times), span * len(times) / (len(times) - 1)


class VideoWriter:
    """Writes frames as H.264 (yuv420p, faststart: browsers play it), or VP9 where H.264 is not built in.

    Used as a context manager. ``codec`` names the encoder. The file appears under its name only when the
    ``with`` block ends well; an error or a cancelled run leaves nothing behind. All frames take the size
    of the first, scaled down to ``longest`` and padded to even sides.
    """

    def __init__(self, path: Path | str, fps: float, longest: int = 1920) -> None:
        if fps <= 0:
            raise InputError(f"frames per second must be above 0, got {fps}")
        self.path = Path(path)
        self.fps = fps
        self.longest = longest
        self.codec = ""
        self._part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        self._size: tuple[int, int] | None = None
        self._ticks = -1

    def __enter__(self) -> VideoWriter:
        if not self.path.parent.is_dir():
            raise VideoError(f"cannot write {self.path}: there is no such folder")
        try:
            self._container = av.open(str(self._part), "w", format="mp4", options={"movflags": "+faststart"})
        except (av.FFmpegError, OSError) as error:
            raise VideoError(f"cannot write {self.path}: {error.strerror}") from error
        self._stream = self._add_stream()
        return self

    def write(self, image: Image, seconds: float | None = None) -> None:
        """Add a frame: uint8 RGB (height, width, 3), to be shown at ``seconds`` (default: 1 / fps after
        the last). Raises VideoError when it cannot be written."""
        if self._size is None:
            height, width = image.shape[:2]
            scale = min(1.0, self.longest / max(width, height))
            self._size = max(1, round(width * scale)), max(1, round(height * scale))
            self._stream.width, self._stream.height = (side + side % 2 for side in self._size)
        if (image.shape[1], image.shape[0]) != self._size:
            image = np.asarray(cv2.resize(image, self._size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        if image.shape[0] % 2 or image.shape[1] % 2:
            image = np.pad(image, ((0, image.shape[0] % 2), (0, image.shape[1] % 2), (0, 0)), mode="edge")
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        step = round(1 / self.fps / _TICKS)
        ticks = (
            self._ticks + step if seconds is None and self._ticks >= 0 else round((seconds or 0.0) / _TICKS)
        )
        self._ticks = max(ticks, self._ticks + 1)  # time never stands still in a file
        frame.pts, frame.time_base = self._ticks, _TICKS
        self._encode(frame)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                if self._size is None:
                    raise VideoError(f"no frame was written to {self.path.name}")
                self._encode(None)
                self._container.close()
                self._part.replace(self.path)
        finally:
            self._container.close()
            self._part.unlink(missing_ok=True)

    def _add_stream(self) -> VideoStream:
        """The best encoder that this build of FFmpeg has."""
        rate = Fraction(self.fps).limit_denominator(1001)
        for name, options in _ENCODERS:
            try:
                stream = self._container.add_stream(name, rate=rate, options=options)
            except (av.FFmpegError, ValueError):
                logger.warning("this build of FFmpeg has no %s", name)
                continue
            assert isinstance(stream, VideoStream)
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = _TICKS
            self.codec = name
            return stream
        self._container.close()
        self._part.unlink(missing_ok=True)
        raise VideoError("this build of FFmpeg can write neither H.264 nor VP9: reinstall the package av")

    def _encode(self, frame: VideoFrame | None) -> None:
        try:
            self._container.mux(self._stream.encode(frame))
        except (av.FFmpegError, OSError) as error:
            raise VideoError(f"cannot write {self.path.name}: {error.strerror}") from error
