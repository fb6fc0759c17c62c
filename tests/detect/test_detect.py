"""All detectors on the same pictures; those whose weights may not ship are skipped without them."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from liveness.detect import DEFAULT_DETECTOR, DETECTORS, build_detector
from liveness.detect.base import ShrinkingDetector
from liveness.errors import InputError, WeightsError
from liveness.types import Box, Detector, Face, Image
from liveness.weights import WEIGHTS, find
from tests.conftest import ROOT


def weights_folder() -> Path:
    return Path(os.environ.get("LIVENESS_MODELS", ROOT.parent / "shared" / "models"))


@pytest.fixture(scope="session")
def built() -> dict[str, Detector]:
    """The detectors that can be built here, by name."""
    with pytest.MonkeyPatch.context() as patch:
        if weights_folder().is_dir():
            patch.setenv("LIVENESS_MODELS", str(weights_folder()))
        here = [name for name in DETECTORS if name not in WEIGHTS or find(name) is not None]
        return {name: build_detector(name) for name in here}


@pytest.fixture(params=list(DETECTORS))
def detect(request: pytest.FixtureRequest, built: dict[str, Detector]) -> Detector:
    if request.param not in built:
        pytest.skip(f"the weights of {request.param} are not on this machine")
    return built[request.param]


def resized(image: Image, width: int, height: int) -> Image:
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


@pytest.fixture(scope="session")
def scene(astronaut: Image) -> Image:
    """A picture of 1920 x 1080 with the astronaut in the middle."""
    image = np.full((1080, 1920, 3), 110, np.uint8)
    image[:, 420:1500] = cv2.resize(astronaut, (1080, 1080), interpolation=cv2.INTER_CUBIC)
    return image


def test_finds_the_face_and_its_landmarks(detect: Detector, astronaut: Image, astronaut_face: Face) -> None:
    found = detect(astronaut)
    face = found[0]
    assert face.box.overlap(astronaut_face.box) > 0.6
    assert 0.5 < face.score <= 1
    assert face.landmarks is not None
    assert astronaut_face.landmarks is not None
    for point, marked in zip(face.landmarks.points(), astronaut_face.landmarks.points()):
        assert point == pytest.approx(marked, abs=12)  # in a face 90 pixels wide
    assert all(isinstance(value, float) for value in face.box.as_tuple())


def test_detectors_agree(built: dict[str, Detector], astronaut: Image) -> None:
    if len(built) < 2:
        pytest.skip("only one detector can be built here")
    flipped = np.ascontiguousarray(astronaut[:, ::-1])
    for image in (astronaut, flipped, astronaut[20:300, 60:380]):
        boxes = {name: detect(image)[0].box for name, detect in built.items()}
        for name, box in boxes.items():
            assert box.overlap(boxes[DEFAULT_DETECTOR]) > 0.6, name


def test_a_1080p_copy_has_the_boxes_of_the_480p_one(detect: Detector, scene: Image) -> None:
    small = detect(resized(scene, 854, 480))
    large = detect(scene)
    assert len(small) == len(large) == 1
    scaled = small[0].box.mapped(1920 / 854, 1080 / 480)
    assert scaled.overlap(large[0].box) > 0.85


def test_largest_first(detect: Detector, astronaut: Image) -> None:
    image = np.full((600, 900, 3), 110, np.uint8)
    image[40:296, 20:276] = resized(astronaut, 256, 256)
    image[40:552, 350:862] = astronaut
    first, second = (face.box for face in detect(image)[:2])
    assert first.area > second.area
    assert first.left > 400 > second.right


def test_a_face_that_fills_the_picture(detect: Detector, astronaut: Image, astronaut_face: Face) -> None:
    left, top, right, bottom = (round(v) for v in astronaut_face.box.as_tuple())
    face = detect(astronaut[top:bottom, left:right])[0]
    assert face.box.overlap(Box(0, 0, right - left, bottom - top)) > 0.5


@pytest.mark.parametrize("shape", [(10, 10), (1, 1), (16, 400), (400, 16), (33, 47), (480, 640)])
def test_pictures_without_a_face(detect: Detector, shape: tuple[int, int]) -> None:
    assert list(detect(np.zeros((*shape, 3), np.uint8))) == []
    noise = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert list(detect(noise)) == []


def test_pictures_that_are_not_contiguous(detect: Detector, astronaut: Image) -> None:
    seen = detect(astronaut[:, ::-1][:, ::-1])
    assert seen[0].box.overlap(detect(astronaut)[0].box) > 0.95


@pytest.mark.parametrize("shape", [(100, 100), (100, 100, 4), (100, 100, 1)])
def test_other_arrays_are_refused(detect: Detector, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="uint8 RGB picture is wanted"):
        detect(np.zeros(shape, np.uint8))
    with pytest.raises(InputError, match="float64"):
        detect(np.zeros((100, 100, 3)))


def test_many_threads_get_what_one_gets(detect: Detector, astronaut: Image) -> None:
    views = [
        astronaut,
        astronaut[:300, 50:400],
        resized(astronaut, 300, 200),
        np.zeros((64, 64, 3), np.uint8),
    ] * 2
    alone = [detect(view) for view in views]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(detect, views))
    for one, other in zip(alone, together):
        assert [f.box.as_tuple() for f in one] == [pytest.approx(f.box.as_tuple(), abs=0.5) for f in other]


def test_min_face_leaves_small_faces_out(astronaut: Image, built: dict[str, Detector]) -> None:
    share = 113 / 512  # of the astronaut's face
    assert build_detector("mtcnn", min_face=share * 0.7)(astronaut)
    assert not build_detector("mtcnn", min_face=share * 1.6)(astronaut)


@pytest.mark.parametrize("options", [{"longest": 10}, {"min_face": 0.0}, {"min_face": 2}, {"min_score": 1.0}])
def test_options_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"wanted|must lie"):
        build_detector("mtcnn", **options)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(
        InputError, match="no detector is called 'eyes', known are: mtcnn, yunet, yolov5-face"
    ):
        build_detector("eyes")


@pytest.mark.parametrize("name", sorted(set(WEIGHTS) & set(DETECTORS)))
def test_a_file_that_is_no_network_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(WeightsError, match="cannot be loaded"):
        build_detector(name, path=path)


def test_the_second_search_is_for_large_faces_and_small() -> None:
    seen: list[tuple[tuple[int, ...], float]] = []

    class Blind(ShrinkingDetector):
        """Sees something only at the second look."""

        def _find(self, image: Image, smallest: float) -> list[Face]:
            seen.append((image.shape, smallest))
            return [Face(Box(80, 80, 120, 120), 0.9)] if len(seen) == 2 else []

    found = Blind(longest=200, min_face=0.1, min_score=0.5)(np.zeros((800, 800, 3), np.uint8))
    assert seen == [((200, 200, 3), 20), ((200, 200, 3), 30)]  # 100 pixels and a border of 50
    assert [face.box.as_tuple() for face in found] == [(240, 240, 560, 560)]


def test_each_face_lies_in_the_picture_at_least_in_part(astronaut: Image) -> None:
    class Everywhere(ShrinkingDetector):
        """Reports a face inside, one outside, one without area and one too small."""

        def _find(self, image: Image, smallest: float) -> list[Face]:
            inside, outside = Box(10, 10, 60, 60), Box(-200, 10, -100, 60)
            small = Box(50, 50, 50 + smallest * 0.9, 50 + smallest * 0.9)
            return [Face(box, 0.9) for box in (outside, Box(20, 20, 20, 90), small, inside)]

    found = Everywhere(longest=256, min_face=0.05, min_score=0.5)(astronaut)
    assert [face.box.as_tuple() for face in found] == [(20, 20, 120, 120)]


def test_importing_loads_neither_torch_nor_onnxruntime() -> None:
    code = (
        "import sys, liveness.detect as d; d.DETECTORS;"
        "sys.exit(bool({'torch', 'onnxruntime', 'facenet_pytorch'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_yunet_is_quiet(
    built: dict[str, Detector], astronaut: Image, capfd: pytest.CaptureFixture[str]
) -> None:
    if "yunet" not in built:
        pytest.skip("the weights of yunet are not on this machine")
    level = cv2.utils.logging.getLogLevel()
    build_detector("yunet", path=weights_folder() / WEIGHTS["yunet"].filename)(astronaut)
    assert capfd.readouterr().err == ""
    assert cv2.utils.logging.getLogLevel() == level
