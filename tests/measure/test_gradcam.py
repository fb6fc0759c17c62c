"""Grad-CAM: what the logit is made of, with the right sign and place, of files that torch can have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from liveness.config import CropConfig, InputConfig, ModelInfo
from liveness.measure import gradcam as module
from liveness.measure.gradcam import gradcam, gradcam_map, torch_network, torch_score
from liveness.measure.saliency import saliency
from liveness.modelfile import default_model
from liveness.systems import load_system
from liveness.training.network import build
from liveness.types import Box, Face, Image

INFO = ModelInfo(
    "resnet18", 0.5, "by hand", InputConfig(CropConfig(size=64), mean=(0.0,) * 3, std=(1.0,) * 3)
)


def brightness() -> nn.Module:
    """Its logit is 10 times the mean of (brightness - 0.5)."""
    network = nn.Sequential(nn.Conv2d(3, 1, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 1))
    with torch.no_grad():
        network[0].weight.fill_(1 / 3)
        network[0].bias.fill_(-0.5)
        network[3].weight.fill_(10)
        network[3].bias.zero_()
    return network.eval()


def test_the_map_shows_where_and_which_way() -> None:
    crop = np.zeros((64, 64, 3), np.uint8)
    crop[:, :32] = 255
    heat = gradcam(brightness(), INFO, crop)
    assert heat.shape == (64, 64)
    assert (heat[:, :32] > 0).all(), "bright speaks for bona fide"
    assert (heat[:, 32:] < 0).all(), "dark for an attack"
    assert heat.sum() == pytest.approx(0, abs=1e-3), "and the logit is 0"


TWO = replace(INFO, input=replace(INFO.input, crop=CropConfig(2.0, 64, inner=1.0)))


@pytest.mark.parametrize(("info", "windows"), [(INFO, 1), (TWO, 2)])
def test_places_add_up_to_the_logit_where_the_network_ends_in_an_average(
    info: ModelInfo, windows: int
) -> None:
    torch.manual_seed(0)
    network = build("resnet18").eval()
    crop = np.random.default_rng(0).integers(0, 256, (64, 64 * windows, 3), dtype=np.uint8)
    found = gradcam_map(network, info, crop)
    assert found.shape == (windows, 1, 2, 2)
    score = torch_score(network, info, crop)
    logit = float(found.sum()) + float(network.get_parameter("fc.bias").item())
    assert logit == pytest.approx(np.log(score / (1 - score)), abs=1e-4)
    outer = gradcam(network, INFO, crop[:, :64])
    assert gradcam(network, info, crop)[:, :64] == pytest.approx(outer / windows, abs=1e-5)


def test_the_shipped_model_is_taken_back_into_torch(astronaut: Image, astronaut_face: Face) -> None:
    system = load_system(default_model(), 1)
    found = saliency(system, astronaut, astronaut_face.box)
    assert found.method == "gradcam"
    info = system.members[0].info
    network = torch_network(default_model(), info)
    assert network is not None
    assert torch_score(network, info, found.crop) == pytest.approx(found.score, abs=1e-4)
    assert found.heat.shape == found.crop.shape[:2]
    other = saliency(system, astronaut, astronaut_face.box, "occlusion")
    assert (other.method, other.score) == ("occlusion", found.score)


def test_a_file_that_torch_cannot_have_is_occluded(
    make_model: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, box = np.full((80, 80, 3), 230, np.uint8), Box(8, 8, 72, 72)
    twin = default_model().with_name("model.int8.onnx")
    assert torch_network(twin, load_system(twin, 1).members[0].info) is None
    foreign = load_system(make_model())
    assert saliency(foreign, image, box).method == "occlusion"
    claims = load_system(make_model("claims.onnx", network="resnet18"))
    assert saliency(claims, image, box).method == "occlusion", "the name alone is no network"
    assert torch_network(tmp_path / "gone.onnx", INFO) is None
    monkeypatch.setattr(module, "torch_network", lambda path, info: brightness())
    monkeypatch.setattr(module, "torch_score", lambda network, info, crop: 0.0)
    assert saliency(foreign, image, box).method == "occlusion", "another score, so another network"


def test_the_network_of_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "trunk.pt"
    for seed in (1, 2):
        torch.manual_seed(seed)
        network = build("resnet18")
        torch.save(network.state_dict(), path)
        found = torch_network(path, INFO)
        assert found is not None
        assert torch.equal(found.get_parameter("fc.weight"), network.get_parameter("fc.weight"))
