"""Fixtures that every test file may use. Nothing here needs what lies outside the repository."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

from liveness.config import CropConfig, InputConfig, ModelInfo
from liveness.types import Box, Face, Image, Landmarks

ROOT = Path(__file__).resolve().parent.parent
_SLOW = {"slow", "browser"}

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("liveness", deadline=None)
hypothesis.settings.load_profile("liveness")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first: a plain mistake shows within a minute."""
    items.sort(key=lambda item: bool(_SLOW & {mark.name for mark in item.iter_markers()}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the fast and the slow tests took."""
    seconds = {"fast": 0.0, "slow": 0.0}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds["slow" if _SLOW & set(report.keywords) else "fast"] += report.duration
    terminalreporter.write_line(f"fast tests {seconds['fast']:.0f} s, slow tests {seconds['slow']:.0f} s")


@pytest.fixture(scope="session")
def astronaut() -> Image:
    """scikit-image's public-domain photograph of a face: uint8 RGB (512, 512, 3)."""
    from skimage import data

    return np.asarray(data.astronaut(), dtype=np.uint8)


@pytest.fixture(scope="session")
def astronaut_face() -> Face:
    """Where the face is in ``astronaut``, marked by hand."""
    marks = Landmarks((200.0, 102.0), (247.0, 102.5), (220.5, 124.5), (198.5, 143.0), (239.5, 143.5))
    return Face(Box(178.0, 63.0, 268.0, 176.0), 1.0, marks)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The development data outside the repository (LIVENESS_SHARED, or ../shared); skips without it."""
    folder = Path(os.environ.get("LIVENESS_SHARED", ROOT.parent / "shared"))
    if not (folder / "data" / "faces" / "manifest.csv").is_file():
        pytest.skip("the shared development data is not here")
    return folder


def brightness_model(path: Path, info: ModelInfo, gain: float = 20.0, values: int = 1) -> Path:
    """Write a network whose logit is ``gain * (mean of the crop in 0..1 - 0.5)``: bright is bona fide.

    values: outputs a face; the brightness logit is the last, the others are 0.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from liveness.modelfile import write_info

    size = info.input.crop.size
    weight = np.zeros((3, values), dtype=np.float32)
    weight[:, -1] = gain / 3
    bias = np.zeros(values, dtype=np.float32)
    bias[-1] = -gain / 2
    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weight", "bias"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, size, size])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", values])],
        [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(bias, "bias")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    write_info(model, info)
    onnx.save(model, path)
    return path


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., Path]:
    """Makes a valid model file in milliseconds: ``make_model(name="a.onnx", threshold=0.3, ...)``.

    The mean brightness of the crop decides: brighter than 0.5 (128) scores above 0.5, steeply.
    Keywords are fields of ModelInfo, or gain and values of ``brightness_model``.
    """

    def make(name: str = "model.onnx", gain: float = 20.0, values: int = 1, **changes: Any) -> Path:
        fields: dict[str, Any] = {
            "network": "brightness",
            "threshold": 0.5,
            "operating_point": "chosen by hand for tests",
            "input": InputConfig(CropConfig(margin=1.0, size=32), mean=(0.0,) * 3, std=(1.0,) * 3),
        }
        return brightness_model(tmp_path / name, ModelInfo(**{**fields, **changes}), gain, values)

    return make


@pytest.fixture
def tiny_model(make_model: Callable[..., Path]) -> Path:
    """A valid model file for which bright faces are live and dark ones are spoofs."""
    return make_model()
