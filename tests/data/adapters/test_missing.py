"""Half a download is not read as if it were the release: what is missing is said, with its path."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from liveness.data.adapters import ADAPTERS
from liveness.data.samples import load_dataset
from liveness.errors import DatasetError
from tests.data.adapters.trees import TREES, Tree, left_out


def made(name: str, root: Path, without: str = "") -> Path:
    """The miniature tree of an adapter, with one file or folder taken away."""
    TREES[name](Tree(root / name))
    gone = root / name / without
    if without:
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    return root / name


@pytest.mark.parametrize(
    ("name", "without", "looked_for"),
    [
        ("celeba-spoof", "metas", "metas/intra_test/train_label.json"),
        ("celeba-spoof", "Data", "Data/train/train1/live/000001.png"),
        ("casia-fasd", "test_release", "test_release"),
        ("casia-surf", "val_private_list.txt", "val_private_list.txt"),
        ("casia-cefa", "phase1", "phase1/4@1_train.txt"),
        ("casia-cefa", "phase1/4@1_dev_ref.txt", "phase1/4@1_dev_ref.txt"),
        ("lcc-fasd", "LCC_FASD_evaluation/spoof", "LCC_FASD_evaluation/spoof"),
        ("msu-mfsd", "test_sub_list.txt", "test_sub_list.txt"),
        ("msu-mfsd", "scene01", "scene01/real"),
        ("nuaa", "raw", "raw/client_train_raw.txt"),
        ("nuaa", "raw/ClientRaw", "raw/ClientRaw/0001/0001_00_00_01_0.jpg"),
        ("oulu-npu", "Dev_files", "Dev_files"),
        ("oulu-npu", "Protocols", "Protocols/Protocol_1/Train.txt"),
        ("replay-attack", "devel", "devel/real"),
        ("replay-mobile", "test/attack", "test/attack"),
        ("siw", "Test/spoof", "Test/spoof"),
        ("wmca", "PROTOCOL-grandtest.csv", "PROTOCOL-grandtest.csv"),
        ("wmca", "face-station", "face-station/26.01.18/001_01_000_0_00.hdf5"),
        ("manifest", "manifest.csv", "manifest.csv"),
    ],
)
def test_what_everything_hangs_on_is_asked_for(
    tmp_path: Path, name: str, without: str, looked_for: str
) -> None:
    root = made(name, tmp_path, without)
    with pytest.raises(DatasetError, match=re.escape(str(root / looked_for))):
        load_dataset(f"{name}:{root}")


@pytest.mark.parametrize(
    ("name", "without", "missed"),
    [
        ("casia-surf", "Val/0001", "Val/0001/000001-color.jpg"),
        ("casia-cefa", "phase1/dev/003001", "phase1/dev/003001/profile"),
        ("casia-cefa", "phase2", "phase2/4@1_test_ref.txt"),
        ("nuaa", "raw/ImposterRaw/0002/0002_00_00_03_1.jpg", "raw/ImposterRaw/0002/0002_00_00_03_1.jpg"),
        ("replay-attack", "devel/attack/hand", "devel/attack/hand"),
        ("imagefolder", "data/train/metadata.csv", "data/train/metadata.csv"),
    ],
)
def test_what_else_is_missing_is_listed(tmp_path: Path, name: str, without: str, missed: str) -> None:
    root = made(name, tmp_path, without)
    assert [where for where, _ in left_out(load_dataset(f"{name}:{root}"))] == [missed]


@pytest.mark.parametrize("name", [name for name, adapter in ADAPTERS.items() if adapter.people])
def test_people_that_are_missing_are_counted(tmp_path: Path, name: str) -> None:
    """Nothing else can tell: a person that was not unpacked is in no list."""
    root = made(name, tmp_path)
    problems = [p for p in load_dataset(f"{name}:{root}").problems if "people of the release" in p.reason]
    assert [p.reason.split()[0] for p in problems] == list(ADAPTERS[name].people)
    assert {p.where for p in problems} == {"."}, "not where the copy lies: reports show it"


def test_a_whole_release_is_not_called_incomplete(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    for folder, count in (("train_release", 20), ("test_release", 30)):
        names = [*map(str, range(1, 9)), *(f"HR_{i}" for i in range(1, 5))]
        tree.videos(f"{folder}/{person}/{name}.avi" for person in range(1, count + 1) for name in names)
    dataset = load_dataset(f"casia-fasd:{tmp_path}")
    assert dataset.problems == ()
    assert len(dataset.samples) == 600, "as the paper counts them"
