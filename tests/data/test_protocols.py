"""Plans: who trains, who sets the threshold, who is tested, and nobody on two sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveness.cli.protocol import KINDS as CLI_KINDS
from liveness.data.protocols import KINDS, Choices, Fold, Named, plan
from liveness.errors import DatasetError
from liveness.types import Label, Sample


def made(name: str, people: int = 6, test: bool = False, sources: int = 3) -> Named:
    """A data set in which every person has a bona fide picture, a print and a replay, in one source."""
    samples = []
    for person in range(people):
        for species in ("", "print", "replay"):
            samples.append(
                Sample(
                    Path(f"/{name}/{person}-{species}.png"),
                    Label.ATTACK if species else Label.BONA_FIDE,
                    pai_species=species,
                    subject=str(person),
                    source=f"camera{person % sources}",
                    split=("test" if person >= people // 2 else "train") if test else "",
                )
            )
    return Named(name, tuple(samples))


def people(samples: Sequence[Sample]) -> set[str]:
    return {s.subject for s in samples}


def check(fold: Fold) -> None:
    """Every part has both classes, and nobody stands on two sides."""
    parts = [fold.part(split) for split in ("train", "dev", "test")]
    assert sum(map(len, parts)) == len(fold.samples)
    for part in parts:
        assert {s.label for s in part} == set(Label)
    train, dev, test = map(people, parts)
    assert not train & dev
    assert not (train | dev) & test


def test_the_command_offers_every_kind() -> None:
    assert sorted(KINDS) == list(CLI_KINDS)


def test_intra_keeps_the_test_part_of_the_data_set() -> None:
    named = made("a", test=True)
    (fold,) = plan("intra", [named]).folds
    check(fold)
    assert fold.part("test") == tuple(s for s in named.samples if s.split == "test")
    (fold,) = plan("intra", [made("a")]).folds
    check(fold)


def test_leave_one_out_tests_each_data_set_by_the_others() -> None:
    folds = plan("leave-one-out", [made(name, test=True) for name in "OCIM"]).folds
    assert [fold.name for fold in folds] == ["C+I+M to O", "O+I+M to C", "O+C+M to I", "O+C+I to M"]
    for fold, target in zip(folds, "OCIM"):
        check(fold)
        assert {s.path.parts[1] for s in fold.part("test")} == {target}
        assert target not in {s.path.parts[1] for s in (*fold.part("train"), *fold.part("dev"))}
        assert len(fold.part("test")) == 18  # the whole data set, its train part too
        assert {s.source for s in fold.part("test")} == {f"{target}/camera{i}" for i in range(3)}


def test_cross() -> None:
    (fold,) = plan("cross", [made("a"), made("b")], Choices(test=(made("c"),))).folds
    check(fold)
    assert fold.name == "a+b to c"
    with pytest.raises(DatasetError, match="--test"):
        plan("cross", [made("a")])


def test_a_file_cannot_teach_and_be_tested() -> None:
    """The same data set under two names: every rate would be one of memory."""
    first = made("a")
    again = Named("b", first.samples)
    with pytest.raises(DatasetError, match=r"a and b share files: /a/0-\.png would teach and be tested"):
        plan("cross", [first], Choices(test=(again,)))
    with pytest.raises(DatasetError, match=r"b\+c and a share files"):
        plan("leave-one-out", [first, again, made("c")])


def test_people_on_both_sides_of_an_official_split_are_counted() -> None:
    """NUAA's lists share people: the fold says so."""
    named = made("n", people=8)
    shared = tuple(replace(s, split="test" if int(s.subject) % 2 else "train") for s in named.samples)
    (fold,) = plan("intra", [Named("n", shared)]).folds
    check(fold)
    assert "people" not in fold.how
    again = tuple(replace(s, subject=str(int(s.subject) // 2)) for s in shared)
    (fold,) = plan("intra", [Named("n", again)]).folds
    assert fold.how.endswith("; 4 people teach and are tested: rates flatter")


def test_leave_attack_out() -> None:
    folds = plan("leave-attack-out", [made("a", people=8)]).folds
    assert [fold.name for fold in folds] == ["without print", "without replay"]
    for fold, species in zip(folds, ("print", "replay")):
        check(fold)
        assert {s.pai_species for s in fold.part("test")} == {"", species}
        assert species not in {s.pai_species for s in (*fold.part("train"), *fold.part("dev"))}
    two = plan("leave-attack-out", [made("a", test=True), made("b", people=8)]).folds
    assert len(two) == 2
    for fold in two:
        check(fold)
    named = made("a", people=8, test=True)
    unclear = Sample(
        Path("/a/x.png"), Label.ATTACK, pai_species="mixed", subject="0", source="camera0", split="train"
    )
    untested = tuple(s for s in named.samples if (s.split, s.pai_species) != ("test", "print"))
    (fold,) = plan("leave-attack-out", [Named("a", (*untested, unclear))]).folds
    check(fold)
    assert fold.name == "without replay", "no print is in test"
    assert "mixed" not in {s.pai_species for s in fold.samples}, "it may be the one that is left out"
    alone = Named("x", tuple(s for s in made("x").samples if s.pai_species != "replay"))
    with pytest.raises(DatasetError, match="two PAI species, got: print"):
        plan("leave-attack-out", [alone])


def test_leave_sources_out_keeps_sources_whole() -> None:
    named = made("a", people=12, sources=6)
    folds = plan("leave-sources-out", [named], Choices(folds=3)).folds
    assert len(folds) == 3
    tested = [{s.source for s in fold.part("test")} for fold in folds]
    assert set.union(*tested) == {f"camera{i}" for i in range(6)}
    assert sum(map(len, tested)) == 6
    for fold in folds:
        check(fold)
        assert not {s.source for s in fold.part("test")} & {s.source for s in fold.part("train")}
    tied = plan("leave-sources-out", [named], Choices(folds=6, together=("camera0", "camera3"))).folds
    assert len(tied) == 5
    assert any({s.source for s in fold.part("test")} == {"camera0", "camera3"} for fold in tied)


@settings(max_examples=20)
@given(st.integers(4, 12), st.integers(2, 5), st.integers(0, 3))
def test_k_fold_tests_everybody_once(count: int, folds: int, seed: int) -> None:
    named = made("a", people=count)
    found = plan("k-fold", [named], Choices(seed=seed, folds=folds)).folds
    tested = [s.path for fold in found for s in fold.part("test")]
    assert sorted(tested) == sorted(s.path for s in named.samples)
    for fold in found:
        check(fold)


def test_what_cannot_be_planned_is_refused() -> None:
    with pytest.raises(DatasetError, match="no protocol 'x'"):
        plan("x", [made("a")])
    with pytest.raises(DatasetError, match="at least two data sets"):
        plan("leave-one-out", [made("a")])
    with pytest.raises(DatasetError, match="called 'a'"):
        plan("leave-one-out", [made("a"), made("a")])
    nobody = Named("n", tuple(Sample(Path(f"/{i}.png"), label) for i, label in enumerate(Label)))
    with pytest.raises(DatasetError, match="names its subject"):
        plan("k-fold", [nobody])
    with pytest.raises(DatasetError, match="names its source"):
        plan("leave-sources-out", [nobody])
