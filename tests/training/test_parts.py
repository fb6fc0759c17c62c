from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from liveness.config import CropConfig, InputConfig, TrainConfig
from liveness.data.samples import load_dataset
from liveness.errors import DatasetError
from liveness.training.parts import data_fingerprint, divide, find_faces, result_of, review, some_crops
from liveness.types import Label, Sample
from tests.drawn import write_drawn

CONFIG = TrainConfig(input=InputConfig(CropConfig(size=32)))


@pytest.fixture
def samples(tmp_path: Path) -> tuple[Sample, ...]:
    return load_dataset(write_drawn(tmp_path, count=4, sources=4)).samples


def test_review_says_what_a_run_would_use(samples: tuple[Sample, ...], tmp_path: Path) -> None:
    broken = Sample(tmp_path / "broken.jpg", Label.ATTACK, source="s0", box=samples[0].box)
    broken.path.write_bytes(b"no picture")
    found = result_of(review([*samples, broken], CONFIG, tmp_path / "cache"))
    assert found.how == "split by source and subject"
    assert sum(found.counts.values()) == 32
    assert {row[:3] for row in found.table()} == {
        (split, *rest)
        for split in ("train", "dev")
        for rest in (("Live", ""), ("Spoof", "print"), ("Spoof", "replay"))
    }
    assert [p.where for p in found.prepared.problems] == [str(broken.path)]
    assert found.sheet.dtype == np.uint8
    assert found.sheet.shape == (4 * 36, 2 * 5 * 36 + 12, 3)


def test_duplicates_across_splits_are_reported_the_test_split_included(
    samples: tuple[Sample, ...], tmp_path: Path
) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes(samples[0].path.read_bytes())
    test = replace(samples[0], path=copy, split="test", source="elsewhere", subject="")
    named = [replace(s, split="dev" if s.source == "s3" else "train") for s in samples]
    found = result_of(review([*named, test], CONFIG, tmp_path / "cache"))
    assert any({a.split, b.split} == {"train", "test"} for a, b in found.duplicates)


def test_fingerprint(samples: tuple[Sample, ...], tmp_path: Path) -> None:
    def fingerprint(rows: list[Sample]) -> str:
        return data_fingerprint(divide(result_of(find_faces(rows, CONFIG, tmp_path / "cache")), CONFIG))

    rows = list(samples)
    assert fingerprint(rows) == fingerprint(rows)
    assert fingerprint(rows) != fingerprint(rows[1:])


def test_some_crops(samples: tuple[Sample, ...], tmp_path: Path) -> None:
    crops = some_crops(samples, CONFIG, count=10, cache=tmp_path / "cache")
    assert crops.shape == (10, 32, 32, 3)
    assert crops.dtype == np.uint8


def test_no_face_of_a_class(samples: tuple[Sample, ...], tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="after faces were sought: no Live"):
        result_of(find_faces([s for s in samples if s.label is Label.ATTACK], CONFIG, tmp_path / "cache"))
