from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from liveness.config import CropConfig, InputConfig, TrainConfig
from liveness.crop import crop
from liveness.data.samples import load_dataset
from liveness.errors import DatasetError
from liveness.training.parts import data_fingerprint, divide, find_faces, result_of, review, some_crops
from liveness.types import Box, Image, Label, Sample
from tests.drawn import write_drawn

CONFIG = TrainConfig(input=InputConfig(CropConfig(size=32)))
FACE = Box(178.0, 63.0, 268.0, 176.0)  # of the astronaut


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


def test_a_kept_face_is_as_sharp_as_in_the_picture_itself(tmp_path: Path, astronaut: Image) -> None:
    noise = np.random.default_rng(0).normal(0, 12, astronaut.shape)
    image = np.clip(astronaut + noise, 0, 255).astype(np.uint8)
    samples = [Sample(tmp_path / f"{label}.png", label, box=FACE) for label in Label]
    for sample in samples:
        PIL.Image.fromarray(image).save(sample.path)
    config = TrainConfig(input=InputConfig(CropConfig(margin=2.7, size=64, border="shift")))
    config = replace(config, augment=replace(config.augment, margin=(1.8, 3.2)))
    example = result_of(find_faces(samples, config, tmp_path / "cache")).examples[0]
    kept, wanted = (crop(i, b, config.input.crop) for i, b in ((example.image(), example.box), (image, FACE)))

    def contrast(picture: Image) -> float:
        return float(np.std(np.diff(picture.astype(float), 2, axis=1)))

    assert contrast(kept) > 0.87 * contrast(wanted)
