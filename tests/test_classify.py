"""Scores: what each output means, batches, threads, and the path from a picture to a verdict."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from liveness.classify import OnnxClassifier, load_info
from liveness.config import CropConfig, InputConfig
from liveness.errors import InputError, ModelError
from liveness.modelfile import write_info
from liveness.pipeline import Pipeline
from liveness.types import Box, Face, Frame, Image, Label

Make = Callable[..., Path]


def flat(*levels: int, size: int = 32) -> np.ndarray:
    """Crops of one grey level each."""
    return np.stack([np.full((size, size, 3), level, dtype=np.uint8) for level in levels])


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("slope", [-0.5, 0.25, 1.0, 1.5])
def test_a_parametric_rectifier_keeps_its_meaning(make_model: Make, slope: float) -> None:
    path = make_model("sloped.onnx")
    model = onnx.load(path)
    model.graph.node[-1].output[0] = "before"
    model.graph.node.append(helper.make_node("PRelu", ["before", "slope"], ["y"]))
    model.graph.initializer.append(numpy_helper.from_array(np.array([slope], np.float32), "slope"))
    onnx.save(model, path)
    levels = np.array([0, 60, 200])
    logits = 20 * (levels / 255 - 0.5)
    wanted = sigmoid(np.where(logits < 0, slope * logits, logits))
    np.testing.assert_allclose(OnnxClassifier(path).score_crops(flat(*levels)), wanted, atol=1e-5)


def test_scores_are_the_sigmoid_of_the_logit(tiny_model: Path) -> None:
    levels = np.array([0, 60, 127, 128, 200, 255])
    scores = OnnxClassifier(tiny_model).score_crops(flat(*levels))
    assert scores.dtype == np.float64
    np.testing.assert_allclose(scores, sigmoid(20 * (levels / 255 - 0.5)), atol=1e-5)


def test_extreme_logits_stay_in_range(make_model: Make) -> None:
    scores = OnnxClassifier(make_model(gain=5000.0)).score_crops(flat(0, 255))
    assert scores.tolist() == [0.0, 1.0]


def test_softmax_over_logits_at_the_live_index(make_model: Make) -> None:
    path = make_model(values=3, output="logits", live_index=2)
    logit = 20 * (200 / 255 - 0.5)
    expected = np.exp(logit) / (np.exp(logit) + 2)
    assert OnnxClassifier(path).score_crops(flat(200))[0] == pytest.approx(expected, abs=1e-5)


def test_a_score_output_is_taken_as_it_is_and_must_be_one(make_model: Make) -> None:
    classifier = OnnxClassifier(make_model(gain=1.0, output="score"))
    assert classifier.score_crops(flat(230))[0] == pytest.approx(230 / 255 - 0.5, abs=1e-5)
    with pytest.raises(ModelError, match=r"scores lie in 0\.\.1"):
        classifier.score_crops(flat(10))


def test_values_that_are_no_numbers_are_refused(make_model: Make) -> None:
    with pytest.raises(ModelError, match="not a number"):
        OnnxClassifier(make_model(gain=float("inf"))).score_crops(flat(255))


def test_batches_are_bounded_and_do_not_change_scores(tiny_model: Path) -> None:
    classifier = OnnxClassifier(tiny_model, threads=1)
    levels = [i % 256 for i in range(100)]
    together = classifier.score_crops(flat(*levels))
    alone = np.concatenate([classifier.score_crops(flat(level)) for level in levels])
    np.testing.assert_allclose(together, alone, atol=1e-7)
    assert classifier.score_crops(flat(1)[:0]).shape == (0,)


def test_a_fixed_batch_is_filled_up(tiny_model: Path) -> None:
    model = onnx.load(tiny_model)
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_value = 4
    fixed = tiny_model.with_name("fixed.onnx")
    onnx.save(model, fixed)
    crops = flat(*range(0, 250, 25))
    np.testing.assert_allclose(
        OnnxClassifier(fixed).score_crops(crops), OnnxClassifier(tiny_model).score_crops(crops), atol=1e-7
    )


@pytest.mark.parametrize(
    "crops", [np.zeros((1, 31, 32, 3), np.uint8), np.zeros((1, 32, 32, 3), np.float32), flat(1)[0]]
)
def test_crops_of_another_shape_or_type_are_refused(tiny_model: Path, crops: np.ndarray) -> None:
    with pytest.raises(ModelError, match=r"takes uint8 crops \(n, 32, 32, 3\)"):
        OnnxClassifier(tiny_model).score_crops(crops)


def test_threads_share_one_session(tiny_model: Path) -> None:
    classifier = OnnxClassifier(tiny_model)
    levels = list(range(0, 256, 4))
    with ThreadPoolExecutor(8) as pool:
        scores = list(pool.map(lambda level: classifier.score_crops(flat(level))[0], levels))
    np.testing.assert_allclose(scores, classifier.score_crops(flat(*levels)), atol=1e-7)


def test_colour_order_reaches_the_network(make_model: Make, tmp_path: Path) -> None:
    """A mean on one channel only tells RGB from BGR."""
    red = np.zeros((1, 32, 32, 3), np.uint8)
    red[..., 0] = 255
    settings = InputConfig(CropConfig(size=32), mean=(-3.0, 0.0, 0.0), std=(9.0, 1.0, 1.0))
    rgb = OnnxClassifier(make_model("rgb.onnx", input=settings)).score_crops(red)[0]
    bgr = OnnxClassifier(make_model("bgr.onnx", input=replace(settings, colour="bgr"))).score_crops(red)[0]
    assert rgb == pytest.approx(sigmoid(np.float64(20 * (4 / 9 / 3 - 0.5))), abs=1e-5)
    assert bgr == pytest.approx(sigmoid(np.float64(20 * ((3 / 9 + 1) / 3 - 0.5))), abs=1e-5)


def test_channels_last_reach_the_network(tiny_model: Path) -> None:
    """The same network behind a transposition, as TensorFlow exports it."""
    model, info = onnx.load(tiny_model), load_info(tiny_model)
    model.graph.node[0].input[0] = "moved"
    model.graph.node.insert(0, helper.make_node("Transpose", ["x"], ["moved"], perm=[0, 3, 1, 2]))
    for dim, value in zip(model.graph.input[0].type.tensor_type.shape.dim[1:], (32, 32, 3)):
        dim.dim_value = value
    write_info(model, replace(info, input=replace(info.input, layout="nhwc")))
    last = tiny_model.with_name("last.onnx")
    onnx.save(model, last)
    crops = flat(10, 120, 240)
    np.testing.assert_allclose(
        OnnxClassifier(last).score_crops(crops), OnnxClassifier(tiny_model).score_crops(crops), atol=1e-6
    )
    write_info(model, info)
    onnx.save(model, last)
    with pytest.raises(ModelError, match=r"takes the shape \(\?, 32, 32, 3\)"):
        load_info(last)


def test_faces_of_a_picture_in_their_order(tiny_model: Path) -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[:, 100:] = 255
    dark, bright = Face(Box(10, 10, 60, 60), 1.0), Face(Box(120, 20, 180, 80), 1.0)
    classifier = OnnxClassifier(tiny_model)
    assert classifier(image, []) == []
    assert [s > 0.5 for s in classifier(image, [dark, bright])] == [False, True]
    assert [s > 0.5 for s in classifier(image, [bright, dark])] == [True, False]
    with pytest.raises(InputError, match="outside the picture"):
        classifier(image, [Face(Box(300, 300, 350, 350), 1.0)])


def test_the_pipeline_gives_both_verdicts(tiny_model: Path, astronaut: Image, astronaut_face: Face) -> None:
    pipeline = Pipeline(lambda image: [astronaut_face], OnnxClassifier(tiny_model))
    bright = np.clip(astronaut.astype(int) + 60, 0, 255).astype(np.uint8)
    labels = []
    for image in (bright, astronaut // 2):
        (face,) = pipeline(Frame(image)).faces
        assert face.verdict is not None
        labels.append(face.verdict.label)
    assert labels == [Label.BONA_FIDE, Label.ATTACK]


def test_a_graph_that_does_not_run_is_refused(tiny_model: Path) -> None:
    model = onnx.load(tiny_model)
    model.graph.node[0].op_type = "NoSuchOperator"
    onnx.save(model, tiny_model)
    assert load_info(tiny_model).network == "brightness"
    with pytest.raises(ModelError, match=r"model\.onnx does not load: .*NoSuchOperator"):
        OnnxClassifier(tiny_model)
