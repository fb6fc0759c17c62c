"""Clips in and out: written by the tests themselves, broken on purpose, read back."""

from __future__ import annotations

import logging
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from liveness import video
from liveness.errors import InputError, VideoError
from liveness.types import Image
from liveness.video import VideoWriter, probe, read_video

RED = (220, 40, 30)


def shade(index: int, height: int = 48, width: int = 64) -> Image:
    """A flat grey picture whose level tells which frame it is."""
    return np.full((height, width, 3), 20 + 11 * index, np.uint8)


def level(image: Image) -> int:
    return round((float(image.mean()) - 20) / 11)


def make_clip(path: Path, frames: int = 20, fps: float = 10, times: Sequence[float] | None = None) -> Path:
    with VideoWriter(path, fps) as writer:
        for i in range(frames):
            writer.write(shade(i), times[i] if times else None)
    return path


def recode(source: Path, target: Path, codec: str, pix_fmt: str = "yuv420p") -> Path:
    """The same frames in another container and codec."""
    with av.open(str(target), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pix_fmt
        for i, frame in enumerate(read_video(source)):
            picture = av.VideoFrame.from_ndarray(frame.image, format="rgb24")
            picture.pts, picture.time_base = i, Fraction(1, 10)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return target


def record(path: Path, frames: int) -> Path:
    """What browsers record: a WebM stream whose header announces no length."""
    with av.open(str(path), "w", format="webm", options={"live": "1"}) as container:
        stream = container.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shade(i), format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4")


def test_what_is_written_is_read_back(clip: Path) -> None:
    info = probe(clip)
    assert (info.width, info.height, info.frames, info.codec) == (64, 48, 20, "h264")
    assert info.fps == pytest.approx(10)
    assert info.seconds == pytest.approx(2.0)
    frames = list(read_video(clip))
    assert [f.index for f in frames] == list(range(20))
    assert [level(f.image) for f in frames] == list(range(20))
    assert [f.seconds for f in frames] == pytest.approx([i / 10 for i in range(20)])
    assert frames[0].image.dtype == np.uint8
    assert frames[0].image.shape == (48, 64, 3)


def test_colours_stay_what_they_are(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "red.mp4", 10) as writer:
        writer.write(np.full((48, 64, 3), RED, np.uint8))
    image = next(read_video(tmp_path / "red.mp4")).image
    assert np.abs(image.reshape(-1, 3).mean(0) - RED).max() < 5


def test_every_start_and_end_pick_frames(clip: Path) -> None:
    assert [f.index for f in read_video(clip, every=7)] == [0, 7, 14]
    assert [f.index for f in read_video(clip, start=0.5, end=1.0)] == [5, 6, 7, 8, 9]
    assert [level(f.image) for f in read_video(clip, every=2, start=0.5, end=1.0)] == [5, 7, 9]


@pytest.mark.parametrize(
    ("options", "words"),
    [({"every": 0}, "every"), ({"start": -1.0}, "range"), ({"start": 2.0, "end": 2.0}, "range")],
)
def test_a_senseless_range_is_refused(clip: Path, options: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        next(read_video(clip, **options))  # type: ignore[arg-type]


def test_a_range_behind_the_end_says_so(clip: Path) -> None:
    with pytest.raises(VideoError, match=r"clip\.mp4 has no video frame .* from 60 s to its end"):
        next(read_video(clip, start=60))


def test_time_comes_from_the_time_stamps(tmp_path: Path) -> None:
    times = [0.0, 0.1, 0.2, 0.9, 1.0, 2.5]
    path = make_clip(tmp_path / "uneven.mp4", len(times), times=times)
    assert [f.seconds for f in read_video(path)] == pytest.approx(times)
    late = list(read_video(path, start=0.85))
    assert [f.seconds for f in late] == pytest.approx(times[3:])
    assert [level(f.image) for f in late] == [3, 4, 5]


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("clip.webm", "libvpx", "yuv420p"),
        ("clip.avi", "mpeg4", "yuv420p"),
        ("clip.mov", "libx264", "yuv420p"),
        ("clip.avi", "mjpeg", "yuvj420p"),
    ],
)
def test_the_usual_containers_are_read(
    tmp_path: Path, clip: Path, name: str, codec: str, pix_fmt: str
) -> None:
    path = recode(clip, tmp_path / name, codec, pix_fmt)
    assert probe(path).frames == 20
    assert [level(f.image) for f in read_video(path)] == list(range(20))
    assert [level(f.image) for f in read_video(path, start=0.95, every=5)] == [10, 15]


def test_a_clip_without_a_length_is_counted(tmp_path: Path, clip: Path) -> None:
    path = record(tmp_path / "recorded.webm", 20)
    with av.open(str(path)) as container:
        assert container.duration is None, "the test wants a file without a length"
    info = probe(path)
    assert info.frames == 20
    assert info.fps == pytest.approx(10, rel=0.06)
    assert info.seconds == pytest.approx(2.0, abs=0.11)
    assert [level(f.image) for f in read_video(path, start=1.0)] == list(range(10, 20))


def test_a_single_frame_without_a_length_is_a_clip(tmp_path: Path) -> None:
    path = record(tmp_path / "recorded.webm", 1)
    assert (probe(path).frames, probe(path).fps) == (1, 1.0)
    assert [level(f.image) for f in read_video(path)] == [0]


def test_a_phones_turn_is_honoured(tmp_path: Path) -> None:
    """The display matrix of an MP4 is rewritten to a quarter turn clockwise, as phones store it."""
    with VideoWriter(tmp_path / "upright.mp4", 10) as writer:
        picture = np.zeros((48, 64, 3), np.uint8)
        picture[:, :8] = 255  # a white bar at the left
        writer.write(picture)
    data = bytearray((tmp_path / "upright.mp4").read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40
    one = 1 << 16
    data[matrix : matrix + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 48 * one, 0, 1 << 30)
    (tmp_path / "turned.mp4").write_bytes(data)
    image = next(read_video(tmp_path / "turned.mp4")).image
    info = probe(tmp_path / "turned.mp4")
    assert image.shape == (64, 48, 3)
    assert (info.width, info.height) == (48, 64)
    assert image[:4].mean() > 200, "the bar at the left comes to lie at the top"
    assert image[16:].mean() < 30


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm"])
def test_a_clip_that_breaks_off_gives_what_it_has(
    tmp_path: Path, clip: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    noise = np.random.default_rng(0).integers(-15, 15, (20, 48, 64, 3))
    with VideoWriter(tmp_path / "noisy.mp4", 10) as writer:
        for i in range(20):
            writer.write((shade(i) + noise[i]).astype(np.uint8))
    whole = tmp_path / "noisy.mp4" if name.endswith("mp4") else recode(clip, tmp_path / "flat.webm", "libvpx")
    data = whole.read_bytes()
    short = tmp_path / f"short_{name}"
    short.write_bytes(data[: int(len(data) * 0.8)])
    with caplog.at_level(logging.WARNING):
        levels = [level(f.image) for f in read_video(short)]
    assert 0 < len(levels) < 20
    assert levels == list(range(len(levels)))


def test_what_is_no_video_is_refused_in_one_sentence(tmp_path: Path, clip: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("this is no video\n" * 50)
    empty = tmp_path / "empty.mp4"
    empty.touch()
    headless = tmp_path / "headless.mp4"
    headless.write_bytes(clip.read_bytes()[:300])
    for path, words in [
        (text, "not a video"),
        (empty, "empty"),
        (headless, "headless.mp4"),
        (tmp_path / "absent.mp4", "no such video"),
        (tmp_path, "no such video"),
    ]:
        for read in (probe, lambda p: next(read_video(p))):
            with pytest.raises(VideoError, match=words) as caught:
                read(path)
            assert "\n" not in str(caught.value)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44_100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4410), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(VideoError, match="only sound"):
        probe(path)


def test_a_playlist_is_not_followed(tmp_path: Path, clip: Path) -> None:
    """A playlist could make the reader open any file or address."""
    playlist = tmp_path / "list.mp4"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{clip}\n#EXT-X-ENDLIST\n")
    with pytest.raises(VideoError, match="not a video"):
        probe(playlist)


def test_too_many_pixels_are_refused(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "MAX_PIXELS", 64 * 48 - 1)
    with pytest.raises(VideoError, match="64 x 48"):
        next(read_video(clip))


@pytest.mark.parametrize(
    ("height", "width", "size"), [(47, 63, (64, 48)), (1, 1, (2, 2)), (30, 400, (100, 8))]
)
def test_odd_and_large_sizes_are_written(
    tmp_path: Path, height: int, width: int, size: tuple[int, int]
) -> None:
    with VideoWriter(tmp_path / "odd.mp4", 10, longest=100) as writer:
        writer.write(shade(3, height, width))
    info = probe(tmp_path / "odd.mp4")
    assert (info.width, info.height) == size
    assert level(next(read_video(tmp_path / "odd.mp4")).image) == 3


def test_frames_of_another_size_are_fitted(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "mixed.mp4", 10) as writer:
        writer.write(shade(1))
        writer.write(shade(2, 96, 128))
    assert [f.image.shape for f in read_video(tmp_path / "mixed.mp4")] == [(48, 64, 3)] * 2


def test_the_index_stands_before_the_frames(clip: Path) -> None:
    """So that a browser can start to play before it has the whole file."""
    data = clip.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_an_error_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"what was there before")

    def fail() -> None:
        with VideoWriter(path, 10) as writer:
            writer.write(shade(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_bytes() == b"what was there before"
    assert list(tmp_path.iterdir()) == [path]


def test_no_frame_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="no frame"), VideoWriter(tmp_path / "out.mp4", 10):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="cannot write"), VideoWriter(tmp_path / "absent" / "out.mp4", 10):
        pass


def test_vp9_stands_in_where_h264_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "_ENCODERS", (("no-such-encoder", {}), video._ENCODERS[1]))
    with VideoWriter(tmp_path / "out.mp4", 10) as writer:
        for i in range(3):
            writer.write(shade(i))
    assert writer.codec == "libvpx-vp9"
    assert [level(f.image) for f in read_video(tmp_path / "out.mp4")] == [0, 1, 2]


def test_no_encoder_at_all_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "_ENCODERS", ())
    with pytest.raises(VideoError, match=r"neither H\.264 nor VP9"), VideoWriter(tmp_path / "out.mp4", 10):
        pass
    assert list(tmp_path.iterdir()) == []
