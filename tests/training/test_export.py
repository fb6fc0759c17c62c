"""Export: the file scores like torch, describes itself, gives its weights back; the old one goes at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from liveness.classify import OnnxClassifier, load_info
from liveness.config import CropConfig, InputConfig, ModelInfo
from liveness.crop import crop, normalise
from liveness.errors import InputError, ModelError
from liveness.modelfile import state_from_onnx
from liveness.training import network as networks
from liveness.training.export import export, export_int8, install
from liveness.training.network import Checkpoint, load_checkpoint, save_checkpoint
from liveness.types import Box, Image

SIZE = 32
INFO = ModelInfo("resnet18", 0.25, "BPCER at APCER 5 %, dev", InputConfig(CropConfig(size=SIZE)))


@pytest.fixture(scope="module")
def crops(astronaut: Image) -> np.ndarray:
    """Crops of a real picture: the face and its surroundings, at 24 places."""
    places = [Box(20.0 * x, 30.0 * y, 20.0 * x + 113, 30.0 * y + 113) for x in range(6) for y in range(4)]
    return np.stack([crop(astronaut, box, INFO.input.crop) for box in places])


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained network whose batch norms are not the identity."""
    torch.manual_seed(0)
    network = networks.build("resnet18")
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.weight, module.running_var):
                torch.nn.init.uniform_(values, 0.5, 1.5)
            for values in (module.bias, module.running_mean):
                torch.nn.init.uniform_(values, -0.2, 0.2)
    path = tmp_path_factory.mktemp("run") / "best.pt"
    save_checkpoint(path, Checkpoint(INFO, network.state_dict()))
    return path


@pytest.fixture
def small_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A network of three layers, for tests that do not need the real one."""

    def make(outputs: int) -> torch.nn.Module:
        layers = torch.nn.Conv2d(3, 4, 3), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()
        return torch.nn.Sequential(*layers, torch.nn.Linear(4, outputs))

    small = networks.Network(make, dict, "3")
    monkeypatch.setattr(networks, "NETWORKS", {**networks.NETWORKS, "small": small})
    path = tmp_path / "run" / "best.pt"
    path.parent.mkdir()
    save_checkpoint(path, Checkpoint(replace(INFO, network="small"), make(1).state_dict()))
    return path


@pytest.fixture(scope="module")
def exported(checkpoint: Path, crops: np.ndarray) -> Path:
    return export(checkpoint, checkpoint.with_name("exported.onnx"), crops).path


def test_the_file_scores_like_torch(checkpoint: Path, exported: Path, crops: np.ndarray) -> None:
    trained = load_checkpoint(checkpoint).network()
    with torch.inference_mode():
        expected = torch.sigmoid(trained(torch.from_numpy(normalise(crops, INFO.input)))).numpy()[:, 0]
    assert expected.std() > 1e-3  # not one constant
    np.testing.assert_allclose(OnnxClassifier(exported).score_crops(crops), expected, atol=1e-5)


def test_the_file_describes_itself(exported: Path, crops: np.ndarray) -> None:
    info = load_info(exported)
    assert replace(info, metrics={}, created="", package_version="") == INFO
    assert info.metrics["export_max_difference"] < 1e-5
    assert info.metrics["export_crops"] == len(crops)
    assert info.created
    assert info.package_version


def test_it_is_one_portable_file(exported: Path) -> None:
    assert [p.name for p in exported.parent.iterdir() if "onnx" in p.name] == ["exported.onnx"]
    model = onnx.load(exported)
    assert {n.domain for n in model.graph.node} == {""}
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    content = exported.read_bytes()
    for trace in (str(Path(__file__).resolve().parents[2]), "site-packages", "stack_trace"):
        assert trace.encode() not in content


def test_weights_come_back_bit_for_bit(checkpoint: Path, exported: Path) -> None:
    state = {k: v.numpy() for k, v in load_checkpoint(checkpoint).state.items() if "num_batches" not in k}
    back = state_from_onnx(exported)
    assert set(back) == set(state)
    for name, values in state.items():
        np.testing.assert_array_equal(back[name], values, strict=True)


def test_training_can_start_from_the_file(checkpoint: Path, exported: Path, crops: np.ndarray) -> None:
    network = networks.build("resnet18").eval()
    networks.initialise(network, "resnet18", str(exported))
    pictures = torch.from_numpy(normalise(crops, INFO.input))
    with torch.inference_mode():
        torch.testing.assert_close(network(pictures), load_checkpoint(checkpoint).network()(pictures))


def test_a_file_of_two_windows(checkpoint: Path, exported: Path, crops: np.ndarray, tmp_path: Path) -> None:
    """The file averages the logits of both windows, in any batch, and holds the same weights."""
    kept = networks.load_checkpoint(checkpoint)
    two = replace(INFO, input=InputConfig(replace(INFO.input.crop, inner=1.2)))
    save_checkpoint(tmp_path / "two.pt", Checkpoint(two, kept.state))
    pairs = np.concatenate((crops[:12], crops[12:]), axis=2)
    report = export(tmp_path / "two.pt", tmp_path / "two.onnx", pairs)
    assert report.max_difference < 1e-4
    assert load_info(tmp_path / "two.onnx").input == two.input
    one, both = OnnxClassifier(exported).score_crops(crops), OnnxClassifier(tmp_path / "two.onnx")
    logits = np.log(one / (1 - one))
    mean = (logits[:12] + logits[12:]) / 2
    assert both.score_crops(pairs) == pytest.approx(1 / (1 + np.exp(-mean)), abs=1e-4)
    with pytest.raises(ModelError, match=rf"takes uint8 crops \(n, {SIZE}, {2 * SIZE}, 3\)"):
        both.score_crops(crops)
    before, after = state_from_onnx(exported), state_from_onnx(tmp_path / "two.onnx")
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_a_file_that_differs_from_torch_is_not_written(
    small_checkpoint: Path, crops: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(model: onnx.ModelProto, path: Path) -> None:
        bias = next(t for t in model.graph.initializer if t.name == "3.bias")
        wrong = onnx.numpy_helper.to_array(bias) + np.float32(0.1)
        bias.CopyFrom(onnx.numpy_helper.from_array(wrong, "3.bias"))
        Path(path).write_bytes(model.SerializeToString())

    output = tmp_path / "out" / "model.onnx"
    output.parent.mkdir()
    output.write_bytes(b"the old one")
    monkeypatch.setattr(onnx, "save", spoil)
    with pytest.raises(ModelError, match=r"differs from torch by .* model\.onnx was not written"):
        export(small_checkpoint, output, crops)
    assert [(p.name, p.read_bytes()) for p in output.parent.iterdir()] == [("model.onnx", b"the old one")]


def test_the_file_that_is_replaced_can_be_kept(
    small_checkpoint: Path, crops: np.ndarray, tmp_path: Path
) -> None:
    output = tmp_path / "out" / "model.onnx"
    output.parent.mkdir()
    output.write_bytes(b"the old one")
    export(small_checkpoint, output, crops, keep_previous=True)
    assert load_info(output).network == "small"
    assert output.with_name("model.previous.onnx").read_bytes() == b"the old one"
    assert sorted(p.name for p in output.parent.iterdir()) == ["model.onnx", "model.previous.onnx"]


def test_crops_are_needed(checkpoint: Path, tmp_path: Path, crops: np.ndarray) -> None:
    with pytest.raises(InputError, match="at least 1 crops"):
        export(checkpoint, tmp_path / "a.onnx", crops[:0])
    with pytest.raises(InputError, match=r"wanted uint8 crops \(n, 32, 32, 3\)"):
        export(checkpoint, tmp_path / "a.onnx", crops[:, :16])
    assert list(tmp_path.iterdir()) == []


def test_int8_agrees_and_says_how_well(exported: Path, crops: np.ndarray, tmp_path: Path) -> None:
    report = export_int8(exported, tmp_path / "int8.onnx", crops, crops[::2])
    plain, small = OnnxClassifier(exported), OnnxClassifier(report.path)
    off = np.abs(plain.score_crops(crops[::2]) - small.score_crops(crops[::2]))
    assert report.max_difference == pytest.approx(off.max())
    assert report.mean_difference == pytest.approx(off.mean())
    assert 0 < report.mean_difference < 0.1
    assert report.bytes < exported.stat().st_size / 3
    assert small.info.metrics["int8_max_difference"] == report.max_difference
    assert small.info.metrics["int8_crops"] == report.samples == 12
    assert replace(small.info, metrics={}) == replace(plain.info, metrics={})
    with pytest.raises(ModelError, match="holds no weights to train on"):
        state_from_onnx(report.path)


def test_int8_stores_bytes_per_channel(exported: Path, crops: np.ndarray, tmp_path: Path) -> None:
    graph = onnx.load(export_int8(exported, tmp_path / "int8.onnx", crops).path).graph
    tensors = {t.name: t for t in graph.initializer}
    made_by = {name: node for node in graph.node for name in node.output}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    assert len(convolutions) == 20
    for node in convolutions:
        picture, weight = (made_by[name] for name in node.input[:2])
        assert tensors[picture.input[2]].data_type == onnx.TensorProto.UINT8  # the zero point has the type
        assert tensors[weight.input[0]].data_type == onnx.TensorProto.INT8
        assert tensors[weight.input[1]].dims == tensors[weight.input[0]].dims[:1]  # a scale a channel


def test_int8_needs_enough_crops(exported: Path, crops: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least 8 crops"):
        export_int8(exported, tmp_path / "int8.onnx", crops[:7])


def test_replacing_can_keep_the_old_one(tmp_path: Path) -> None:
    target, new = tmp_path / "model.onnx", tmp_path / "new.onnx"
    for content, kept in ((b"first", None), (b"second", b"first"), (b"third", b"second")):
        new.write_bytes(content)
        install(new, target, keep_previous=True)
        previous = tmp_path / "model.previous.onnx"
        assert target.read_bytes() == content
        assert (previous.read_bytes() if previous.exists() else None) == kept
    new.write_bytes(b"fourth")
    install(new, target)
    assert (tmp_path / "model.previous.onnx").read_bytes() == b"second"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.onnx", "model.previous.onnx"]
