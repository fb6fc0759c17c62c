"""Every adapter reads a miniature tree in the released layout, and says which path it looked for in vain."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from liveness.cli import main
from liveness.data.adapters import ADAPTERS, parse_reference
from liveness.data.adapters.base import SPECIES, spread
from liveness.data.samples import absolute, load_dataset
from liveness.data.splits import split_samples
from liveness.errors import DatasetError
from liveness.types import Box, Label, Sample
from tests.data.adapters.trees import TREES, Tree, counted, left_out, read_at


@pytest.fixture(scope="session")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("released")
    for name, make in TREES.items():
        make(Tree(root / name))
    return root


def read(trees: Path, reference: str) -> tuple[Sample, ...]:
    """Samples of NAME or NAME@PROTOCOL, from its miniature tree; nothing may be left out."""
    return read_at(f"{reference}:{trees / reference.split('@')[0]}")


def test_every_adapter_has_a_tree_here() -> None:
    assert TREES.keys() == ADAPTERS.keys()
    assert len(ADAPTERS) == 16


@pytest.mark.parametrize("name", ADAPTERS)
def test_what_is_read_can_be_trained_on(trees: Path, name: str) -> None:
    adapter, samples = ADAPTERS[name], read(trees, name)
    assert len({(s.path, s.seconds) for s in samples}) == len(samples)
    assert all(s.path.is_file() and s.path.is_relative_to(trees / name) for s in samples), "read in place"
    assert {s.label for s in samples} == set(Label)
    known = {s.pai_species for s in samples} - {""}
    if adapter.species:
        assert known <= set(adapter.species) <= set(SPECIES)
    assert not any(s.pai_species for s in samples if s.label is Label.BONA_FIDE)
    if name != "manifest":  # one person is not divided
        assert {s.split for s in split_samples(samples).samples} <= {"train", "dev", "test"}


@pytest.mark.parametrize("name", [name for name, adapter in ADAPTERS.items() if adapter.citation != "-"])
def test_the_splits_share_nobody_but_where_the_release_does(trees: Path, name: str) -> None:
    people: dict[str, set[str]] = {}
    for sample in read(trees, name):
        people.setdefault(sample.split, set()).add(sample.subject)
    train, test = people["train"] - {""}, people["test"] - {""}
    assert bool(train & test) == (name in ("nuaa", "wmca")), "wmca: this test's tree, not the release"


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_empty_folder_is_refused_with_the_path_looked_for(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError) as refused:
        load_dataset(f"{name}:{tmp_path}")
    assert str(tmp_path) in str(refused.value)
    with pytest.raises(DatasetError, match="nothing at"):
        load_dataset(f"{name}:{tmp_path / 'none'}")


# ------------------------------------------------------------------ what each one knows


def test_celeba_spoof_scales_the_boxes(trees: Path) -> None:
    samples = read(trees, "celeba-spoof")
    assert counted(samples) == {
        ("train", "bona_fide"): 2, ("train", "print"): 2, ("test", "bona_fide"): 2, ("test", "print"): 2,
    }  # fmt: skip
    attack = next(s for s in samples if s.label is Label.ATTACK)
    assert attack.box == Box(16.0, 8.0, 48.0, 24.0)  # a quarter to three quarters of 64 x 32
    assert dict(attack.extra) == {"pai": "A4", "light": "normal", "place": "indoor"}
    assert attack.subject == "train1"


def test_casia_fasd_protocols(trees: Path) -> None:
    whole = read(trees, "casia-fasd")
    assert len(whole) == 60
    assert {s.subject for s in whole if s.split == "train"} == {"train-1", "train-2", "train-10"}
    assert counted(read(trees, "casia-fasd@warped")) == {
        ("train", "bona_fide"): 9, ("train", "print"): 9, ("test", "bona_fide"): 6, ("test", "print"): 6,
    }  # fmt: skip
    assert {s.path.stem for s in read(trees, "casia-fasd@high")} == {"HR_1", "HR_2", "HR_3", "HR_4"}


def test_casia_surf_reads_colour_alone(trees: Path) -> None:
    samples = read(trees, "casia-surf")
    assert not any(word in str(s.path) for s in samples for word in ("depth", "/ir/", "-ir"))
    clips = {s.presentation for s in samples if s.split == "train"}
    assert "Training/fake_part/CLKJ_CS0110/06_enm_b.rssdk" in clips
    assert {s.subject for s in samples if s.split == "test"} == {""}


def test_cefa_spreads_frames_and_misses_unlabelled_tests(trees: Path, tmp_path: Path) -> None:
    samples = read(trees, "casia-cefa@4-1")
    clip = [s.path.name for s in samples if s.presentation == "train/1_001_1_1_1"]
    assert clip == [f"{i:04}.jpg" for i in (2, 4, 7, 9, 12, 14, 17, 19)]
    assert {s.subject for s in samples if s.split == "train"} == {"1-001", "1-002"}
    copy = tmp_path / "cefa"
    shutil.copytree(trees / "casia-cefa", copy)
    (copy / "phase2" / "4@1_test_ref.txt").unlink()
    dataset = load_dataset(f"casia-cefa:{copy}")
    assert "4@1_test_ref.txt" in dataset.problems[0].where
    assert {s.split for s in dataset.samples} == {"train", "dev"}


def test_msu_mfsd_goes_by_its_lists(trees: Path) -> None:
    samples = read(trees, "msu-mfsd")
    assert {s.subject for s in samples if s.split == "train"} == {"002", "003"}
    assert {s.extra["pai"] for s in samples if s.pai_species == "replay"} == {"ipad_video", "iphone_video"}
    assert {s.source for s in samples} == {"android", "laptop"}


def test_nuaa_says_that_people_are_shared(trees: Path) -> None:
    assert len(read(trees, "nuaa")) == 16
    assert "SHARE" in ADAPTERS["nuaa"].subjects


def test_oulu_npu_protocols(trees: Path) -> None:
    assert {(s.split, s.kind) for s in read(trees, "oulu-npu@1")} == {
        ("train", "session 1"), ("dev", "session 1"), ("test", "session 3"),
    }  # fmt: skip
    assert {(s.split, s.source) for s in read(trees, "oulu-npu@3-6")} == {
        ("train", "phone 1"), ("dev", "phone 1"), ("test", "phone 2"),
    }  # fmt: skip
    assert len(read(trees, "oulu-npu@all")) == 3 * 2 * 2 * 2 * 5
    assert {s.extra["pai"] for s in read(trees, "oulu-npu@1") if s.pai_species == "print"} == {
        "printer 1", "printer 2",
    }  # fmt: skip
    with pytest.raises(DatasetError, match=r"Protocol_4/Train_1\.txt"):
        read(trees, "oulu-npu@4-1")


def test_a_listed_video_that_is_missing_is_named(trees: Path, tmp_path: Path) -> None:
    copy = tmp_path / "oulu"
    shutil.copytree(trees / "oulu-npu", copy)
    (copy / "Train_files" / "1_1_01_2.avi").unlink()
    dataset = load_dataset(f"oulu-npu:{copy}")
    assert left_out(dataset) == [("Train_files/1_1_01_2.avi", "there is no such file")]


def test_replay_attack_protocols(trees: Path) -> None:
    grand = read(trees, "replay-attack")
    assert len(grand) == 3 * 2 * (1 + 2 * 4)
    assert {s.kind for s in grand} == {"", "fixed", "hand"}
    wanted = {
        "print": {"print photo"},
        "mobile": {"mobile photo", "mobile video"},
        "digitalphoto": {"mobile photo"},
        "photo": {"print photo", "mobile photo"},
        "video": {"mobile video", "highdef video"},
    }
    for protocol, instruments in wanted.items():
        found = read(trees, f"replay-attack@{protocol}")
        assert {s.extra["pai"] for s in found if s.label is Label.ATTACK} == instruments


def test_replay_mobile_protocols(trees: Path) -> None:
    assert {s.pai_species for s in read(trees, "replay-mobile@mattescreen")} == {"", "replay"}
    assert {s.source for s in read(trees, "replay-mobile")} == {"mobile", "tablet"}


def test_rose_youtu_divides_the_people(trees: Path) -> None:
    samples = read(trees, "rose-youtu")
    assert {s.subject for s in samples if s.split == "train"} == {"2", "3"}
    assert {s.pai_species for s in samples} == {"", "print", "replay", "mask-paper"}


def test_siw_protocols(trees: Path) -> None:
    first = read(trees, "siw@1")
    train = [s for s in first if s.split == "train"]
    assert all(s.seconds is not None and 0 < s.seconds < 2 for s in train)
    assert len({s.presentation for s in train}) == len(train) / 8 == 8
    assert all(s.seconds is None for s in first if s.split == "test")
    left = read(trees, "siw@2-4")
    assert {s.extra["pai"] for s in left if s.split == "test" and s.extra} == {"replay 4"}
    assert {s.extra["pai"] for s in left if s.split == "train" and s.extra} == {
        "replay 1",
        "replay 2",
        "replay 3",
    }
    assert counted(read(trees, "siw@3-2")) == {
        ("train", "bona_fide"): 2, ("train", "replay"): 4, ("test", "bona_fide"): 2, ("test", "print"): 2,
    }  # fmt: skip


def test_wmca_protocols(trees: Path) -> None:
    assert {s.pai_species for s in read(trees, "wmca")} == {"", "type-2", "type-3"}
    left = read(trees, "wmca@loo-fakehead")
    assert {s.split for s in left if s.pai_species == "type-2"} == {"test"}
    assert Counter(s.presentation for s in left)["face-station/26.01.18/001_01_000_0_00"] == 8


def test_imagefolder_reads_metadata_and_folders(trees: Path, tmp_path: Path) -> None:
    assert counted(read(trees, "imagefolder")) == {
        (split, kind): 1 for split in ("train", "dev", "test") for kind in ("bona_fide", "print")
    }
    tree = Tree(tmp_path / "lines")
    tree.pictures(("a.png", "b.png", "c.png"))
    tree.text(
        "metadata.jsonl",
        ['{"file_name": "a.png", "label": "real"}', '{"file_name": "b.png", "label": "fake"}'],
    )
    dataset = load_dataset(f"imagefolder:{tree.root}")
    assert [p.where for p in dataset.problems] == ["c.png"]
    assert load_dataset(f"imagefolder:{trees / 'folder'}").samples == load_dataset(trees / "folder").samples
    tree.text(
        "metadata.jsonl",
        ['{"file_name": "../a.png", "label": "real"}', '{"file_name": "b.png", "label": "1"}'],
    )
    with pytest.raises(DatasetError, match="leads out"):
        load_dataset(f"imagefolder:{tree.root}")


# ------------------------------------------------------------------ references and the command


def test_references(tmp_path: Path) -> None:
    reference = parse_reference("oulu-npu@3-6:/data/OULU NPU")
    assert reference is not None
    assert (reference.adapter.name, reference.protocol, str(reference.root)) == (
        "oulu-npu",
        "3-6",
        "/data/OULU NPU",
    )
    assert str(reference) == "oulu-npu@3-6:/data/OULU NPU"
    for plain in ("dataset/demo", "C:\\data\\set", "manifest.csv"):
        assert parse_reference(plain) is None
    odd = tmp_path / "a-b:c"
    odd.mkdir()
    assert parse_reference(str(odd)) is None
    with pytest.raises(DatasetError, match="no adapter 'oulu', only: casia-cefa"):
        parse_reference("oulu:/data")
    with pytest.raises(DatasetError, match="no protocol '9'"):
        load_dataset(f"oulu-npu@9:{tmp_path}")


def test_absolute_keeps_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute("oulu-npu@1:OULU") == f"oulu-npu@1:{tmp_path / 'OULU'}"
    assert absolute("OULU") == str(tmp_path / "OULU")


def test_spread() -> None:
    items = [Path(str(i)) for i in range(20)]
    assert [int(p.name) for p in spread(items, 4)] == [2, 7, 12, 17]
    assert spread(items[:3], 4) == items[:3]


def test_the_list_and_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dataset", "list"]) == 0
    table = capsys.readouterr().out
    for adapter in ADAPTERS.values():
        assert adapter.name in table
        assert main(["dataset", "list", adapter.name]) == 0
        page = capsys.readouterr().out
        for text in (adapter.citation, adapter.licence, adapter.layout, adapter.checked, *adapter.protocols):
            assert text in page
        if adapter.citation != "-":
            assert "not run on the real release" in page.lower()
    assert main(["dataset", "list", "nothing"]) == 1
    assert "no adapter 'nothing'" in capsys.readouterr().err
