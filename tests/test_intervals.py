"""Intervals against scipy's own and against what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from liveness.errors import InputError
from liveness.intervals import Rate, bootstrap, clopper_pearson


def test_no_error_in_three_hundred() -> None:
    low, high = clopper_pearson(0, 300)
    assert low == 0
    assert round(high * 100, 2) == 1.22


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_agrees_with_scipy(counts: tuple[int, int]) -> None:
    errors, total = counts
    expected = binomtest(errors, total).proportion_ci(0.95, method="exact")
    assert clopper_pearson(errors, total) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_a_wider_confidence_is_a_wider_interval() -> None:
    low95, high95 = clopper_pearson(5, 50)
    low99, high99 = clopper_pearson(5, 50, 0.99)
    assert low99 < low95 < 0.1 < high95 < high99


def test_nothing_counted_is_nothing_known() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    assert np.isnan(Rate(0, 0).value)
    assert str(Rate(0, 0)) == "none"


@pytest.mark.parametrize(("errors", "total"), [(-1, 3), (4, 3)])
def test_impossible_counts(errors: int, total: int) -> None:
    with pytest.raises(InputError, match="errors must lie in"):
        clopper_pearson(errors, total)


def test_a_rate_prints_its_interval_and_counts() -> None:
    assert str(Rate(4, 125)) == "3.2 % [0.9, 8.0] 4/125"


def test_groups_are_drawn_whole() -> None:
    """Ten equal rows in each of two groups: the mean over draws can only be 0, 0.5 or 1."""
    groups = ["a"] * 10 + ["b"] * 10
    values = np.array([0.0] * 10 + [1.0] * 10)
    seen = set()

    def mean(rows: np.ndarray) -> float:
        seen.add(float(values[rows].mean()))
        return float(values[rows].mean())

    assert bootstrap(mean, groups, repeats=200) == (0.0, 1.0)
    assert seen == {0.0, 0.5, 1.0}


def test_the_interval_shrinks_with_more_groups_and_repeats_with_the_seed() -> None:
    rng = np.random.default_rng(0)

    def width(count: int) -> float:
        groups = np.repeat([f"s{i:03d}" for i in range(count)], 5)
        values = np.repeat(rng.normal(size=count), 5)
        low, high = bootstrap(lambda rows: float(values[rows].mean()), groups, repeats=300)
        assert (low, high) == bootstrap(lambda rows: float(values[rows].mean()), groups, repeats=300)
        return high - low

    assert width(200) < width(10) / 2


def test_draws_without_a_number_are_left_out() -> None:
    groups = ["a", "b", "c"]
    low, high = bootstrap(lambda rows: 0.25 if 0 in rows else float("nan"), groups)
    assert (low, high) == (0.25, 0.25)
    with pytest.raises(InputError, match="any draw"):
        bootstrap(lambda rows: float("nan"), groups)
    with pytest.raises(InputError, match="at least two groups, got 1"):
        bootstrap(lambda rows: 0.0, ["a", "a"])
