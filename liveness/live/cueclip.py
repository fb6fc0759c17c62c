"""The cues of a clip, window by window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from liveness.cues import CUES, View, see
from liveness.errors import InputError
from liveness.types import Classifier, Detector
from liveness.video import probe, read_video

_RATE = 10.0  # views a second: enough for a blink, and cheap


@dataclass(frozen=True, slots=True)
class CueWindow:
    """The cues of a stretch, each None where there was nothing to measure. views: frames with a face.

    score: the median bona fide score of its frames, None where no classifier was asked.
    """

    start: float
    end: float
    views: int
    values: Mapping[str, float | None]
    score: float | None = None


def clip_cues(
    path: Path | str,
    detect: Detector,
    seconds: float = 2.0,
    names: Sequence[str] = tuple(CUES),
    classify: Classifier | None = None,
) -> Iterator[CueWindow]:
    """The largest face of a clip, in windows of so many seconds; a last one of less than half is left out.
    classify: scores each view's face too.

    Raises VideoError as ``read_video`` does, InputError for a cue that is not known or no length.
    """
    if seconds <= 0:
        raise InputError(f"a window must be longer than 0 seconds, got {seconds:g}")
    if unknown := set(names) - set(CUES):
        raise InputError(f"no cue is called {sorted(unknown)[0]!r}, known are: {', '.join(CUES)}")
    every = max(1, round(probe(path).fps / _RATE))
    views: list[View] = []
    scores: list[float] = []
    start = now = 0.0
    for frame in read_video(path, every):
        now = frame.seconds
        if now >= start + seconds:
            yield _window(start, start + seconds, views, scores, names)
            start, views, scores = start + seconds * int((now - start) / seconds), [], []
        if faces := detect(frame.image):
            largest = max(faces, key=lambda face: face.box.area)
            views.append(see(frame.image, largest, frame.seconds))
            scores += classify(frame.image, [largest]) if classify else []
    if now - start >= seconds / 2:
        yield _window(start, now, views, scores, names)


def _window(
    start: float, end: float, views: list[View], scores: list[float], names: Sequence[str]
) -> CueWindow:
    values = {name: CUES[name](views) for name in names}
    return CueWindow(start, end, len(views), values, median(scores) if scores else None)
