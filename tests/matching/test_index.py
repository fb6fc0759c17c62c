"""The index against the plain definition of its tests, written out pair by pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveness.matching.index import Index, MatchConfig, inliers
from liveness.matching.template import Template

SIZE = 100
LOOSE = MatchConfig(radius=0.2, distance=140, ratio=0.97)


def made(rng: np.random.Generator, points: int) -> Template:
    """Few distinct bytes, so that distances vary and ties happen."""
    return Template(
        (rng.random((points, 2)) * SIZE).astype(np.float32),
        rng.choice(np.array([0, 1, 3, 255], np.uint8), (points, 32)),
        "m",
    )


def shifted(template: Template, x: float, y: float) -> Template:
    return Template(template.points + np.array([x, y], np.float32), template.descriptors, "m")


def plain_matches(probe: Template, stored: Template, config: MatchConfig) -> set[tuple[int, int]]:
    bits = [np.unpackbits(t.descriptors, axis=1).astype(int) for t in (probe, stored)]
    distance = np.abs(bits[0][:, None] - bits[1][None]).sum(axis=2).astype(float)
    apart = np.linalg.norm(probe.points[:, None].astype(float) - stored.points[None], axis=2)
    distance[apart > config.radius * SIZE] = np.inf
    matches = set()
    for i, row in enumerate(distance):
        order = np.argsort(row, kind="stable")
        j = int(order[0])
        second = row[order[1]] if len(row) > 1 else np.inf
        back = int(np.argmin(distance[:, j]))
        if row[j] <= config.distance and row[j] < config.ratio * second and back == i:
            matches.add((i, j))
    return matches


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 25), min_size=1, max_size=5), st.integers(1, 30))
def test_matches_are_those_of_the_definition(seed: int, sizes: list[int], points: int) -> None:
    rng = np.random.default_rng(seed)
    stored = [made(rng, n) for n in sizes]
    probe = made(rng, points)
    index = Index({str(i): [t] for i, t in enumerate(stored)}, SIZE, LOOSE)
    rows, columns = index._matches(probe)
    expected = set()
    offset = 0
    for template in stored:
        expected |= {(i, j + offset) for i, j in plain_matches(probe, template, LOOSE)}
        offset += len(template.points)
    assert set(zip(rows.tolist(), columns.tolist())) == expected


def test_the_best_template_of_the_best_person_wins() -> None:
    rng = np.random.default_rng(0)
    ada, ada_again, bob = made(rng, 80), made(rng, 80), made(rng, 80)
    probe = shifted(ada_again, 2, -1)
    found = Index({"Ada": [ada, ada_again], "Bob": [bob]}, SIZE, MatchConfig()).best(probe)
    assert found is not None
    assert found.name == "Ada"
    assert found.score == found.inliers / 80
    assert found.score > 0.8
    assert Index({"Bob": [bob]}, SIZE, MatchConfig()).best(probe).score < 0.1  # type: ignore[union-attr]


def test_the_score_is_a_share_of_the_poorer_template() -> None:
    template = made(np.random.default_rng(1), 90)
    half = Template(template.points[:45], template.descriptors[:45], "m")
    index = Index({"Ada": [template]}, SIZE, MatchConfig(distance=256))
    found = index.best(half)
    assert found is not None
    assert found.score == found.inliers / 45


def test_an_empty_index_has_no_best() -> None:
    index = Index({}, SIZE, MatchConfig())
    assert len(index) == 0
    assert index.best(made(np.random.default_rng(0), 50)) is None


def test_the_same_question_has_the_same_answer() -> None:
    rng = np.random.default_rng(2)
    people = {str(i): [made(rng, 60)] for i in range(10)}
    index, probe = Index(people, SIZE, LOOSE), made(rng, 60)
    assert index.best(probe) == index.best(probe) == Index(people, SIZE, LOOSE).best(probe)


@pytest.mark.parametrize(
    ("scale", "degrees", "shift", "counted"),
    [
        (1.0, 0.0, 0.0, True),
        (1.1, 8.0, 5.0, True),
        (1.4, 0.0, 0.0, False),
        (1.0, 25.0, 0.0, False),
        (1.0, 0.0, 30.0, False),
    ],
)
def test_only_transforms_near_identity_count(
    scale: float, degrees: float, shift: float, counted: bool
) -> None:
    rng = np.random.default_rng(3)
    points = (rng.random((40, 2)) * SIZE).astype(np.float32)
    turn = np.radians(degrees)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.array([SIZE / 2, SIZE / 2])
    other = ((points - middle) @ matrix.T + middle + [shift, 0]).astype(np.float32)
    other[:8] = rng.random((8, 2)) * SIZE  # a few wrong pairs
    found = inliers(points, other, SIZE, MatchConfig())
    assert (found >= 32) is counted
    assert found <= 40
    assert counted or found == 0


def test_few_pairs_prove_nothing() -> None:
    points = np.array([[10, 10], [20, 30], [60, 5]], dtype=np.float32)
    assert inliers(points, points, SIZE, MatchConfig()) == 0
    assert (
        inliers(np.repeat(points[:1], 6, axis=0), np.repeat(points[:1], 6, axis=0), SIZE, MatchConfig()) == 0
    )
