"""A model and published networks in one file, judged through the ordinary classifier."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from liveness.classify import OnnxClassifier
from liveness.cli import main
from liveness.config import CropConfig, InputConfig, ModelInfo
from liveness.modelfile import load_info
from tests.test_systems import describe

Make = Callable[..., Path]
OTHER = InputConfig(
    CropConfig(margin=4.0, size=20), colour="bgr", divide_by=2.0, mean=(3.0, 5.0, 9.0), std=(60.0,) * 3
)


@pytest.fixture
def crops() -> NDArray[np.uint8]:
    """Coloured squares of all brightnesses, uint8 RGB (12, 32, 32, 3)."""
    colours = np.random.default_rng(1).integers(0, 256, (12, 1, 1, 3), dtype=np.uint8)
    return np.tile(colours, (1, 32, 32, 1))


def logit(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(scores) - np.log1p(-scores))


def test_logits_are_added_up_on_one_crop(
    make_model: Make, tmp_path: Path, crops: NDArray[np.uint8], capsys: pytest.CaptureFixture[str]
) -> None:
    mine = make_model("mine.onnx", gain=3.0)
    other = make_model("other.onnx", gain=3.0, values=3, output="logits", live_index=2, input=OTHER)
    system, fused = describe(tmp_path / "others.json", other), tmp_path / "fused.onnx"
    assert main(["fuse", str(system), "--model", str(mine), "-o", str(fused), "--weight", "0.5"]) == 0
    assert "brightness + brightness" in capsys.readouterr().out

    # One colour all over: what the other network sees at its own size needs no resizing here.
    seen = np.tile(crops[:, :1, :1], (1, 20, 20, 1))
    alone = OnnxClassifier(other, info=load_info(other)).score_crops(seen)
    assert np.ptp(logit(alone)) > 1
    wanted = logit(OnnxClassifier(mine).score_crops(crops)) + 0.5 * np.clip(logit(alone), -8, 8)
    np.testing.assert_allclose(logit(OnnxClassifier(fused).score_crops(crops)), wanted, atol=2e-3)


def test_scores_out_of_fold_set_scale_and_threshold(
    make_model: Make, tmp_path: Path, crops: NDArray[np.uint8]
) -> None:
    mine, other = make_model("mine.onnx"), make_model("other.onnx", output="logits", values=2, live_index=1)
    system, plain, fitted = describe(tmp_path / "s.json", other), tmp_path / "a.onnx", tmp_path / "b.onnx"
    assert main(["fuse", str(system), "--model", str(mine), "-o", str(plain)]) == 0
    rng = np.random.default_rng(0)
    scores = tmp_path / "scores.csv"
    with scores.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["label", "pai_species", "source", "score"])
        for label, species, level in (("bona_fide", "", 1.0), ("attack", "print", -1.0)):
            for score in 1 / (1 + np.exp(-rng.normal(level, 1, 200))):
                rows.writerow([label, species, "s1", score])
    command = ["fuse", str(system), "--model", str(mine), "-o", str(fitted), "--calibrate", str(scores)]
    assert main([*command, "--target-apcer", "0.1"]) == 0
    before, after = (logit(OnnxClassifier(p).score_crops(crops)) for p in (plain, fitted))
    slope, offset = np.polyfit(before, after, 1)
    np.testing.assert_allclose(after, slope * before + offset, atol=1e-2)
    assert slope == pytest.approx(2, rel=0.3)
    info: ModelInfo = load_info(fitted)
    assert "APCER 10%" in info.operating_point
    assert info.threshold != load_info(mine).threshold


@pytest.mark.parametrize(
    ("changes", "weight", "says"),
    [
        ({"output": "score", "gain": 0.0}, "0.5", "gives score: wanted one value for each class"),
        ({"output": "logits", "values": 2, "live_index": 1}, "0", "must be above 0"),
    ],
)
def test_what_cannot_be_joined_is_refused_and_nothing_written(
    make_model: Make,
    tmp_path: Path,
    changes: dict[str, object],
    weight: str,
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mine, other = make_model("mine.onnx"), make_model("other.onnx", **changes)
    system, fused = describe(tmp_path / "s.json", other), tmp_path / "fused.onnx"
    assert main(["fuse", str(system), "--model", str(mine), "-o", str(fused), "--weight", weight]) == 1
    assert says in capsys.readouterr().err
    assert not list(tmp_path.glob("*fused*"))


def test_the_published_networks_join_the_shipped_model(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVENESS_MODELS", str(shared / "models"))
    root = Path(__file__).resolve().parents[2]
    fused = tmp_path / "fused.onnx"
    system = root / "benchmarks" / "peers" / "silent-face.json"
    assert main(["fuse", str(system), "--model", str(root / "model.onnx"), "-o", str(fused)]) == 0
    assert load_info(fused).network.count("+") == 2
