"""What a clip comes to: one line of scores per person, stretches without a face, and a figure of both."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from liveness.types import Verdict
from liveness.video import VideoInfo

JOINED = (
    "A person's score for the clip is the median of the scores of single frames, those that could be judged. "
    "A person is one tracked face: who leaves for more than a second and comes back is counted anew, and "
    "so is a face that takes another's place."
)

# Okabe and Ito's palette: told apart with colour-blind eyes; the line styles differ as well.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_STYLES = ("-", "--", "-.", ":")
_IN_LEGEND = 8
_INK, _SHADE = "#1f2937", "#d1d5db"


@dataclass(frozen=True, slots=True)
class Person:
    """One tracked face of a clip, frame by frame.

    seconds: of each frame in which it was seen; scores: of that frame alone; smoothed: with the frames
    before it; both None where no decision was possible. name, named: who it matched in most of its
    frames, and in how many.
    """

    track: int
    seconds: tuple[float, ...]
    scores: tuple[float | None, ...]
    smoothed: tuple[float | None, ...]
    threshold: float | None
    name: str = ""
    named: int = 0

    @property
    def judged(self) -> int:
        """Frames with a score."""
        return sum(score is not None for score in self.scores)

    @property
    def decided(self) -> float:
        """Share of its frames that could be judged, 0..1."""
        return self.judged / len(self.scores)

    @property
    def verdict(self) -> Verdict | None:
        """For the whole clip: the median frame score. None when no frame could be judged."""
        scores = [score for score in self.scores if score is not None]
        if not scores or self.threshold is None:
            return None
        return Verdict(statistics.median(scores), self.threshold)

    @property
    def known(self) -> bool:
        """Matched the same name in most of its frames."""
        return 2 * self.named > len(self.seconds)


@dataclass(frozen=True, slots=True)
class ClipResult:
    """A clip, analysed. empty: stretches without a face, (from, to) in seconds; notes: what was odd.

    frames: how many were analysed; video, csv, figure: the files written, if asked for.
    """

    info: VideoInfo
    frames: int
    people: tuple[Person, ...]
    empty: tuple[tuple[float, float], ...]
    notes: tuple[str, ...] = ()
    video: Path | None = None
    csv: Path | None = None
    figure: Path | None = None


def as_dict(result: ClipResult) -> dict[str, Any]:
    """The result as plain JSON values, without the single frames."""
    return {
        "clip": asdict(result.info),
        "frames": result.frames,
        "people": [_person(person) for person in result.people],
        "joined": JOINED,
        "without_face": [list(stretch) for stretch in result.empty],
        "notes": list(result.notes),
        "files": [str(path) for path in (result.video, result.csv, result.figure) if path],
    }


def _person(person: Person) -> dict[str, Any]:
    v = person.verdict
    return {
        "track": person.track,
        "from": person.seconds[0],
        "to": person.seconds[-1],
        "frames": len(person.seconds),
        "judged": person.judged,
        "verdict": v and {"score": v.score, "threshold": v.threshold, "label": v.label.value},
        "name": person.name if person.known else None,
    }


def draw_timeline(result: ClipResult) -> Figure:
    """Score over time: dots are single frames, lines are smoothed, grey is a stretch without a face.

    On a white ground of its own, so that it reads on a dark page too. No display is needed.
    """
    figure = Figure(figsize=(9, 3.6), dpi=120, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor="white")
    for i, (first, last) in enumerate(result.empty):
        axes.axvspan(first, last, color=_SHADE, alpha=0.6, lw=0, label="no face" if i == 0 else None)
    thresholds = sorted({p.threshold for p in result.people if p.threshold is not None})
    for threshold in thresholds:
        axes.axhline(threshold, color=_INK, lw=1, ls=(0, (6, 3)), label=f"threshold {threshold:.3g}")
    for i, person in enumerate(result.people):
        colour, style = _COLOURS[i % len(_COLOURS)], _STYLES[i // len(_COLOURS) % len(_STYLES)]
        label = f"person {person.track}" + (f" ({person.name})" if person.known else "")
        axes.plot(person.seconds, _gaps(person.scores), ".", color=colour, ms=4, alpha=0.5, rasterized=True)
        axes.plot(
            person.seconds,
            _gaps(person.smoothed),
            style,
            color=colour,
            lw=1.8,
            label=label if i < _IN_LEGEND else None,
        )
    start, end = _range(result)
    axes.set(xlim=(start, end), ylim=(-0.03, 1.03), xlabel="seconds", ylabel="bona fide score")
    axes.tick_params(colors=_INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if axes.get_legend_handles_labels()[0]:
        figure.legend(loc="outside upper center", ncols=5, frameon=False, fontsize=8)
    return figure


def _gaps(scores: Sequence[float | None]) -> list[float]:
    return [math.nan if score is None else score for score in scores]


def _range(result: ClipResult) -> tuple[float, float]:
    times = [t for person in result.people for t in (person.seconds[0], person.seconds[-1])]
    times += [t for stretch in result.empty for t in stretch]
    start, end = min(times, default=0.0), max(times, default=0.0)
    return start, end if end > start else start + 1
