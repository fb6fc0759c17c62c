"""The timeline figure shows what the result holds, on white, with no display."""

from __future__ import annotations

import matplotlib.colors
import pytest

from liveness.live.timeline import ClipResult, Person, draw_timeline
from liveness.types import Verdict
from liveness.video import VideoInfo

INFO = VideoInfo(64, 48, 10.0, 40, 4.0, "h264")


def person(track: int, score: float | None, name: str = "", named: int = 0) -> Person:
    times = tuple(i / 10 for i in range(30))
    return Person(track, times, (score,) * 30, (score,) * 30, None if score is None else 0.5, name, named)


def test_the_figure_has_a_line_a_person_the_threshold_and_the_gaps() -> None:
    people = (person(1, 0.9, "Ada", 20), person(2, 0.2), person(3, None))
    figure = draw_timeline(ClipResult(INFO, 40, people, ((3.0, 3.4), (3.6, 4.0))))
    (axes,) = figure.axes
    labels = axes.get_legend_handles_labels()[1]
    assert labels == ["no face", "threshold 0.5", "person 1 (Ada)", "person 2", "person 3"]
    assert len(axes.patches) == 2
    assert axes.get_xlim() == pytest.approx((0.0, 4.0))
    assert figure.get_facecolor() == matplotlib.colors.to_rgba("white")


def test_many_people_and_nobody_can_be_drawn() -> None:
    crowd = draw_timeline(ClipResult(INFO, 40, tuple(person(i, i / 30) for i in range(1, 31)), ()))
    assert len(crowd.axes[0].get_legend_handles_labels()[1]) == 1 + 8
    assert draw_timeline(ClipResult(INFO, 40, (), ())).axes[0].get_xlim() == (0.0, 1.0)


def test_lines_are_told_apart_by_more_than_colour() -> None:
    axes = draw_timeline(ClipResult(INFO, 40, tuple(person(i, 0.5) for i in range(1, 9)), ())).axes[0]
    looks = [(line.get_color(), line.get_linestyle()) for line in axes.lines if line.get_label()[0] != "_"]
    assert len(looks) == len(set(looks)) == 9


def test_a_persons_verdict_is_the_median_of_the_judged_frames() -> None:
    times = (0.0, 0.1, 0.2, 0.3)
    one = Person(1, times, (0.1, None, 0.9, 0.6), (0.1, None, 0.5, 0.5), 0.5)
    assert one.verdict == Verdict(0.6, 0.5)
    assert (one.judged, one.decided) == (3, 0.75)
    assert person(2, None).verdict is None


@pytest.mark.parametrize(("named", "known"), [(0, False), (15, False), (16, True)])
def test_a_name_counts_when_most_frames_gave_it(named: int, known: bool) -> None:
    assert person(1, 0.9, "Ada", named).known is known
