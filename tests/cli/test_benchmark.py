"""``liveness benchmark`` prints its tables and keeps them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from liveness.cli import main
from tests.drawn import write_drawn


def test_two_models_on_drawn_faces(
    make_model: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    write_drawn(data, count=3)
    models = [str(make_model(name)) for name in ("one.onnx", "two.onnx")]
    out = tmp_path / "out"
    assert main(["benchmark", str(data), *models, "--least", "2", "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert "best cue" in text
    assert "cues, boosted" in text
    assert "One face, one at a time: one " in text
    assert text.strip() in (out / "benchmark.md").read_text(encoding="utf-8")
    assert (out / "scores.csv").read_text(encoding="utf-8").splitlines()[0].endswith(",one,two")


def test_models_of_one_name_are_told_apart(make_model: Callable[..., Path], tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    write_drawn(data, count=3)
    model = str(make_model("mine.onnx"))
    assert main(["benchmark", str(data), model, model, "--least", "2", "--out", str(out)]) == 0
    assert (out / "scores.csv").read_text(encoding="utf-8").splitlines()[0].endswith(",mine,mine-2")
    assert " mine-2 " in (out / "benchmark.md").read_text(encoding="utf-8")
