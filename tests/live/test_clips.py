"""Whole clips: what is reported, what is written, and what is left behind when it stops."""

from __future__ import annotations

import csv
import weakref
from collections import deque
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from liveness.errors import InputError, VideoError
from liveness.live.clips import CSV_COLUMNS, ClipProgress, analyse
from liveness.live.timeline import ClipResult
from liveness.types import Box, Face, FaceResult, Frame, FrameResult, Label, Match, Quality, Verdict
from liveness.video import VideoWriter, probe, read_video

Judge = Callable[[Frame], FrameResult]


def write_clip(path: Path, frames: int, fps: float = 10) -> Path:
    with VideoWriter(path, fps) as writer:
        for i in range(frames):
            writer.write(np.full((48, 64, 3), i % 200, np.uint8))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", 40)


def seen(x: float, score: float | None, name: str = "") -> FaceResult:
    face = Face(Box(x, 10, x + 20, 30), 0.9)
    verdict = None if score is None else Verdict(score, 0.5)
    quality = Quality(20, 9, 90, 1, () if verdict else ("blurred: hold still",))
    return FaceResult(face, verdict, quality, Match(name, 0.8, 0.5) if name else None)


def story(frame: Frame) -> FrameResult:
    """A live face at the left all along, unjudged in every fourth frame; a spoof at the right from 1 s
    to 2 s; nobody from 3.0 to 3.4 s."""
    faces = []
    if not 30 <= frame.index < 34:
        faces.append(seen(5, None if frame.index % 4 == 0 else 0.8, "Ada" if frame.index % 3 else ""))
    if 10 <= frame.index < 20:
        faces.append(seen(40, 0.1))
    return FrameResult(frame.index, frame.seconds, tuple(faces))


def run(path: Path, judge: Judge = story, **options: object) -> tuple[list[ClipProgress], ClipResult]:
    progress = list(analyse(path, judge, **options))  # type: ignore[arg-type]
    result = progress[-1].result
    assert result is not None
    return progress[:-1], result


def test_each_person_has_a_verdict_for_the_clip(clip: Path) -> None:
    _, result = run(clip)
    live, spoof = result.people
    assert live.verdict == Verdict(0.8, 0.5)
    assert live.verdict.label is Label.BONA_FIDE
    assert (len(live.seconds), live.judged) == (36, 27)
    assert live.decided == pytest.approx(0.75)
    assert (live.name, live.named, live.known) == ("Ada", 24, True)
    assert spoof.verdict == Verdict(0.1, 0.5)
    assert spoof.seconds == pytest.approx([i / 10 for i in range(10, 20)])
    assert not spoof.known
    assert result.empty == (pytest.approx((3.0, 3.4)),)
    assert result.frames == 40
    assert result.notes == ()


def test_the_median_ignores_a_few_odd_frames(clip: Path) -> None:
    def judge(frame: Frame) -> FrameResult:
        score = 0.0 if frame.index % 5 == 0 else 0.7
        return FrameResult(frame.index, frame.seconds, (seen(5, score),))

    (person,) = run(clip, judge)[1].people
    assert person.verdict == Verdict(0.7, 0.5)


def test_a_person_never_judged_has_no_verdict(clip: Path) -> None:
    (person,) = run(clip, lambda f: FrameResult(f.index, f.seconds, (seen(5, None),)))[1].people
    assert person.verdict is None
    assert person.decided == 0


def test_a_clip_without_a_face_says_so(clip: Path, tmp_path: Path) -> None:
    _, result = run(clip, lambda f: FrameResult(f.index, f.seconds, ()), save=tmp_path)
    assert result.people == ()
    assert result.empty == (pytest.approx((0.0, 4.0)),)
    assert result.notes == ("No face was found in the clip.",)
    assert result.figure is not None
    assert result.figure.read_bytes().startswith(b"\x89PNG")


def test_progress_counts_up_to_the_end(clip: Path) -> None:
    progress, _ = run(clip)
    assert [p.done for p in progress] == list(range(1, 41))
    assert all(p.total == 40 for p in progress)
    assert all(p.rate > 0 and p.left >= 0 for p in progress)
    assert progress[-1].left == 0


def test_every_and_range(clip: Path) -> None:
    progress, result = run(clip, every=5, start=1.0, end=3.0)
    assert [p.latest.index for p in progress if p.latest] == [10, 15, 20, 25]
    assert [p.total for p in progress] == [4] * 4
    assert result.frames == 4


def test_what_flickers_up_for_a_frame_or_two_is_no_person(clip: Path) -> None:
    def judge(frame: Frame) -> FrameResult:
        ghost = [seen(40, 0.9)] if frame.index in (7, 8) else []
        return FrameResult(frame.index, frame.seconds, (seen(5, 0.8), *ghost))

    _, result = run(clip, judge)
    assert [p.track for p in result.people] == [1]
    assert result.notes[0].startswith("1 seen in fewer than 3 frames")
    _, short = run(clip, judge, start=0.5, end=1.0)
    assert [p.track for p in short.people] == [1, 2], "a clip of few frames keeps all"


def test_sparse_frames_still_make_one_person(clip: Path) -> None:
    """One look every two seconds is less often than the tracker waits by itself."""
    _, result = run(clip, lambda f: FrameResult(f.index, f.seconds, (seen(5, 0.8),)), every=20)
    assert [p.seconds for p in result.people] == [pytest.approx((0.0, 2.0))]


def test_files_are_written_and_agree_with_the_result(clip: Path, tmp_path: Path) -> None:
    _, result = run(clip, save=tmp_path / "new" / "folder")
    assert result.video is not None
    assert result.csv is not None
    assert result.figure is not None
    assert sorted(p.name for p in (tmp_path / "new" / "folder").iterdir()) == [
        "clip_annotated.mp4",
        "clip_frames.csv",
        "clip_timeline.png",
    ]
    assert probe(result.video).codec == "h264"
    before, after = list(read_video(clip)), list(read_video(result.video))
    assert [f.seconds for f in after] == pytest.approx([f.seconds for f in before])
    assert np.abs(after[5].image.astype(int) - before[5].image).max() > 50, "nothing is drawn"
    with result.csv.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert len(rows) == 36 + 10 + 4
    assert [r["frame"] for r in rows if not r["track"]] == ["30", "31", "32", "33"]
    live = [r for r in rows if r["track"] == "1"]
    assert [float(r["score"]) if r["score"] else None for r in live] == list(result.people[0].scores)
    assert live[0]["problems"] == "blurred: hold still"
    assert live[1]["verdict"] == "bona_fide"
    assert {r["verdict"] for r in rows if r["track"] == "2"} == {"attack"}
    assert live[1]["name"] == "Ada"


def test_the_csv_alone(clip: Path, tmp_path: Path) -> None:
    _, result = run(clip, csv_file=tmp_path / "scores.csv")
    assert (result.video, result.figure) == (None, None)
    assert [p.name for p in tmp_path.iterdir()] == ["scores.csv"]


def test_the_annotated_clip_of_a_range_starts_at_nought(clip: Path, tmp_path: Path) -> None:
    _, result = run(clip, start=2.0, every=2, save=tmp_path)
    assert result.video is not None
    assert [f.seconds for f in read_video(result.video)] == pytest.approx([i / 5 for i in range(10)])


@pytest.mark.parametrize("stop", ["close", "error"])
def test_stopping_leaves_nothing_behind(clip: Path, tmp_path: Path, stop: str) -> None:
    def judge(frame: Frame) -> FrameResult:
        if stop == "error" and frame.index == 5:
            raise InputError("the model is gone")
        return story(frame)

    running = analyse(clip, judge, save=tmp_path)
    for _ in range(5):
        next(running)
    assert any(tmp_path.iterdir()), "it writes as it goes"
    if stop == "close":
        running.close()
    else:
        with pytest.raises(InputError, match="the model is gone"):
            next(running)
    assert list(tmp_path.iterdir()) == []


def test_frames_are_not_kept(tmp_path: Path) -> None:
    """However long the clip is, no more than a handful of frames is alive at once."""
    recent: deque[weakref.ref[np.ndarray]] = deque(maxlen=100)
    most = 0

    def judge(frame: Frame) -> FrameResult:
        nonlocal most
        recent.append(weakref.ref(frame.image))
        most = max(most, sum(image() is not None for image in recent))
        return FrameResult(frame.index, frame.seconds, (seen(5, 0.8),))

    path = write_clip(tmp_path / "long.mp4", 600, fps=30)
    for progress in analyse(path, judge, save=tmp_path / "out"):
        last = progress
    assert last.result is not None
    assert len(last.result.people[0].scores) == 600
    assert 1 <= most <= 3


def test_a_clip_that_breaks_off_is_said_to(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (60, 48, 64, 3), dtype=np.uint8)
    with VideoWriter(tmp_path / "whole.mp4", 10) as writer:
        for image in noise:
            writer.write(image)
    data = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "short.mp4").write_bytes(data[: len(data) // 2])
    _, result = run(tmp_path / "short.mp4")
    assert 0 < result.frames < 60
    assert "breaks off: 6.0 s were announced" in " ".join(result.notes)


def test_bad_clips_raise_before_anything_is_written(tmp_path: Path, clip: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    with pytest.raises(VideoError, match="not a video"):
        next(analyse(text, story, save=tmp_path / "out"))
    assert not (tmp_path / "out").exists()
    with pytest.raises(VideoError, match="from 60 s"):
        next(analyse(clip, story, start=60, save=tmp_path / "out"))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, clip: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot make the folder"):
        next(analyse(clip, story, save=tmp_path / "file" / "out"))
    with pytest.raises(InputError, match="cannot write"):
        next(analyse(clip, story, csv_file=tmp_path / "absent" / "out.csv"))
