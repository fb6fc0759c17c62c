"""Intervals over whole groups: wider than single presentations suggest, and honest about what is missing."""

from __future__ import annotations

import numpy as np
import pytest

from liveness.intervals import Rate
from liveness.measure.bootstrap import Spread, spread
from liveness.measure.tables import spread_row
from liveness.metrics import auc


def people(count: int, each: int = 20) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, classes and subjects: every second subject is always refused, all pictures alike."""
    subjects = np.repeat([f"p{i}" for i in range(count)], 2 * each)
    live = np.tile(np.repeat([True, False], each), count)
    refused = np.isin(subjects, [f"p{i}" for i in range(0, count, 2)])
    scores = np.where(live, np.where(refused, 0.2, 0.9), 0.1)
    return scores, live, subjects


def drawn(count: int) -> Spread:
    scores, live, subjects = people(count)
    found = spread(scores, live, subjects, "subject", threshold=0.5)
    assert found is not None
    return found


def test_people_are_drawn_not_pictures() -> None:
    found = drawn(6)
    low, high = found.intervals["bpcer"]
    assert (found.column, found.groups) == ("subject", 6)
    assert low < 0.5 < high
    exact = Rate(60, 120).interval
    assert high - low > 2 * (exact[1] - exact[0]), "pictures of a person are not independent trials"
    assert found.intervals["apcer_pooled"] == (0, 0)
    assert found.intervals["auc"] == (1, 1)


def test_more_people_narrow_it() -> None:
    widths = [high - low for low, high in (drawn(n).intervals["bpcer"] for n in (6, 60))]
    assert widths[1] < widths[0] / 2


def test_every_rate_lies_in_its_interval() -> None:
    rng = np.random.default_rng(1)
    live = rng.random(400) < 0.5
    scores = np.clip(rng.normal(np.where(live, 0.7, 0.3), 0.25), 0, 1)
    found = spread(scores, live, rng.integers(0, 40, 400).astype(str), "source", threshold=0.5)
    assert found is not None
    rates = {"apcer_pooled": np.mean(scores[~live] >= 0.5), "bpcer": np.mean(scores[live] < 0.5)}
    rates |= {"auc": auc(scores, live), "hter": (rates["apcer_pooled"] + rates["bpcer"]) / 2}
    for name, value in rates.items():
        low, high = found.intervals[name]
        assert low < value < high, name


def test_faces_not_found_and_rows_without_a_group() -> None:
    scores, live, subjects = people(4)
    scores[:5] = np.nan
    subjects[-10:] = ""
    found = spread(scores, live, subjects, "subject", threshold=0.5)
    assert found is not None
    assert found.groups == 4
    assert not np.isnan(found.intervals["eer"]).any()


@pytest.mark.parametrize("subjects", [[""] * 4, ["a"] * 4, ["a", "", "a", ""]])
def test_nothing_to_draw(subjects: list[str]) -> None:
    live = np.array([True, False, True, False])
    assert spread(np.array([0.9, 0.1, 0.8, 0.2]), live, subjects, "subject", threshold=0.5) is None


def test_classes_that_never_meet_give_no_number() -> None:
    scores, live = np.array([0.9, 0.8]), np.array([True, True])
    found = spread(scores, live, ["a", "b"], "subject", threshold=0.5)
    assert found is not None
    assert np.isnan(found.intervals["eer"]).all()


def test_no_error_in_any_draw_is_no_knowledge() -> None:
    names = ("apcer_pooled", "bpcer", "hter", "eer", "bpcer_at_5", "auc")
    ends = dict.fromkeys(names, (0.01, 0.2)) | {"apcer_pooled": (0.0, 0.0)}
    head, text = spread_row(Spread("source", 10, ends))
    assert head == "With 10 sources drawn anew"
    assert text.startswith("APCER pooled not known: 0.0 % in every draw, BPCER [1.0, 20.0] %, ")
    assert text.endswith("AUC [0.010, 0.200]")
