"""The measured figures of the matcher: the same in the code, in docs/matching.md and when measured again."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from liveness.intervals import Rate
from liveness.matching.match import ACCEPTED, NAMED, ORB, REFUSED, THRESHOLD, measured

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "matching.md").read_text(encoding="utf-8")


def written(rate: Rate) -> str:
    low, high = rate.interval
    return f"{rate.errors} of {rate.total} ({rate.value:.1%}, {low:.1%} to {high:.1%})"


@pytest.mark.parametrize("rate", [REFUSED, ACCEPTED, NAMED])
def test_the_page_has_the_figures_of_the_code(rate: Rate) -> None:
    assert written(rate) in PAGE
    assert f"{rate.total}" in measured()


def test_the_page_has_the_settings_of_the_code() -> None:
    assert f"threshold is {THRESHOLD:g}" in PAGE
    assert f"{ORB.size} x {ORB.size}" in PAGE
    assert f"at most {ORB.points} points" in PAGE


def test_the_shipped_threshold_keeps_its_promise() -> None:
    assert ACCEPTED.interval[1] <= 0.05
    assert "demonstration" in measured()
    assert "demonstration" in PAGE


@pytest.mark.slow
def test_the_figures_can_be_measured_again(shared: Path) -> None:
    found = runpy.run_path(str(ROOT / "tools" / "measure_matcher.py"))["measure"](shared)
    for name, published in (
        ("test genuine refused", REFUSED),
        ("test impostor accepted", ACCEPTED),
        ("gallery strangers named", NAMED),
    ):
        assert found[name].total == published.total
        # Other versions of OpenCV may decide a few pairs the other way.
        assert found[name].value == pytest.approx(published.value, abs=0.02)
