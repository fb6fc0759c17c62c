"""A video file through the pipeline: progress while it runs, then verdicts per person and files to keep.

Frames are dropped as soon as they are judged and written; only scores, a few numbers a face, are kept,
so memory stays flat however long the clip is.
"""

from __future__ import annotations

import csv
import os
from array import array
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TextIO

from liveness.draw import draw
from liveness.errors import InputError
from liveness.live.follow import FollowConfig, Follower
from liveness.live.temporal import Tracker, TrackerConfig
from liveness.live.timeline import ClipResult, Person, draw_timeline
from liveness.matching.identity import look
from liveness.pipeline import Pipeline
from liveness.types import FaceResult, Frame, FrameResult, Image
from liveness.video import VideoInfo, VideoWriter, probe, read_video

CSV_COLUMNS = (
    *("frame", "seconds", "track", "left", "top", "right", "bottom", "detection_score"),
    *("score", "smoothed", "threshold", "verdict", "problems", "name", "match_score"),
)

_BRIEF = 3  # frames: what a detector sees for fewer is seldom a face; a clip of few frames keeps all


# Seconds: faces are followed no longer than this between two searches, and looks that lie further apart than
# this are not compared, since a head that turns looks different by then (docs/experiments-live.md).
_NEAR = 0.2
_LONGEST = 6  # frames


@dataclass(frozen=True, slots=True, eq=False)
class ClipProgress:
    """How far an analysis is. The last one carries the result.

    done, total: frames, total estimated; rate: frames per second; left: seconds to go; latest: what was
    found last; image: the annotated frame, uint8 RGB (height, width, 3), when a video is written.
    """

    done: int
    total: int
    rate: float
    left: float
    latest: FrameResult | None = None
    image: Image | None = None
    result: ClipResult | None = None


def followed(pipeline: Pipeline, path: Path | str, every: int = 1) -> Pipeline:
    """The pipeline for one analysis of this clip, with faces followed between searches: for ``analyse``.

    Which frames are searched hangs on the clip alone, so each analysis gives the same result.
    Raises VideoError when the clip cannot be read.
    """
    frames = int(min(_NEAR * probe(path).fps / max(every, 1), _LONGEST))
    detect = Follower(pipeline.detect, FollowConfig(every=frames)) if frames > 1 else pipeline.detect
    return Pipeline(detect, pipeline.classify, pipeline.match, pipeline.limits)


def analyse(
    path: Path | str,
    pipeline: Callable[[Frame], FrameResult],
    every: int = 1,
    start: float = 0.0,
    end: float | None = None,
    save: Path | None = None,
    csv_file: Path | None = None,
) -> Generator[ClipProgress, None, None]:
    """Judge every n-th frame of a clip from ``start`` to ``end`` seconds; yields after each, then the result.

    A face is one person as long as it stays near its place and goes on looking like itself: what is put in
    its place, or comes back after a second, is another person with scores of its own.
    save: folder for NAME_annotated.mp4, NAME_frames.csv and NAME_timeline.png; csv_file: the frames' CSV
    elsewhere. Files appear when all is done; closing the generator cancels and leaves none.
    Raises VideoError and InputError as ``read_video`` does.
    """
    path = Path(path)
    info = probe(path)
    tracker = Tracker(TrackerConfig(memory=max(1.0, 2.5 * every / info.fps if info.fps else 0.0)))
    near = every / info.fps <= _NEAR
    ledger = _Ledger(near)
    clock = _Clock(start, info.seconds if end is None else min(end, info.seconds), every / info.fps)
    with ExitStack() as stack:
        files = _Files(stack, path.stem, save, csv_file, info, every)
        for frame in read_video(path, every, start, end):
            alone = pipeline(frame)
            steady = tracker(alone, [look(frame.image, f.face) for f in alone.faces] if near else ())
            ledger.add(alone, steady)
            image = files.write(frame, alone, steady, start)
            yield clock.tick(frame, steady, image)
        result = files.finish(ledger.result(info, clock))
    yield ClipProgress(clock.done, clock.done, clock.rate, 0.0, result=result)


class _Clock:
    """Frames done, frames per second and time left; the time stamps tell how much of the clip is done."""

    def __init__(self, start: float, end: float, step: float) -> None:
        self.start, self.end, self.step = start, end, step
        self.done, self.last = 0, start
        self._started = perf_counter()

    @property
    def rate(self) -> float:
        return self.done / max(perf_counter() - self._started, 1e-9)

    def tick(self, frame: Frame, latest: FrameResult, image: Image | None) -> ClipProgress:
        self.done += 1
        self.last = frame.seconds
        whole = max(self.end - self.start, self.step)
        share = min(1.0, max(frame.seconds + self.step - self.start, 1e-6) / whole)
        total = max(self.done, round(self.done / share))
        return ClipProgress(self.done, total, self.rate, (total - self.done) / self.rate, latest, image)


@dataclass(slots=True)
class _Line:
    """The numbers kept of one track; nan stands for no decision."""

    seconds: array[float] = field(default_factory=lambda: array("d"))
    scores: array[float] = field(default_factory=lambda: array("d"))
    smoothed: array[float] = field(default_factory=lambda: array("d"))
    threshold: float | None = None
    names: Counter[str] = field(default_factory=Counter)

    def person(self, track: int) -> Person:
        name, named = self.names.most_common(1)[0] if self.names else ("", 0)
        scores, smoothed = (
            tuple(None if v != v else v for v in values) for values in (self.scores, self.smoothed)
        )
        return Person(track, tuple(self.seconds), scores, smoothed, self.threshold, name, named)


class _Ledger:
    """Collects the scores per track and the stretches without a face. compared: whether looks were."""

    def __init__(self, compared: bool) -> None:
        self._compared = compared
        self._lines: dict[int, _Line] = {}
        self._empty: list[tuple[float, float]] = []
        self._gone: float | None = None

    def add(self, alone: FrameResult, steady: FrameResult) -> None:
        if not steady.faces and self._gone is None:
            self._gone = steady.seconds
        elif steady.faces and self._gone is not None:
            self._empty.append((self._gone, steady.seconds))
            self._gone = None
        for raw, face in zip(alone.faces, steady.faces):
            line = self._lines.setdefault(face.track or 0, _Line())
            line.seconds.append(steady.seconds)
            line.scores.append(raw.verdict.score if raw.verdict else float("nan"))
            line.smoothed.append(face.verdict.score if face.verdict else float("nan"))
            if face.verdict:
                line.threshold = face.verdict.threshold
            if face.match and face.match.known:
                line.names[face.match.name] += 1

    def result(self, info: VideoInfo, clock: _Clock) -> ClipResult:
        last = clock.last + clock.step
        empty = [*self._empty, (self._gone, last)] if self._gone is not None else self._empty
        everybody = [line.person(track) for track, line in sorted(self._lines.items())]
        brief = _BRIEF if clock.done >= 5 * _BRIEF else 1
        people = tuple(person for person in everybody if len(person.seconds) >= brief)
        notes = []
        if left_out := len(everybody) - len(people):
            notes.append(
                f"{left_out} seen in fewer than {brief} frames and left out; the frames' CSV has them."
            )
        if clock.end - last > max(1.0, 0.1 * info.seconds):
            notes.append(
                f"The clip breaks off: {clock.end:.1f} s were announced, {last:.1f} s could be read."
            )
        if everybody and not self._compared:
            notes.append(
                f"Frames lie more than {_NEAR:g} s apart: a face put in another's place goes unnoticed."
            )
        if not everybody:
            notes.append("No face was found in the clip.")
        return ClipResult(info, clock.done, people, tuple(empty), tuple(notes))


class _Files:
    """What an analysis writes; each file appears whole, or not at all."""

    def __init__(
        self,
        stack: ExitStack,
        stem: str,
        save: Path | None,
        csv_file: Path | None,
        info: VideoInfo,
        every: int,
    ) -> None:
        self.video = self.figure = None
        self._writer: VideoWriter | None = None
        self._rows: _Rows | None = None
        if save is not None:
            try:
                save.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(f"cannot make the folder {save}: {error.strerror}") from error
            self.video, self.figure = save / f"{stem}_annotated.mp4", save / f"{stem}_timeline.png"
            csv_file = csv_file or save / f"{stem}_frames.csv"
            self._writer = stack.enter_context(VideoWriter(self.video, max(1.0, info.fps / every)))
        self.csv = csv_file
        if csv_file is not None:
            self._rows = _Rows(stack.enter_context(_text(csv_file)))

    def write(self, frame: Frame, alone: FrameResult, steady: FrameResult, start: float) -> Image | None:
        if self._rows:
            self._rows.write(alone, steady)
        if not self._writer:
            return None
        image = draw(frame.image, steady)
        self._writer.write(image, frame.seconds - start)
        return image

    def finish(self, result: ClipResult) -> ClipResult:
        """Draw the figure, and say where everything lies."""
        if self.figure:
            with _whole(self.figure) as part:
                draw_timeline(result).savefig(part, format="png")
        return replace(result, video=self.video, csv=self.csv, figure=self.figure)


class _Rows:
    """frames.csv: a row a face; a frame without a face has one row with the other columns empty."""

    def __init__(self, file: TextIO) -> None:
        self._csv = csv.writer(file)
        self._csv.writerow(CSV_COLUMNS)

    def write(self, alone: FrameResult, steady: FrameResult) -> None:
        where = [steady.index, f"{steady.seconds:.3f}"]
        if not steady.faces:
            self._csv.writerow(where + [""] * (len(CSV_COLUMNS) - 2))
        for raw, face in zip(alone.faces, steady.faces):
            self._csv.writerow(where + self._face(raw, face))

    def _face(self, raw: FaceResult, face: FaceResult) -> list[object]:
        box = [f"{v:.1f}" for v in face.face.box.as_tuple()]
        judged: list[object] = ["", "", "", ""]
        if raw.verdict and face.verdict:
            scores = [f"{v:.5f}" for v in (raw.verdict.score, face.verdict.score, face.verdict.threshold)]
            judged = [*scores, face.verdict.label.value]
        match = face.match if face.match and face.match.known else None
        named = [match.name, f"{match.score:.4f}"] if match else ["", ""]
        problems = "; ".join(face.quality.problems) if face.quality else ""
        return [face.track, *box, f"{face.face.score:.4f}", *judged, problems, *named]


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    with _whole(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        yield file


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file beside ``path`` to write to; it takes that name when the block ends well, else it goes."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
