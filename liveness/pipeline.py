"""frame -> FrameResult: detect, check quality, classify, match. The only place where these meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter

from liveness.quality import QualityLimits, assess
from liveness.types import Classifier, Detector, Face, FaceResult, Frame, FrameResult, Match, Matcher, Verdict


class Pipeline:
    """Calls its parts in order and times each.

    detect finds the faces; classify scores them; match, if given, names them. Faces whose quality
    is below ``limits`` get no verdict, and ``FaceResult.quality.problems`` says why; with ``limits``
    None every face is judged (evaluation does that, so that a gate cannot hide errors).
    """

    def __init__(
        self,
        detect: Detector,
        classify: Classifier,
        match: Matcher | None = None,
        limits: QualityLimits | None = QualityLimits(),
    ) -> None:
        self.detect = detect
        self.classify = classify
        self.match = match
        self.limits = limits

    def __call__(self, frame: Frame) -> FrameResult:
        """Judge every face of a frame. Timings in milliseconds by stage, and ``total``."""
        timings: dict[str, float] = {}
        started = perf_counter()
        with _timed(timings, "detect"):
            faces = sorted(self.detect(frame.image), key=lambda face: -face.box.area)
        with _timed(timings, "quality"):
            results = [FaceResult(face, quality=assess(frame.image, face, self.limits)) for face in faces]
        with _timed(timings, "classify"):
            results = self._judge(frame, results)
        if self.match is not None:
            with _timed(timings, "match"):
                results = [replace(r, match=self._match(frame, r.face)) for r in results]
        timings["total"] = (perf_counter() - started) * 1000
        return FrameResult(frame.index, frame.seconds, tuple(results), timings)

    def _judge(self, frame: Frame, results: list[FaceResult]) -> list[FaceResult]:
        """Verdicts for the faces that can be judged, in one call of the network."""
        judged = [r for r in results if self.limits is None or (r.quality is not None and r.quality.ok)]
        if not judged:
            return results
        threshold = self.classify.threshold
        scores = self.classify(frame.image, [r.face for r in judged])
        verdicts = {id(r): Verdict(float(s), threshold) for r, s in zip(judged, scores)}
        return [replace(r, verdict=verdicts.get(id(r))) for r in results]

    def _match(self, frame: Frame, face: Face) -> Match | None:
        return self.match(frame.image, face) if self.match is not None else None


def with_threshold(result: FrameResult, threshold: float) -> FrameResult:
    """The same scores held against another threshold; no network runs."""
    return _map_faces(
        result, lambda r: replace(r, verdict=Verdict(r.verdict.score, threshold)) if r.verdict else r
    )


def _map_faces(result: FrameResult, change: Callable[[FaceResult], FaceResult]) -> FrameResult:
    return replace(result, faces=tuple(map(change, result.faces)))


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    started = perf_counter()
    try:
        yield
    finally:
        timings[stage] = (perf_counter() - started) * 1000
