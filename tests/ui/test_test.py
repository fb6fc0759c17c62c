"""The Test tab's handlers: batches, thresholds, cards, and bad files that do not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from liveness.config import AppConfig
from liveness.detect import DEFAULT_DETECTOR, build_detector
from liveness.errors import ImageError, InputError, WeightsError
from liveness.pipeline import Pipeline
from liveness.types import Box, Face, FaceResult, FrameResult, Image, Landmarks, Match, Quality, Verdict
from liveness.ui import cards, detectors, examples
from liveness.ui import test as tab
from liveness.ui.context import Context
from liveness.ui.photos import Photo, analyse, annotated, at_threshold


class Bright:
    """A classifier for which the mean of the picture is the score."""

    threshold = 0.5
    calls = 0

    def __call__(self, image: Image, faces: Sequence[Face]) -> list[float]:
        Bright.calls += 1
        return [float(image.mean()) / 255] * len(faces)


def middle(image: Image) -> list[Face]:
    height, width = image.shape[:2]
    points = [
        (width * x, height * y) for x, y in ((0.4, 0.4), (0.6, 0.4), (0.5, 0.5), (0.4, 0.6), (0.6, 0.6))
    ]
    return [Face(Box(width * 0.25, height * 0.25, width * 0.75, height * 0.75), 0.9, Landmarks(*points))]


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline(middle, Bright(), limits=None)


def write(path: Path, grey: int, width: int = 200, height: int = 100) -> str:
    PIL.Image.fromarray(np.full((height, width, 3), grey, np.uint8)).save(path)
    return str(path)


def test_bad_files_are_listed_and_the_others_go_on(tmp_path: Path, pipeline: Pipeline) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"")
    paths = [str(bad), write(tmp_path / "good.png", 200), str(tmp_path / "missing.png")]
    photos = list(analyse(paths, pipeline))
    assert [p.failed for p in photos] == [True, False, True]
    assert photos[0].error == "bad.jpg is empty"
    assert all(str(tmp_path) not in p.error for p in photos)
    with pytest.raises(ImageError, match=r"bad\.jpg"):
        annotated(photos[0])


def test_a_moved_threshold_runs_no_network(tmp_path: Path, pipeline: Pipeline) -> None:
    photos = list(analyse([write(tmp_path / "a.png", 153)], pipeline))
    calls = Bright.calls
    for threshold, live in ((0.59, True), (0.6, True), (0.61, False), (0.0, True), (1.0, False)):
        (moved,) = at_threshold(photos, threshold)
        assert moved.result is not None
        assert moved.result.faces[0].live is live
        assert tab.shown(photos, threshold)
    assert Bright.calls == calls


def test_large_pictures_are_shown_small_with_the_box_in_place(tmp_path: Path, pipeline: Pipeline) -> None:
    (photo,) = analyse([write(tmp_path / "a.png", 90, 4000, 2000)], pipeline)
    shown = annotated(photo)
    assert shown.shape == (800, 1600, 3)
    assert len(photo.preview) < 200_000
    changed = np.argwhere(np.abs(shown.astype(int) - 90).max(axis=2) > 60)
    assert abs(changed[:, 1].min() - 400) < 20, "the left edge of the box, in pixels of the preview"
    assert photo.result is not None
    assert photo.result.faces[0].face.box.left == 1000, "the figures stay those of the original"


def test_the_slider_at_the_models_threshold_means_exactly_that(make_model: Callable[..., Path]) -> None:
    context = Context(AppConfig(model=str(make_model(threshold=0.953274))))
    assert tab.exact(context, None, 0.953) == 0.953274
    assert tab.exact(context, None, 0.954) == 0.954
    assert tab.exact(Context(AppConfig(model="none.onnx")), None, 0.3) == 0.3


def test_nothing_and_too_much_are_refused(tmp_path: Path) -> None:
    context = Context(AppConfig(max_files=2))
    with pytest.raises(InputError, match="add a picture first"):
        tab.judge(context, None, "mtcnn", False, None)
    with pytest.raises(InputError, match="at most 2 pictures at a time, got 3"):
        tab.judge(context, [("a.png", None)] * 3, "mtcnn", False, None)


def face(**changes: object) -> FaceResult:
    made = {"face": Face(Box(1, 2, 30, 40), 0.8), "verdict": Verdict(0.9, 0.5), **changes}
    return FaceResult(**made)  # type: ignore[arg-type]


def test_cards_give_both_reasons_of_access() -> None:
    known = Match("Ada", 0.8, 0.5)
    granted = cards.face_card(face(match=known), 1, matched=True)
    assert "Access granted" in granted
    spoofed = cards.face_card(face(verdict=Verdict(0.2, 0.5), match=known), 1, matched=True)
    assert "Access refused" in spoofed
    assert "Spoof: score 0.20" in spoofed
    assert "matches Ada" in spoofed
    assert "Access" not in cards.face_card(face(), 1)


def test_no_decision_says_why() -> None:
    quality = Quality(20, 1, 10, 1, ("too dark: more light",))
    html = cards.face_card(face(verdict=None, quality=quality), 2)
    assert "No decision" in html
    assert "Too dark: more light." in html


def test_names_of_files_and_people_are_escaped() -> None:
    result = FrameResult(0, 0, (face(match=Match("<script>", 0.9, 0.5)),), {"total": 1.0, "match": 1.0})
    photos = [Photo("<img src=x>.png", result, preview=b""), Photo("b", error="<b> is damaged")]
    html = cards.photo_cards(photos, matched=True)
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>" not in html


def test_no_face_is_a_result() -> None:
    alone = cards.photo_cards([Photo("a.png", FrameResult(0, 0, ()))])
    assert "No face found" in alone
    assert "Not read" not in alone
    assert cards.photo_cards([]) == cards.empty(cards.NOT_TRIED)


def test_examples_are_made_here_and_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    files = examples.example_files()
    assert {caption for _, caption in files} >= {"A photograph", "A drawn face", "No face"}
    assert all(Path(path).is_relative_to(tmp_path) for path, _ in files)
    Path(files[0][0]).unlink()
    assert Path(examples.example_files()[0][0]).is_file()


def test_a_face_is_found_on_every_example_that_shows_one() -> None:
    detect = build_detector(DEFAULT_DETECTOR)
    found = {caption: len(detect(image)) for caption, image in examples.example_images().items()}
    assert found == dict.fromkeys(found, 1) | {"Two drawn faces": 2, "No face": 0}


def test_a_copyleft_licence_is_accepted_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVENESS_MODELS", str(tmp_path))
    monkeypatch.setenv("LIVENESS_CACHE", str(tmp_path))
    fetched: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        detectors, "fetch", lambda name, accept_licence: fetched.append((name, accept_licence))
    )
    with pytest.raises(WeightsError, match=r"GPL-3\.0"):
        detectors.make_ready("yolov5-face", accepted=False)
    assert fetched == []
    detectors.make_ready("yolov5-face", accepted=True)
    detectors.make_ready("yunet", accepted=False)
    detectors.make_ready("mtcnn", accepted=False)
    assert fetched == [("yolov5-face", True), ("yunet", False)]
