"""Two systems on the same presentations: who is wrong where, and whether it may be luck."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from scipy.stats import binomtest

from liveness.cli import main
from liveness.errors import InputError
from liveness.measure.compare import differences
from liveness.measure.scored import BOX_COLUMNS, COLUMNS, Pictures, Scored, presentations
from liveness.metrics import auc


def scored(skills: tuple[float, ...], sources: int = 10, each: int = 40, lost: int = 0) -> Scored:
    rng = np.random.default_rng(5)
    count = sources * each
    live = np.tile([True, False], count // 2)
    logits = [rng.normal(np.where(live, skill, -skill), 1.0) for skill in skills]
    scores = 1 / (1 + np.exp(-np.stack(logits, axis=1)))
    scores[:lost, 0] = np.nan
    columns = {name: [""] * count for name in (*COLUMNS, *BOX_COLUMNS)}
    columns["label"] = ["bona_fide" if is_live else "attack" for is_live in live]
    columns["source"] = [f"s{i // each}" for i in range(count)]
    names = tuple(f"m{i}" for i in range(len(skills)))
    return presentations(Pictures(names, columns, scores), [0.5] * len(skills), "mean")


def test_a_worse_model_is_told_from_an_equal_one() -> None:
    data = scored((1.5, 0.5, 1.5))
    worse, equal = differences(data)
    wrong = (data.scores >= 0.5) != data.live[:, None]
    assert worse.only_first == int((wrong[:, 0] & ~wrong[:, 1]).sum())
    assert worse.only_other == int((wrong[:, 1] & ~wrong[:, 0]).sum())
    assert worse.p == pytest.approx(binomtest(worse.only_first, worse.only_first + worse.only_other).pvalue)
    assert worse.p < 1e-6
    assert worse.auc == pytest.approx(auc(data.scores[:, 1], data.live) - auc(data.scores[:, 0], data.live))
    assert worse.auc_interval[1] < 0 < worse.eer_interval[0]
    assert equal.auc_interval[0] < 0 < equal.auc_interval[1]
    assert equal.p > 0.05
    assert (worse.system, worse.groups, worse.presentations) == ("m1", "sources", 400)


def test_only_faces_that_both_found_count() -> None:
    (found,) = differences(scored((1.0, 1.0), lost=7))
    assert found.presentations == 393


def test_the_same_model_twice() -> None:
    data = scored((1.0,))
    scores = np.repeat(data.scores, 2, axis=1)
    twice = Scored(("a", "b"), (0.5, 0.5), data.columns, data.places, scores, data.pictures)
    (found,) = differences(twice)
    assert (found.only_first, found.only_other, found.p) == (0, 0, 1.0)
    assert found.auc_interval == (0, 0)


def test_at_most_eight() -> None:
    with pytest.raises(InputError, match="at most 8 systems"):
        differences(scored((1.0,) * 9, sources=2, each=4))


def test_the_command(
    make_model: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["path,label,pai_species,left,top,right,bottom"]
    for i, level in enumerate((220, 230, 40, 30, 20, 240)):
        PIL.Image.fromarray(np.full((48, 48, 3), level, np.uint8)).save(tmp_path / f"{i}.png")
        lines.append(f"{i}.png,{'bona_fide,' if i < 3 else 'attack,print'},4,4,44,44")
    (tmp_path / "manifest.csv").write_text("\n".join(lines))
    models = [str(make_model(name, gain=gain)) for name, gain in (("a.onnx", 20.0), ("b.onnx", -20.0))]
    assert main(["compare", str(tmp_path), *models]) == 0
    text = capsys.readouterr().out
    assert "33.3 % [0.8, 90.6] 1/3 (print)" in text
    assert "pictures drawn anew" in " ".join(text.split())
    assert "takes presentations for independent" in " ".join(text.split())
    assert text.splitlines()[-1].split()[:4] == ["b", "6", "2", "4"]
    assert main(["compare", str(tmp_path), *models * 5]) == 1
    assert "at most 8 models are compared, got 10" in capsys.readouterr().err
