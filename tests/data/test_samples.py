from __future__ import annotations

from pathlib import Path

import pytest

from liveness.data.samples import count_samples, load_dataset
from liveness.errors import DatasetError
from tests.drawn import write_drawn


def test_manifest_by_file_or_folder(tmp_path: Path) -> None:
    path = write_drawn(tmp_path, count=2, sources=2)
    assert load_dataset(path).samples == load_dataset(tmp_path).samples
    assert count_samples(load_dataset(path).samples) == {
        ("", "attack", "print"): 2,
        ("", "attack", "replay"): 2,
        ("", "bona_fide", ""): 4,
    }


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no data set"):
        load_dataset(tmp_path / "none")


@pytest.mark.parametrize("label", ["live", "spoof"])
def test_one_class_missing(tmp_path: Path, label: str) -> None:
    (tmp_path / label).mkdir()
    (tmp_path / label / "1.jpg").write_bytes(b"x")
    with pytest.raises(DatasetError, match="both Live and Spoof are needed"):
        load_dataset(tmp_path)


def test_a_manifest_without_a_usable_row_says_why(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("path,label\n/elsewhere/a.jpg,live\n/elsewhere/b.jpg,spoof\n")
    with pytest.raises(DatasetError, match=r"line 2: /elsewhere/a\.jpg: the path must be relative"):
        load_dataset(tmp_path)


def test_the_shared_data(shared: Path) -> None:
    dataset = load_dataset(shared / "data" / "faces")
    assert len(dataset.samples) == 6586
    assert dataset.problems == ()
    assert all(s.box and s.landmarks for s in dataset.samples)
