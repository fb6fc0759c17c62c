from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from liveness.config import CropConfig
from liveness.crop import crop
from liveness.data.prepare import PrepareOptions, Preparing, cut_region, prepare
from liveness.data.samples import load_dataset
from liveness.errors import InputError, RunError
from liveness.training.parts import result_of
from liveness.types import Box, Detector, Face, Image, Label, Sample
from tests.drawn import drawn_face, write_drawn


def no_detector() -> Detector:
    raise AssertionError("every sample has a box: no detector is needed")


class FixedDetector:
    """Finds a face in bright pictures, none in dark ones, and counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, image: Image) -> Sequence[Face]:
        self.calls += 1
        return [Face(Box(20, 20, 60, 70), 0.9)] if image.mean() > 40 else []


def png(path: Path, image: Image) -> Sample:
    import cv2

    cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return Sample(path, Label.BONA_FIDE)


def test_boxes_of_the_manifest_are_used_and_the_cache_is_hit(tmp_path: Path) -> None:
    samples = load_dataset(write_drawn(tmp_path, count=2, sources=1)).samples
    first = result_of(prepare(samples, no_detector, cache=tmp_path / "cache"))
    assert [e.sample for e in first.examples] == list(samples)
    files = {p: p.stat().st_ino for p in (tmp_path / "cache").rglob("*.face")}
    assert result_of(prepare(samples, no_detector, cache=tmp_path / "cache")) == first
    assert {p: p.stat().st_ino for p in (tmp_path / "cache").rglob("*.face")} == files, "none is written anew"


def test_copies_of_one_picture_do_not_get_in_each_others_way(tmp_path: Path) -> None:
    """They stand for one file of the cache, which several threads may write in the same moment."""
    image = np.random.default_rng(0).integers(0, 256, (400, 400, 3), dtype=np.uint8)
    for number in range(5):
        samples = [png(tmp_path / f"{number}-{i}.png", image) for i in range(8)]
        samples = [replace(s, box=Box(100, 100, 300, 300 + number)) for s in samples]
        found = result_of(prepare(samples, no_detector, PrepareOptions(workers=8), tmp_path / "cache"))
        assert (len(found.examples), found.problems) == (8, ())


def test_progress_counts_up(tmp_path: Path) -> None:
    samples = load_dataset(write_drawn(tmp_path, count=2, sources=1)).samples
    assert list(prepare(samples, no_detector, cache=tmp_path / "c")) == [
        Preparing(i + 1, 4) for i in range(4)
    ]


def test_missed_faces_and_unreadable_files_are_listed(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    good, dark = (
        png(tmp_path / "good.png", drawn_face(True, rng)),
        png(tmp_path / "dark.png", drawn_face(True, rng) // 16),
    )
    broken = Sample(tmp_path / "broken.jpg", Label.ATTACK)
    broken.path.write_bytes(b"\xff\xd8 half a picture")
    gone = Sample(tmp_path / "gone.jpg", Label.ATTACK)
    detector = FixedDetector()
    for _ in range(2):  # the second time all is known, the dark picture too
        found = result_of(prepare([good, dark, broken, gone], lambda: detector, cache=tmp_path / "cache"))
        assert [e.sample for e in found.examples] == [good]
        assert found.no_face == (dark,)
        assert [p.where for p in found.problems] == [str(broken.path), str(gone.path)]
        assert detector.calls == 2


def test_another_picture_under_the_same_name_is_not_the_cached_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    detector = FixedDetector()
    before = result_of(
        prepare([png(tmp_path / "a.png", drawn_face(True, rng))], lambda: detector, cache=tmp_path / "c")
    )
    after = result_of(
        prepare([png(tmp_path / "a.png", drawn_face(True, rng))], lambda: detector, cache=tmp_path / "c")
    )
    assert before.examples[0].region != after.examples[0].region


def test_training_crops_are_those_of_inference() -> None:
    """Cut from the region or from the picture: the same crop, border included."""
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (300, 400, 3), dtype=np.uint8)
    for box in (Box(180, 120, 220, 170), Box(-10, 5, 40, 60), Box(350, 250, 410, 320)):
        region, inside = cut_region(image, box, face_pixels=1000)
        for margin in (1.0, 2.7, 4.0):
            config = CropConfig(margin=margin, size=64)
            assert np.array_equal(crop(region, inside, config), crop(image, box, config))


def test_large_faces_are_scaled_down() -> None:
    image = np.zeros((1000, 1000, 3), dtype=np.uint8)
    region, inside = cut_region(image, Box(300, 200, 700, 800), face_pixels=150)
    assert inside.longer_side == pytest.approx(150, abs=1)
    assert region.shape[:2] == (250, 250)


def test_a_box_outside_the_picture() -> None:
    with pytest.raises(InputError, match="outside the picture"):
        cut_region(np.zeros((50, 50, 3), dtype=np.uint8), Box(60, 60, 80, 80), 100)


def test_videos_become_frames(tmp_path: Path) -> None:
    from liveness.video import VideoWriter

    rng = np.random.default_rng(0)
    with VideoWriter(tmp_path / "clip.mp4", fps=10) as writer:
        for _ in range(20):
            writer.write(drawn_face(True, rng))
    sample = Sample(tmp_path / "clip.mp4", Label.BONA_FIDE, subject="anna")
    options = PrepareOptions(video_frames=4)
    found = result_of(prepare([sample], FixedDetector, options, cache=tmp_path / "cache"))
    assert [e.sample.seconds for e in found.examples] == pytest.approx([0.25, 0.75, 1.25, 1.75], abs=0.06)
    assert {e.sample.subject for e in found.examples} == {"anna"}
    assert {e.sample.presentation for e in found.examples} == {sample.path.as_posix()}
    one = result_of(
        prepare([Sample(sample.path, Label.ATTACK, seconds=1.0)], FixedDetector, cache=tmp_path / "c")
    )
    assert [e.sample.seconds for e in one.examples] == [1.0]


def test_a_full_disk_is_noticed_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("liveness.data.prepare.shutil.disk_usage", lambda _: usage(10, 9, 1_000_000))
    samples = load_dataset(write_drawn(tmp_path, count=1, sources=1)).samples
    with pytest.raises(RunError, match="1 MB are free"):
        next(prepare(samples, no_detector, cache=tmp_path / "cache"))


def test_closing_it_stops_it(tmp_path: Path) -> None:
    samples = load_dataset(write_drawn(tmp_path, count=10, sources=2)).samples
    steps = prepare(samples, no_detector, PrepareOptions(workers=1), cache=tmp_path / "cache")
    next(steps)
    steps.close()
    assert not list((tmp_path / "cache").rglob("*.part"))
