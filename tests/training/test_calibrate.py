from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from liveness.config import InputConfig, ModelInfo
from liveness.errors import InputError
from liveness.training.calibrate import Scores, apply, calibrate, read_scores
from liveness.training.network import Checkpoint, calibrated
from tests.tiny import Tiny, tiny_registered


def made(scale: float, shift: float, seed: int = 0) -> Scores:
    """Scores whose logit must be stretched by ``scale`` and moved by ``shift`` to be honest."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(0, 2, 4000)
    live = rng.random(4000) < 1 / (1 + np.exp(-honest))
    score = 1 / (1 + np.exp(-(honest - shift) / scale))
    return Scores(score, live, np.full(4000, "print"), rng.choice(["a", "b"], 4000))


@settings(max_examples=15)
@given(st.floats(0.3, 3), st.floats(-2, 2))
def test_a_known_distortion_is_undone(scale: float, shift: float) -> None:
    found = calibrate(made(scale, shift), 0.05)
    assert found.scale == pytest.approx(scale, rel=0.15)
    assert found.shift == pytest.approx(shift, abs=0.25)


@given(st.floats(0.05, 5), st.floats(-3, 3), st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_the_order_of_scores_stays(scale: float, shift: float, scores: list[float]) -> None:
    new = apply(np.sort(np.array(scores)), scale, shift)
    assert (np.diff(new) >= 0).all()
    assert ((new >= 0) & (new <= 1)).all()


def test_the_threshold_holds_the_rate_with_each_source_alike() -> None:
    rng = np.random.default_rng(1)
    source = np.array(["small"] * 20 + ["large"] * 380)
    score = np.where(source == "small", 0.6, 0.2) + rng.random(400) * 0.1
    live = np.tile([True, False], 200)
    score[live] += 0.25
    scores = Scores(score, live, np.full(400, "replay"), source)
    found = calibrate(scores, 0.05)
    passing = apply(score, found.scale, found.shift) >= found.threshold
    rates = [passing[~live & (source == name)].mean() for name in ("small", "large")]
    assert 0 < np.mean(rates) <= 0.05
    assert passing[~live].mean() < 0.01  # the small source, where attacks score high, decides
    assert "400 out-of-fold scores, 2 sources" in found.operating_point


def test_a_checkpoint_gives_the_calibrated_scores() -> None:
    found = calibrate(made(2.0, 0.7), 0.1)
    with tiny_registered():
        before = Checkpoint(ModelInfo("tiny", 0.5, "none", InputConfig()), Tiny().state_dict())
        after = calibrated(before, found)
        inputs = torch.rand(4, 3, 32, 32)
        with torch.inference_mode():
            old, new = (torch.sigmoid(c.network()(inputs))[:, 0].double().numpy() for c in (before, after))
    assert new == pytest.approx(apply(old, found.scale, found.shift), abs=1e-5)
    assert after.info.threshold == found.threshold
    assert "APCER 10%" in after.info.operating_point


def test_files_are_pooled_and_faces_not_found_left_out(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", [("bona_fide", "", "s1", "0.9"), ("attack", "print", "s1", "")])
    write(tmp_path / "b.csv", [("attack", "replay", "s2", "0.25")])
    scores = read_scores([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert scores.score.tolist() == [0.9, 0.25]
    assert scores.bona_fide.tolist() == [True, False]
    assert scores.species.tolist() == ["", "replay"]
    assert scores.source.tolist() == ["s1", "s2"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("alive", "", "s1", "0.9"), "line 2"),
        (("attack", "", "s1", "high"), "line 2"),
        (("attack", "", "s1", "1.5"), "scores lie in 0..1"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, row: tuple[str, ...], message: str) -> None:
    write(tmp_path / "a.csv", [row])
    with pytest.raises(InputError, match=message):
        read_scores([tmp_path / "a.csv"])


def test_what_cannot_be_calibrated_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        read_scores([tmp_path / "none.csv"])
    (tmp_path / "a.csv").write_text("path,score\nx,0.5\n")
    with pytest.raises(InputError, match="no label, pai_species, source"):
        read_scores([tmp_path / "a.csv"])
    scores = made(1.0, 0.0)
    with pytest.raises(InputError, match="of attacks"):
        calibrate(Scores(scores.score, np.ones(4000, dtype=bool), scores.species, scores.source), 0.05)
    with pytest.raises(InputError, match="fall where they should rise"):
        calibrate(Scores(1 - scores.score, scores.bona_fide, scores.species, scores.source), 0.05)


def write(path: Path, rows: list[tuple[str, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("label", "pai_species", "source", "score"), *rows])
