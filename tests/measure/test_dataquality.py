"""Data sets with one planted fault each, and what ``check`` says of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from liveness.cli import main
from liveness.cli.common import finish
from liveness.data.samples import load_dataset
from liveness.measure.dataquality import CheckOptions, Findings, check
from liveness.measure.qualitytext import sections, text, values
from liveness.measure.shortcuts import PROBE_CUES, jpeg_quality
from liveness.types import Image, Label
from tests.data.adapters.trees import Tree
from tests.drawn import drawn_face

PEOPLE = 12


def write(root: Path, change: Callable[[Image, bool, np.random.Generator], Image] | None = None) -> Path:
    """12 people with two live and two spoof pictures each, drawn from one distribution but for ``change``."""
    rng = np.random.default_rng(3)
    for person in range(PEOPLE):
        split = "test" if person >= 8 else "train"
        for live in (True, False):
            for number in range(2):
                folder = root / split / ("live" if live else "spoof/print") / f"p{person}"
                folder.mkdir(parents=True, exist_ok=True)
                image = different(drawn_face(live=True, rng=rng, side=64), rng)  # alike in both classes
                image = change(image, live, rng) if change else image
                PIL.Image.fromarray(image).save(folder / f"{number}-{live}.png")
    return root


def different(image: Image, rng: np.random.Generator) -> Image:
    """The picture with a coarse pattern of its own, so that no two look alike."""
    pattern = rng.integers(0, 256, (6, 6), dtype=np.uint8)
    large = PIL.Image.fromarray(pattern).resize((image.shape[1], image.shape[0]))
    return (image // 2 + np.asarray(large)[..., None] // 2).astype(np.uint8)


def found_in(root: Path, options: CheckOptions = CheckOptions()) -> Findings:
    return finish(check(load_dataset(root).samples, None, options), "")


def brighter(image: Image, live: bool, rng: np.random.Generator) -> Image:
    offset = (40 if live else -40) + rng.normal(0, 8)
    return np.clip(image.astype(float) + offset, 0, 255).astype(np.uint8)


def test_a_planted_shortcut_is_found_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "data", brighter)
    assert main(["dataset", "check", str(tmp_path / "data"), "--json", str(tmp_path / "found.json")]) == 0
    said = capsys.readouterr().out
    assert "! Your data set can be solved without looking at the face" in said
    assert "The guilty cue is brightness" in said
    assert "bona fide pictures are brighter" in said
    kept = json.loads((tmp_path / "found.json").read_text())
    assert kept["probe"]["solved"] is True
    assert kept["probe"]["guilty"] == "brightness"
    assert kept["probe"]["grouped_by"] == "subject"
    assert kept["probe"]["guilty_auc"] > 0.8


def test_without_a_shortcut_nothing_is_claimed(tmp_path: Path) -> None:
    found = found_in(write(tmp_path))
    assert found.probe is not None
    assert not found.probe.solved
    assert "do not solve the data set" in found.probe.verdict
    assert found.twins == ()
    assert found.unreadable == ()
    assert not any(section.warning for section in sections(found))


def test_too_little_data_says_so(tmp_path: Path) -> None:
    found = found_in(write(tmp_path), CheckOptions(most=20))
    assert found.probe is None
    assert (found.opened, found.total) == (20, 4 * PEOPLE)
    assert "too few pictures" in text(found)
    assert "20 of 48 files were opened" in text(found)


def test_copies_across_a_split_and_under_both_labels(tmp_path: Path) -> None:
    write(tmp_path)
    train, test = tmp_path / "train" / "live" / "p0", tmp_path / "test" / "live" / "p9"
    shutil.copy(train / "0-True.png", test / "copy.png")
    PIL.Image.open(train / "1-True.png").save(test / "again.jpg", quality=92)
    shutil.copy(train / "0-True.png", tmp_path / "train" / "spoof" / "print" / "p0" / "liar.png")
    found = found_in(tmp_path)
    first, *others = found.twins
    assert first.exact
    assert first.leak
    assert first.labels == (Label.ATTACK, Label.BONA_FIDE)
    assert {path.name for path in first.paths} == {"0-True.png", "copy.png", "liar.png"}
    assert [{path.name for path in t.paths} for t in others if t.leak] == [{"1-True.png", "again.jpg"}]
    said = text(found)
    assert "! The same picture under both labels (1)" in said
    assert "! Nearly the same picture on two sides of a split: leakage (1)" in said
    assert "again.jpg" in said


def test_people_on_two_sides_and_damaged_files(tmp_path: Path) -> None:
    write(tmp_path)
    shutil.copytree(tmp_path / "train" / "live" / "p1", tmp_path / "test" / "live" / "p1")
    (tmp_path / "train" / "live" / "p2" / "broken.png").write_bytes(b"\x89PNG nothing")
    found = found_in(tmp_path)
    assert found.subjects_on_two_sides == {"p1": ("test", "train")}
    assert [Path(p.where).name for p in found.unreadable] == ["broken.png"]
    assert "! People on two sides of a split (1)" in text(found)
    assert "! Cannot be read (1)" in text(found)
    assert values(found)["unreadable"][0]["reason"]


def test_faces_are_measured_by_class_where_boxes_are_given(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = ["path,label,left,top,right,bottom"]
    for number in range(6):
        live = number % 2 == 0
        PIL.Image.fromarray(drawn_face(live, rng, 96)).save(tmp_path / f"{number}.png")
        side = 40 if live else 60
        rows.append(f"{number}.png,{'live' if live else 'attack'},10,10,{10 + side},{10 + side}")
    (tmp_path / "manifest.csv").write_text("\n".join(rows))
    found = found_in(tmp_path)
    assert found.faces["size"][Label.BONA_FIDE].middle == 40
    assert found.faces["size"][Label.ATTACK].middle == 60
    assert found.faces["sharpness"][Label.BONA_FIDE].count == 3
    assert "40 (40 to 40)" in text(found)


def test_a_video_is_looked_at_in_its_middle(tmp_path: Path) -> None:
    Tree(tmp_path).videos(["live/a.mp4", "spoof/b.avi"])
    found = found_in(tmp_path)
    assert found.opened == 2
    assert found.twins[0].exact
    assert found.twins[0].contradictory


def test_rare_classes_and_species_are_named() -> None:
    counts = {("train", "bona_fide", ""): 50, ("train", "attack", "print"): 48, ("test", "attack", "cut"): 2}
    found = Findings(100, 100, (), (), counts, {}, {})
    (section,) = (s for s in sections(found) if s.title.startswith("100 "))
    assert (section.title, section.warning) == ("100 pictures and videos: few cut ones", True)
    counts[("train", "bona_fide", "")] = 2
    (section,) = (s for s in sections(Findings(52, 52, (), (), counts, {}, {})) if s.title.startswith("52 "))
    assert section.title == "52 pictures and videos: few Live and cut ones"


def test_quick_opens_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("live/a.png", "spoof/b.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"no picture")
    assert main(["dataset", "check", str(tmp_path), "--quick"]) == 0
    said = capsys.readouterr().out
    assert "2 pictures and videos" in said
    assert "Cannot be read" not in said


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_jpeg_quality_is_read_from_the_tables(tmp_path: Path, quality: int) -> None:
    picture = PIL.Image.fromarray(drawn_face(True, np.random.default_rng(0)))
    picture.save(tmp_path / "a.jpg", quality=quality)
    assert jpeg_quality(tmp_path / "a.jpg") == pytest.approx(quality, abs=2)
    picture.save(tmp_path / "a.png")
    assert jpeg_quality(tmp_path / "a.png") == 101
    assert len(set(PROBE_CUES)) == len(PROBE_CUES)
