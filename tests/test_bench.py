"""The bench runs every stage and names its references; how long things take is no matter of tests."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from liveness.bench import BenchOptions, run_bench
from liveness.cli import main
from liveness.detect import build_detector
from liveness.stopwatch import FRAMES, drawn_frame, medians
from liveness.types import Face

SMALL = BenchOptions(repeats=1, frames=2, steps=1, batch=2, training_size=32, sizes=("480p",))


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No downloaded weights, so that the same stages run on every machine."""
    monkeypatch.delenv("LIVENESS_MODELS", raising=False)
    monkeypatch.setenv("LIVENESS_CACHE", str(tmp_path / "cache"))


@pytest.mark.slow
def test_every_stage_is_measured(tiny_model: Path) -> None:
    measures = list(run_bench(tiny_model, SMALL))
    lines = {(m.stage, m.what) for m in measures}
    assert {
        ("detect", "mtcnn"),
        ("detect", "plain facenet_pytorch.MTCNN"),
        ("crop", "crop"),
        ("match", "ORB"),
        ("draw", "draw"),
        ("photo to verdict", "mtcnn"),
        ("classify", "float32"),
        ("classify", "int8"),
        ("classify", "bare onnxruntime float32"),
        ("video", "mtcnn"),
    } <= lines
    assert {m.unit for m in measures} == {"ms", "frames/s", "images/s"}
    assert all(m.value > 0 and m.n >= 1 for m in measures)
    assert all((m.ratio is None) == (m.reference == "") for m in measures)
    training = next(m for m in measures if m.stage == "training")
    assert training.reference == "a plain float32 torch loop"


@pytest.mark.parametrize("size", FRAMES)
def test_the_frame_shows_the_face_where_it_says(size: str) -> None:
    width, height = FRAMES[size]
    image, face = drawn_frame(width, height)
    assert image.shape == (height, width, 3)
    found: Face = build_detector("mtcnn")(image)[0]
    assert found.box.overlap(face.box) > 0.5


def test_calls_take_turns_and_the_first_round_is_not_measured() -> None:
    order: list[str] = []
    calls = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    assert set(medians(calls, 3)) == {"a", "b"}
    assert order == ["a", "b"] * 4


def test_the_command_prints_json(
    tiny_model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("liveness.bench.run_bench", lambda model, options: run_bench_once(model, options))
    assert main(["bench", "--model", str(tiny_model), "--json", "--repeats", "1"]) == 0
    measures = json.loads(capsys.readouterr().out)
    assert measures[0]["stage"] == "crop"
    assert np.isfinite(measures[0]["ratio"])
    assert main(["bench", "--model", str(tiny_model), "--repeats", "1"]) == 0
    assert "x bare" in capsys.readouterr().out


def run_bench_once(model: Path, options: BenchOptions) -> list[object]:
    """One made-up line: the stages themselves are tested above."""
    from liveness.stopwatch import Measure

    return [Measure("crop", "crop", "480p", 1.0, "ms", options.repeats, "bare", 2.0)]
