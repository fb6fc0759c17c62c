from __future__ import annotations

import itertools
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveness.data.splits import duplicates_across, near_duplicates, split_samples
from liveness.errors import DatasetError
from liveness.types import Label, Sample


def sample(i: int, label: Label, subject: str = "", source: str = "", split: str = "") -> Sample:
    species = "" if label is Label.BONA_FIDE else "print"
    return Sample(Path(f"{i}.jpg"), label, pai_species=species, subject=subject, source=source, split=split)


_number = itertools.count(10_000)


def both(count: int, **same: str) -> list[Sample]:
    return [sample(next(_number), label, **same) for label in Label for _ in range(count)]


people = st.lists(
    st.tuples(st.sampled_from(list(Label)), st.integers(0, 12), st.integers(0, 6)), min_size=2, max_size=120
)


@given(people, st.integers(0, 3))
def test_no_person_and_no_source_on_two_sides(rows: list[tuple[Label, int, int]], seed: int) -> None:
    samples = [sample(i, k, f"p{person}", f"s{source}") for i, (k, person, source) in enumerate(rows)]
    try:
        split = split_samples(samples, seed)
    except DatasetError:
        return
    if "likeness" in split.how:
        return
    names = ("subject",) if "too few sources" in split.how else ("subject", "source")
    for name in names:
        sides = defaultdict(set)
        for s in split.samples:
            sides[getattr(s, name)].add(s.split)
        assert all(len(side) == 1 for side in sides.values())
    for part in ("train", "dev"):
        assert {s.label for s in split.part(part)} == set(Label)
    assert [s.path for s in split.samples] == [s.path for s in samples]


def test_sources_are_kept_apart_where_there_are_enough() -> None:
    samples = [s for source in range(10) for s in both(10, source=f"s{source}")]
    split = split_samples(samples)
    assert split.how == "by source and subject"
    assert len(split.part("dev")) == 40
    assert {s.source for s in split.part("dev")} & {s.source for s in split.part("train")} == set()


def test_one_source_falls_back_to_subjects_and_says_so() -> None:
    samples = [s for person in range(5) for s in both(4, subject=f"p{person}", source="room")]
    assert "by subject" in split_samples(samples).how


def test_named_splits_are_kept_and_dev_is_taken_out_of_train() -> None:
    named = [
        *both(3, source="a", split="train"),
        *both(3, source="b", split="dev"),
        *both(3, source="c", split="test"),
    ]
    assert split_samples(named).samples == tuple(named)
    no_dev = [s for i in range(6) for s in both(3, source=f"t{i}", split="train")] + both(
        3, source="c", split="test"
    )
    split = split_samples(no_dev)
    assert {s.source for s in split.part("test")} == {"c"}
    assert "c" not in {s.source for s in split.part("dev")}
    assert split.part("dev")


def test_likeness_ties_pictures_of_unknown_people() -> None:
    samples = both(20)
    hashes = {s.path: (i // 2) * 0x0123456789ABCDEF % 2**64 for i, s in enumerate(samples)}
    split = split_samples(samples, hashes=hashes)
    side = {s.path: s.split for s in split.samples}
    paths = [s.path for s in samples]
    assert all(side[a] == side[b] for a, b in zip(paths[::2], paths[1::2]))
    assert "likeness" in split.how


def test_half_named_splits_are_refused() -> None:
    with pytest.raises(DatasetError, match="name no split"):
        split_samples([*both(3, split="train"), *both(3)])


def test_a_part_without_a_class_is_refused() -> None:
    rows = [*both(3, split="train"), *[sample(900 + i, Label.BONA_FIDE, split="dev") for i in range(3)]]
    with pytest.raises(DatasetError, match="dev part has no Spoof"):
        split_samples(rows)


def test_one_person_only_is_refused_when_nothing_divides_them() -> None:
    samples = [sample(1, Label.BONA_FIDE, "anna"), sample(2, Label.ATTACK, "anna")]
    with pytest.raises(DatasetError, match="too few"):
        split_samples(samples)


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=40), st.data())
def test_near_duplicates_are_found(hashes: list[int], data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(hashes) - 1))
    near = hashes[which]
    for bit in data.draw(st.sets(st.integers(0, 63), max_size=4)):
        near ^= 1 << bit
    groups = near_duplicates([*hashes, near])
    assert groups[-1] == groups[which]


def test_different_hashes_stay_apart() -> None:
    assert near_duplicates([0, 0b11111, 0xFFFF << 40]) == [0, 1, 2]


def test_duplicates_across_splits() -> None:
    one, other, third = (sample(i, Label.ATTACK, split=s) for i, s in enumerate(("train", "dev", "train")))
    found = duplicates_across([one, other, third], {one.path: 7, other.path: 5, third.path: 0xFF00FF00FF})
    assert found == [(one, other)]
