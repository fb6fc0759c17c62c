"""Releases of a second form: CeFA with the lists of its authors, WMCA in HDF5."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from liveness.data.prepare import video_moments
from liveness.data.samples import load_dataset
from liveness.errors import DatasetError, VideoError
from liveness.types import Label, Sample
from tests.data.adapters.trees import Tree, cefa_by_authors, counted, read_at


def test_cefa_by_the_lists_of_its_authors(tmp_path: Path) -> None:
    cefa_by_authors(Tree(tmp_path))
    samples = read_at(f"casia-cefa@p2-1:{tmp_path}")
    assert counted(samples) == {
        ("train", "bona_fide"): 8, ("train", "print"): 8, ("dev", "bona_fide"): 8, ("dev", "print"): 8,
        ("test", "bona_fide"): 8, ("test", "replay"): 8, ("test", "mask-3d"): 16,
    }  # fmt: skip
    assert {s.path.parent.name for s in samples} == {"color"}
    assert {s.subject for s in samples if s.split == "test"} == {
        *("3-359", "3D-Mask-073", "Silicone-Mask-006"),
    }
    assert {(s.source, s.kind) for s in samples if s.split == "train"} == {
        *(("Africa", "indoor"), ("Africa", "outdoor")),
    }
    inside = load_dataset(f"casia-cefa@p2-1:{tmp_path / 'CASIA_CeFA'}")
    assert len(inside.samples) == len(samples)
    with pytest.raises(DatasetError, match=r"CASIA_CeFA@p1\.1_video_train\.txt, it is not there"):
        load_dataset(f"casia-cefa@p1-1:{tmp_path}")


def test_cefas_third_protocol_holds_modalities_apart(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    for part, modalities in (("train", ["color"]), ("dev", ["color"]), ("test", ["depth", "ir"])):
        ends = (("1_1_1", 0), ("3_1_2", 1))
        clips = [(f"3_001_{end}/{kind}", label) for end, label in ends for kind in modalities]
        names = [
            (f"CASIA_CeFA/Ethnicity/EA/EA-001/{clip}/{i:04}.jpg", label)
            for clip, label in clips
            for i in range(1, 11)
        ]
        tree.pictures(name for name, _ in names)
        tree.text(f"CASIA_CeFA/protocol/CASIA_CeFA@p3_image_{part}.txt", [f"{n} {k}" for n, k in names])
    samples = read_at(f"casia-cefa@p3:{tmp_path}")
    assert counted(samples) == {
        ("train", "bona_fide"): 8, ("train", "print"): 8, ("dev", "bona_fide"): 8, ("dev", "print"): 8,
        ("test", "bona_fide"): 16, ("test", "print"): 16,
    }  # fmt: skip
    assert {s.extra["modality"] for s in samples if s.split == "test"} == {"depth", "ir"}
    assert {s.extra["modality"] for s in samples if s.split != "test"} == {"color"}
    assert len({s.presentation for s in samples if s.split == "test"}) == 4
    assert {s.subject for s in samples} == {"3-001"}


def test_wmca_as_released_in_hdf5(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    rows, rng = [], np.random.default_rng(0)
    for name, split in (
        ("001_01_000_0_00", "train"),
        ("100_03_015_2_10", "train"),
        ("002_01_000_0_00", "eval"),
    ):
        rows.append(f"face-station/26.01.18/{name},,{split}")
        path = tmp_path / f"face-station/26.01.18/{name}.hdf5"
        path.parent.mkdir(parents=True, exist_ok=True)
        with h5py.File(path, "w") as file:
            for i in range(12):
                file[f"Frame_{i}/array"] = rng.integers(0, 256, (3, 128, 128), dtype=np.uint8)
            kept = {i: np.asarray(file[f"Frame_{i}/array"]).transpose(1, 2, 0) for i in range(12)}
            file["FrameIndexes"] = np.arange(12)
    (tmp_path / "PROTOCOL-grandtest.csv").write_text("\n".join(rows))
    samples = read_at(f"wmca:{tmp_path}")
    assert counted(samples) == {("train", "bona_fide"): 1, ("train", "type-2"): 1, ("test", "bona_fide"): 1}
    moments = list(video_moments(samples[-1], 4))
    assert [seconds for seconds, _ in moments] == [1, 4, 7, 10], "in the order of their numbers"
    for seconds, load in moments:
        np.testing.assert_array_equal(load(), kept[int(seconds)])
    assert next(iter(video_moments(replace(samples[-1], seconds=7.0), 1)))[0] == 7


def test_hdf5_without_colour_is_refused(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "a.hdf5"
    sample = Sample(path, Label.ATTACK)
    path.write_bytes(b"no")
    with pytest.raises(VideoError, match=r"a\.hdf5 is not an HDF5 file"):
        video_moments(sample, 2)
    with h5py.File(path, "w") as file:
        file["data"] = np.zeros(3)
    with pytest.raises(VideoError, match="holds no frames"):
        video_moments(sample, 2)
    with h5py.File(path, "w") as file:
        file["Frame_0/array"] = np.zeros((4, 128, 128), np.uint8)
    ((_, load),) = video_moments(sample, 2)
    with pytest.raises(VideoError, match=r"uint8 \(3, height, width\), it is uint8 \(4, 128, 128\)"):
        load()
