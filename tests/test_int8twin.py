"""The int8 twin is used where it is faster and agrees, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from liveness import int8twin as module
from liveness.classify import OnnxClassifier
from liveness.int8twin import fastest, twin_path


@pytest.fixture(autouse=True)
def gain(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock says; the real one would make the test a matter of luck."""
    measured = [3.0]
    monkeypatch.setattr(module, "_gain", lambda *_: measured[0])
    return measured


def test_without_a_twin_the_model_itself_is_used(tiny_model: Path) -> None:
    plain = OnnxClassifier(tiny_model)
    choice = fastest(plain)
    assert choice.classifier is plain
    assert "no int8 twin" in choice.reason


def test_a_faster_twin_that_agrees_is_used(make_model: Callable[..., Path], gain: list[float]) -> None:
    plain = OnnxClassifier(make_model())
    make_model("model.int8.onnx", metrics={"int8_speed": 3.0})
    choice = fastest(plain)
    assert choice.classifier.path == twin_path(plain.path)
    assert "3.0 x as fast" in choice.reason
    assert fastest(plain) is choice, "measured once"


def test_a_slow_twin_is_left(make_model: Callable[..., Path], gain: list[float]) -> None:
    plain = OnnxClassifier(make_model())
    make_model("model.int8.onnx")
    gain[0] = 0.8
    choice = fastest(plain)
    assert choice.classifier is plain
    assert "not faster" in choice.reason


def test_a_twin_of_other_verdicts_is_left(make_model: Callable[..., Path]) -> None:
    plain = OnnxClassifier(make_model())
    make_model("model.int8.onnx", gain=-20.0)
    choice = fastest(plain)
    assert choice.classifier is plain
    assert "other verdicts" in choice.reason


def test_the_twin_of_another_model_is_left(make_model: Callable[..., Path]) -> None:
    plain = OnnxClassifier(make_model())
    make_model("model.int8.onnx", threshold=0.4)
    choice = fastest(plain)
    assert choice.classifier is plain
    assert "another model" in choice.reason


def test_the_clock_is_real(make_model: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    plain = OnnxClassifier(make_model())
    assert module._gain(plain, plain, module._crops(plain)[:1]) > 0
