"""How many frames a second the Live tab's server side can judge, and where the time goes."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np

from liveness.classify import OnnxClassifier
from liveness.detect import build_detector
from liveness.int8twin import fastest
from liveness.live.session import Session, SessionConfig
from liveness.pipeline import Pipeline
from liveness.stopwatch import drawn_frame
from liveness.types import Image
from liveness.weights import WEIGHTS, find

DETECTORS = ("yunet", "mtcnn")
_STAGES = ("detect", "quality", "classify")


@dataclass(frozen=True, slots=True)
class Capacity:
    """what: detector and way; visitors: sessions at once; rate: frames a second of each; frames: of all;
    stages: median milliseconds; searched: share of the frames in which the detector itself ran."""

    what: str
    visitors: int
    rate: float
    frames: int
    stages: dict[str, float]
    searched: float


def capacities(model: Path, seconds: float = 5.0) -> Iterator[Capacity]:
    """Detectors that are on this machine: one visitor, one without following, two visitors at once.

    Raises ModelError when the model is refused.
    """
    classifier = fastest(OnnxClassifier(model)).classifier
    frames = swaying()
    for name in DETECTORS:
        if name in WEIGHTS and not find(name):
            continue
        pipeline = Pipeline(build_detector(name), classifier)
        yield _measured(name, pipeline, frames, seconds, 1, SessionConfig())
        every = f"{name}, every frame searched"
        yield _measured(every, pipeline, frames, seconds, 1, SessionConfig(follow=None))
        yield _measured(name, pipeline, frames, seconds, 2, SessionConfig())


def swaying(count: int = 40) -> list[Image]:
    """A camera's view at 640 x 480 of a face that sways, with a sensor's noise; uint8 RGB."""
    image, face = drawn_frame(640, 480)
    rng, frames = np.random.default_rng(0), []
    x, y = face.box.centre
    for i in range(count):
        turn = 2 * np.pi * i / count
        zoom = 1.3 + 0.03 * np.sin(turn)
        move = np.array([[zoom, 0, 320 - zoom * x + 8 * np.sin(turn)], [0, zoom, 220 - zoom * y]])
        view = cv2.warpAffine(image, move, (640, 480), borderMode=cv2.BORDER_REFLECT).astype(np.int16)
        view += rng.integers(-3, 4, view.shape, dtype=np.int16)
        frames.append(np.clip(view, 0, 255).astype(np.uint8))
    return frames


def _measured(
    what: str, pipeline: Pipeline, frames: list[Image], seconds: float, visitors: int, config: SessionConfig
) -> Capacity:
    """Each visitor pushes frames as fast as they are taken."""
    runs = [_Run(Session(pipeline, config), frames, seconds) for _ in range(visitors)]
    threads = [threading.Thread(target=run) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for run in runs:
        if run.error is not None:
            raise run.error
    times = [timing for run in runs for timing in run.timings]
    stages = {stage: statistics.median(t.get(stage, 0.0) for t in times) for stage in _STAGES}
    rate = statistics.mean(len(run.timings) / run.took for run in runs)
    searched = statistics.mean(float(run.searched) / len(run.timings) for run in runs)
    return Capacity(what, visitors, rate, len(times), stages, searched)


class _Run:
    """One visitor: calls go on until the time is over."""

    def __init__(self, session: Session, frames: list[Image], seconds: float) -> None:
        self.session, self.frames, self.seconds = session, frames, seconds
        self.timings: list[dict[str, float]] = []
        self.searched = 0
        self.took = 0.0
        self.error: Exception | None = None

    def __call__(self) -> None:
        try:
            self._push()
        except Exception as error:  # noqa: BLE001 - handed to the thread that waits, which raises it
            self.error = error

    def _push(self) -> None:
        self.session.push(self.frames[0], 0.0)  # the first frame builds what is built once
        started = perf_counter()
        while (now := perf_counter() - started) < self.seconds:
            state = self.session.push(self.frames[len(self.timings) % len(self.frames)], now + 0.1)
            self.timings.append(dict(state.result.timings))
            self.searched += self.session.searched
        self.took = perf_counter() - started
