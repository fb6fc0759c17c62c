from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from liveness.config import AugmentConfig, CropConfig, InputConfig, TrainConfig
from liveness.crop import normalise
from liveness.data.prepare import Example, prepare
from liveness.data.samples import load_dataset
from liveness.errors import InputError
from liveness.training.loader import Loader, Regions, epoch_order, in_batches, plain_crops, sampling_shares
from liveness.training.parts import result_of
from liveness.types import Box, Label, Sample
from tests.drawn import write_drawn

INPUT = InputConfig(CropConfig(size=32))


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Example, ...]:
    folder = tmp_path_factory.mktemp("drawn")
    samples = load_dataset(write_drawn(folder, count=5, sources=2)).samples
    return result_of(prepare(samples, lambda: pytest.fail("not needed"), cache=folder / "cache")).examples


def made_up(*cells: tuple[Label, str, str, int]) -> list[Example]:
    rows = [(k, source, kind) for k, source, kind, n in cells for _ in range(n)]
    return [
        Example(Sample(Path(f"{i}"), k, source=source, kind=kind), Path(), Box(0, 0, 1, 1))
        for i, (k, source, kind) in enumerate(rows)
    ]


def share(examples: list[Example], shares: np.ndarray, **wanted: object) -> float:
    return float(
        sum(s for e, s in zip(examples, shares) if all(getattr(e.sample, k) == v for k, v in wanted.items()))
    )


def test_balance() -> None:
    cells = made_up(
        (Label.BONA_FIDE, "a", "frame", 90),
        (Label.BONA_FIDE, "b", "crop", 10),
        (Label.ATTACK, "a", "frame", 25),
    )
    none = sampling_shares(cells, TrainConfig(balance="none"))
    assert share(cells, none, label=Label.ATTACK) == pytest.approx(0.2)
    label = sampling_shares(cells, TrainConfig(balance="label"))
    assert share(cells, label, label=Label.ATTACK) == pytest.approx(0.5)
    assert share(cells, label, source="b") == pytest.approx(0.05)
    source = sampling_shares(cells, TrainConfig(balance="source", source_power=0.0))
    assert share(cells, source, source="b") == pytest.approx(0.25)
    rooted = sampling_shares(cells, TrainConfig(balance="source", source_power=0.5))
    assert share(cells, rooted, source="b") == pytest.approx(0.5 * 10**0.5 / (10**0.5 + 90**0.5))


def test_kinds() -> None:
    cells = made_up(
        (Label.BONA_FIDE, "a", "frame", 10), (Label.BONA_FIDE, "b", "crop", 90),
        (Label.ATTACK, "a", "frame", 50), (Label.ATTACK, "b", "crop", 50),
    )  # fmt: skip
    shares = sampling_shares(cells, TrainConfig(kinds={"frame": 0.6, "crop": 0.4}))
    assert share(cells, shares, kind="frame", label=Label.BONA_FIDE) == pytest.approx(0.3)
    assert share(cells, shares, kind="crop") == pytest.approx(0.4)
    unnamed = sampling_shares(cells, TrainConfig(kinds={"frame": 0.6}))  # crops: 90 % of the live, 50 % else
    assert share(cells, unnamed, kind="frame", label=Label.BONA_FIDE) == pytest.approx(0.5 * 0.6 / 1.5)
    assert share(cells, unnamed, kind="frame", label=Label.ATTACK) == pytest.approx(0.5 * 0.6 / 1.1)
    with pytest.raises(InputError, match="kinds give no share"):
        sampling_shares(cells, TrainConfig(kinds={"frame": 0.0, "crop": 0.0}))


def test_an_epoch_shows_each_example_as_often_as_its_share_says() -> None:
    shares = np.array([0.5, 0.25, 0.125, 0.125])
    counts = Counter(epoch_order(shares, 80, [0, 1]).tolist())
    assert counts == {0: 40, 1: 20, 2: 10, 3: 10}
    assert np.array_equal(epoch_order(shares, 80, [0, 1]), epoch_order(shares, 80, [0, 1]))
    assert not np.array_equal(epoch_order(shares, 80, [0, 1]), epoch_order(shares, 80, [0, 2]))


def test_without_balance_an_epoch_is_a_permutation() -> None:
    assert sorted(epoch_order(np.full(7, 1 / 7), 7, [3]).tolist()) == list(range(7))


def test_starting_in_the_middle_gives_the_same_batches(examples: tuple[Example, ...]) -> None:
    loader = Loader(examples, TrainConfig(input=INPUT, batch=4))
    whole = list(loader.epoch(2))
    assert len(whole) == loader.batches == 5
    for late, batch in zip(loader.epoch(2, first=3), whole[3:]):
        assert np.array_equal(late.crops, batch.crops)
        assert np.array_equal(late.labels, batch.labels)
        assert np.array_equal(late.inputs, normalise(batch.crops, INPUT))


def test_mixed_crops_come_last_and_have_no_label(examples: tuple[Example, ...], tmp_path: Path) -> None:
    PIL.Image.new("RGB", (60, 40), (10, 200, 10)).save(tmp_path / "meadow.png")
    still = AugmentConfig(strength=0.0)
    config = TrainConfig(input=INPUT, augment=still, batch=8, mixed=0.5, everyday=str(tmp_path))
    window = CropConfig(1.5, 24)
    mixed = list(Loader(examples, config, [window]).epoch(1))
    plain = list(Loader(examples, replace(config, mixed=0.0), [window]).epoch(1))
    for with_mixed, without in zip(mixed, plain, strict=True):
        assert with_mixed.crops.shape == (8, 32, 32, 3)
        assert np.array_equal(with_mixed.crops[:4], without.crops[:4])
        assert not np.array_equal(with_mixed.crops[4:], without.crops[4:])
        assert np.array_equal(with_mixed.labels, without.labels[:4])
        assert np.array_equal(with_mixed.views[0], without.views[0][:4])
        assert np.array_equal(with_mixed.inputs, normalise(with_mixed.crops, INPUT))
    (late,) = Loader(examples, config, [window]).epoch(1, first=1)
    assert np.array_equal(late.crops, mixed[1].crops)


def test_a_small_set_is_one_batch(examples: tuple[Example, ...]) -> None:
    (batch,) = Loader(examples[:6], TrainConfig(input=INPUT, batch=64, balance="none")).epoch(1)
    assert batch.crops.shape == (6, 32, 32, 3)
    assert batch.inputs.dtype == batch.labels.dtype == np.float32


def test_regions_are_kept_only_up_to_the_limit(examples: tuple[Example, ...]) -> None:
    size = examples[0].image().nbytes
    regions = Regions(examples, limit=size)
    assert regions[0] is regions[0]
    assert regions[1] is not regions[1]
    assert np.array_equal(regions[1], examples[1].image())


def test_plain_crops_in_batches(examples: tuple[Example, ...]) -> None:
    batches = list(in_batches(plain_crops(Regions(examples), INPUT), 8))
    assert [len(b) for b in batches] == [8, 8, 4]
