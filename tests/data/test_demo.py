"""The demo data set: labelled as simulated, whole or not there, and not told apart by one trivial cue."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import pytest

from liveness.config import CropConfig
from liveness.crop import crop
from liveness.data import demo
from liveness.data.demo import make_demo
from liveness.data.samples import Dataset, load_dataset
from liveness.data.splits import split_samples
from liveness.errors import DatasetError
from liveness.frames import read_photo
from liveness.types import Label


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("made") / "demo", people=10, seed=3)


@pytest.fixture(scope="module")
def dataset(folder: Path) -> Dataset:
    return load_dataset(folder)


def test_every_picture_is_listed_and_nothing_is_left_out(folder: Path, dataset: Dataset) -> None:
    assert dataset.problems == ()
    assert len(dataset.samples) == 11 * 7
    assert {s.path for s in dataset.samples} == {p.resolve() for p in folder.rglob("*.jpg")}
    for sample in dataset.samples[::11]:
        assert read_photo(sample.path).image.shape == (demo.SIZE, demo.SIZE, 3)
        assert sample.box is not None
        assert sample.landmarks is not None


def test_splits_are_whole_and_share_no_person_or_source(dataset: Dataset) -> None:
    for name in ("subject", "source"):
        splits = defaultdict(set)
        for sample in dataset.samples:
            splits[getattr(sample, name)].add(sample.split)
        assert all(len(found) == 1 for found in splits.values())
    for part in ("train", "dev", "test"):
        samples = split_samples(dataset.samples).part(part)
        assert {(s.label, s.pai_species) for s in samples} == {
            (Label.BONA_FIDE, ""),
            (Label.ATTACK, "print"),
            (Label.ATTACK, "replay"),
        }


def test_it_says_that_it_is_simulated(folder: Path, dataset: Dataset) -> None:
    assert "simulated" in (folder / "README.md").read_text().splitlines()[0]
    real = [s for s in dataset.samples if s.extra["simulated"] != "yes"]
    assert {(s.subject, s.label) for s in real} == {("astronaut", Label.BONA_FIDE)}


def test_a_seed_makes_the_same_pictures_however_many_people(folder: Path, tmp_path: Path) -> None:
    again = make_demo(tmp_path / "again", people=5, seed=3)
    names = [row["path"] for row in csv.DictReader((again / "manifest.csv").open())]
    assert len(names) == 6 * 7
    for name in names[::5]:
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_one_trivial_cue_does_not_separate_the_classes(dataset: Dataset) -> None:
    cues = defaultdict(list)
    for sample in dataset.samples:
        assert sample.box is not None
        face = crop(read_photo(sample.path).image, sample.box, CropConfig(margin=2.0, size=96))
        grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
        sharpness = cv2.Laplacian(grey, cv2.CV_32F).var()
        cues[sample.label].append((grey.mean(), sharpness, grey.std()))
    live, attack = (np.array(cues[label]) for label in (Label.BONA_FIDE, Label.ATTACK))
    for i, name in enumerate(("brightness", "sharpness", "contrast")):
        area = np.mean(live[:, i][:, None] > attack[:, i][None])
        assert 0.2 < area < 0.8, f"{name} alone has AUC {area:.2f}"


def test_a_folder_in_use_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(DatasetError, match="not empty"):
        make_demo(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "keep me"


def test_too_few_people_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="at least 5 people, got 4"):
        make_demo(tmp_path / "few", people=4)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_demo(tmp_path / "demo", people=5, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_detectors_find_the_faces(dataset: Dataset) -> None:
    """MTCNN, the default detector, finds nine in ten, attacks included."""
    from liveness.detect import build_detector

    detect = build_detector("mtcnn")
    chosen = dataset.samples[::6]
    found = 0
    for sample in chosen:
        assert sample.box is not None
        faces = detect(read_photo(sample.path).image)
        found += any(face.box.overlap(sample.box) > 0.5 for face in faces)
    assert found >= 0.9 * len(chosen)
