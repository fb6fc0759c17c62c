"""Rates: golden numbers of bob.measure, references written here, and properties that must always hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from liveness.errors import InputError
from liveness.metrics import (
    PadReport,
    Rate,
    auc,
    det_points,
    eer,
    evaluate_scores,
    source_weights,
    threshold_at_apcer,
    tpr_at_fpr,
)

GOLDEN = json.loads(Path(__file__).with_name("golden_metrics.json").read_text(encoding="utf-8"))["cases"]
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


def arrays(bona_fide: list[float], attacks: dict[str, list[float]]) -> Arrays:
    """Scores, bona fide or not, and species, in the order of the arguments."""
    species = [""] * len(bona_fide) + [name for name, values in attacks.items() for _ in values]
    scores = np.array(bona_fide + [s for values in attacks.values() for s in values], dtype=float)
    return scores, np.arange(len(scores)) < len(bona_fide), np.array(species, dtype=np.str_)


def report(bona_fide: list[float], attacks: dict[str, list[float]], threshold: float = 0.5) -> PadReport:
    scores, live, species = arrays(bona_fide, attacks)
    return evaluate_scores(scores, live, species, threshold=threshold)


# Few values, so that ties are common; both classes and one or two species.
SCORES = st.lists(st.integers(0, 12).map(lambda n: n / 12), min_size=1, max_size=25)
CASES = st.tuples(
    SCORES, st.dictionaries(st.sampled_from(["print", "replay", "cut", "mixed"]), SCORES, min_size=1)
)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_agrees_with_bob_measure(case: dict[str, Any]) -> None:
    scores, live, species = arrays(case["bona_fide"], case["attacks"])
    result = evaluate_scores(scores, live, species, threshold=case["threshold"])
    assert {n: r.value for n, r in result.apcer_by_species.items()} == pytest.approx(case["apcer_by_species"])
    assert result.apcer_pooled.value == pytest.approx(case["apcer_pooled"])
    assert result.bpcer.value == pytest.approx(case["bpcer"])
    assert result.apcer.value == pytest.approx(case["apcer"])
    assert (result.acer, result.hter) == pytest.approx((case["acer"], case["hter"]))
    assert result.eer == pytest.approx(case["eer"])
    assert result.auc == pytest.approx(case["auc"], abs=1e-4)  # bob's is a sum over 20,000 thresholds
    for point in result.bpcer_at:
        expected = case["bpcer_at"][str(point.apcer)]
        assert (point.threshold, point.bpcer.value) == pytest.approx(
            (expected["threshold"], expected["bpcer"])
        )
    thresholds, apcer, bpcer = det_points(scores, live)
    for threshold, *rates in case["det"]:
        place = min(int(np.searchsorted(thresholds, threshold)), len(thresholds) - 1)
        assert (apcer[place], bpcer[place]) == pytest.approx(rates)
    for limit, expected in case["at_pooled_apcer"].items():
        ours = threshold_at_apcer(scores, live, apcer=float(limit))
        assert np.mean(scores[~live] >= ours) == pytest.approx(expected["apcer"])
        # bob names the lowest attack score that may pass; ours is lower, down to the next attack.
        assert ours <= expected["threshold"]
        assert np.mean(scores[live] < ours) <= expected["bpcer"] + 1e-12


def test_the_case_worked_by_hand() -> None:
    result = report([0.9, 0.8, 0.4], {"A": [0.1, 0.6], "B": [0.2, 0.3, 0.7]})
    assert result.apcer_by_species == {"A": Rate(1, 2), "B": Rate(1, 3)}
    assert (result.worst_species, result.apcer, result.bpcer) == ("A", Rate(1, 2), Rate(1, 3))
    assert result.apcer_pooled == Rate(2, 5)
    assert result.acer == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert result.hter == pytest.approx((2 / 5 + 1 / 3) / 2)


def test_a_score_on_the_threshold_is_accepted() -> None:
    result = report([0.5], {"print": [0.5]}, threshold=0.5)
    assert (result.bpcer.errors, result.apcer.errors) == (0, 1)


def test_mixed_attacks_are_shown_but_never_the_worst_species() -> None:
    result = report([0.9], {"print": [0.1, 0.6], "mixed": [0.7, 0.8], "": [0.9]})
    assert list(result.apcer_by_species.items()) == [("print", Rate(1, 2)), ("unknown", Rate(3, 3))]
    assert (result.worst_species, result.apcer) == ("print", Rate(1, 2))
    assert result.apcer_pooled == Rate(4, 5)


def test_without_any_species_all_attacks_are_one_group() -> None:
    scores, live, _ = arrays([0.9], {"": [0.1, 0.6]})
    result = evaluate_scores(scores, live, threshold=0.5)
    assert (result.worst_species, result.apcer) == ("unknown", Rate(1, 2))


def test_faces_not_found_are_counted_apart_and_refused_end_to_end() -> None:
    nan = float("nan")
    result = report([0.9, 0.4, nan, nan], {"print": [0.6, 0.1, nan], "replay": [0.7, nan, nan, nan]})
    assert (result.bpcer, result.bpnrr, result.bpcer_end_to_end) == (Rate(1, 2), Rate(2, 4), Rate(3, 4))
    assert result.apnrr_by_species == {"replay": Rate(3, 4), "print": Rate(1, 3)}
    assert result.apnrr == Rate(4, 7)
    assert (result.worst_species, result.apcer) == ("replay", Rate(1, 1))
    assert result.apcer_end_to_end == Rate(1, 3)  # print: 1 of 3 gets through, replay: 1 of 4


def test_one_class_alone_still_gives_its_rate() -> None:
    only_attacks = report([], {"print": [0.9, 0.1]})
    assert (only_attacks.apcer, only_attacks.bpcer) == (Rate(1, 2), Rate(0, 0))
    assert np.isnan(only_attacks.auc)
    assert np.isnan(only_attacks.eer)
    assert only_attacks.bpcer_at == ()
    only_live = report([0.9, 0.1], {})
    assert (only_live.apcer, only_live.bpcer, only_live.worst_species) == (Rate(0, 0), Rate(1, 2), "")


def test_the_operating_points_hold_for_every_species() -> None:
    # 20 of each: at 5 % one of each may pass. The second best replay (.9) sets the threshold.
    result = report(
        [i / 20 for i in range(20)], {"print": [0.8, 0.1] + [0.0] * 18, "replay": [0.95, 0.9] + [0.0] * 18}
    )
    point = {p.apcer: p for p in result.bpcer_at}[0.05]
    assert point.threshold == np.nextafter(0.9, 1)
    assert point.bpcer == Rate(19, 20)


@given(CASES, st.sampled_from([0.0, 0.01, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.9]))
def test_the_threshold_is_the_lowest_that_keeps_the_promise(
    case: tuple[list[float], dict[str, list[float]]], limit: float
) -> None:
    scores, live, species = arrays(*case)
    threshold = threshold_at_apcer(scores, live, species, apcer=limit)
    named = [k for k in case[1] if k != "mixed"] or ["mixed"]

    def kept(t: float) -> bool:
        return all(np.mean(scores[species == name] >= t) <= limit + 1e-9 for name in named)

    assert kept(threshold)
    assert not kept(float(np.nextafter(threshold, -np.inf)))


@given(CASES, st.floats(0, 1), st.floats(0, 1))
def test_raising_the_threshold_trades_apcer_for_bpcer(
    case: tuple[list[float], dict[str, list[float]]], first: float, second: float
) -> None:
    low, high = (report(*case, threshold=t) for t in sorted((first, second)))
    assert high.bpcer.errors >= low.bpcer.errors
    assert high.apcer.value <= low.apcer.value
    for name, rate in high.apcer_by_species.items():
        assert rate.errors <= low.apcer_by_species[name].errors


@given(CASES)
def test_a_monotone_map_of_the_scores_changes_nothing(
    case: tuple[list[float], dict[str, list[float]]],
) -> None:
    scores, live, species = arrays(*case)
    plain = evaluate_scores(scores, live, species, threshold=0.5)
    mapped = evaluate_scores(np.exp(3 * scores) - 7, live, species, threshold=np.exp(1.5) - 7)
    assert mapped.apcer_by_species == plain.apcer_by_species
    assert (mapped.bpcer, mapped.auc, mapped.eer) == (plain.bpcer, plain.auc, plain.eer)
    assert [p.bpcer for p in mapped.bpcer_at] == [p.bpcer for p in plain.bpcer_at]


@given(CASES)
def test_auc_is_that_of_scikit_learn(case: tuple[list[float], dict[str, list[float]]]) -> None:
    scores, live, _ = arrays(*case)
    assert auc(scores, live) == pytest.approx(roc_auc_score(live, scores))


@given(CASES)
def test_det_points_are_the_rates_at_their_thresholds(
    case: tuple[list[float], dict[str, list[float]]],
) -> None:
    scores, live, _ = arrays(*case)
    thresholds, apcer, bpcer = det_points(scores, live)
    for t, a, b in zip(thresholds, apcer, bpcer):
        assert a == pytest.approx(np.mean(scores[~live] >= t))
        assert b == pytest.approx(np.mean(scores[live] < t))
    assert (apcer[0], bpcer[0], apcer[-1], bpcer[-1]) == (1, 0, 0, 1)
    rate, threshold = eer(scores, live)
    at = int(np.flatnonzero(thresholds == threshold)[0])
    assert rate == (apcer[at] + bpcer[at]) / 2
    assert abs(apcer[at] - bpcer[at]) <= np.abs(apcer - bpcer).min() + 1e-12


def test_each_source_weighs_the_same() -> None:
    """A source of one weak attack counts as much as one of ninety-nine strong refusals."""
    scores = np.array([0.9] + [0.1] * 99 + [0.5])
    live = np.array([False] * 100 + [True])
    sources = ["small"] + ["large"] * 99 + ["small"]
    weights = source_weights(sources, live)
    assert weights[~live].sum() == pytest.approx(1)
    assert weights[0] == pytest.approx(0.5)
    assert weights[100] == 1
    assert threshold_at_apcer(scores, live, apcer=0.05) == np.nextafter(0.1, 1)
    assert threshold_at_apcer(scores, live, apcer=0.05, weights=weights) == np.nextafter(0.9, 1)


@given(CASES, st.sampled_from([0.0, 0.01, 0.1, 0.4]))
def test_tpr_at_fpr_is_that_of_scikit_learn(
    case: tuple[list[float], dict[str, list[float]]], limit: float
) -> None:
    scores, live, _ = arrays(*case)
    fpr, tpr, _ = roc_curve(live, scores, drop_intermediate=False)
    ours = tpr_at_fpr(scores, live, limit)
    assert ours.value == pytest.approx(tpr[fpr <= limit + 1e-9].max())
    assert ours.total == live.sum()


@given(CASES)
def test_bpcer_falls_as_more_attacks_may_pass(case: tuple[list[float], dict[str, list[float]]]) -> None:
    at = report(*case).bpcer_at
    assert [p.apcer for p in at] == [0.01, 0.05, 0.1]
    assert at[0].bpcer.value >= at[1].bpcer.value >= at[2].bpcer.value


def test_what_cannot_be_computed_says_so() -> None:
    with pytest.raises(InputError, match="needs attacks"):
        threshold_at_apcer(np.array([0.5]), np.array([True]), apcer=0.05)
    with pytest.raises(InputError, match=r"must lie in 0\.\.1, got 1"):
        threshold_at_apcer(np.array([0.5]), np.array([False]), apcer=1)
    with pytest.raises(InputError, match="both classes are needed, got 1 bona fide and 0 attack"):
        auc(np.array([0.5]), np.array([True]))
    with pytest.raises(InputError, match="equally long"):
        evaluate_scores(np.zeros(3), np.array([True]), threshold=0.5)
    with pytest.raises(InputError, match="not a number"):
        evaluate_scores(np.zeros(1), np.array([True]), threshold=float("nan"))
