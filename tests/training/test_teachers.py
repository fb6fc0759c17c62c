from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from liveness.classify import OnnxClassifier
from liveness.config import TrainConfig
from liveness.errors import ModelError
from liveness.modelfile import load_info
from liveness.systems import read_published
from liveness.training.loader import Batch
from liveness.training.teachers import TEACHERS, Teacher, load_teachers, taught

PEERS = Path(__file__).resolve().parents[2] / "benchmarks" / "peers"


def test_each_teacher_judges_its_own_views(tiny_model: Path) -> None:
    teachers, without = load_teachers(TrainConfig(teachers=(str(tiny_model),)))
    assert teachers[0].window is not None
    size = teachers[0].window.size
    views = np.stack([np.full((size, size, 3), level, dtype=np.uint8) for level in (20, 230)])
    crops, inputs = np.zeros((2, 16, 16, 3), np.uint8), np.zeros((2, 3, 16, 16), np.float32)
    batch = Batch(crops, inputs, np.ones(2, np.float32), (views,))
    said = taught(teachers, batch)
    assert said is not None
    scores = said.scores
    assert scores.shape == (2, 1)
    assert scores[0, 0] < 0.05
    assert scores[1, 0] > 0.95
    assert without == []
    assert taught([], batch) is None
    assert load_teachers(TrainConfig()) == ([], [])


def test_a_teacher_of_the_same_crop_answers_to_mixed_pictures_and_shows_its_maps(
    tiny_model: Path,
) -> None:
    model = OnnxClassifier(tiny_model, taps=("pooled",))
    size = model.info.input.crop.size
    crops = np.stack([np.full((2 * size, 2 * size, 3), level, dtype=np.uint8) for level in (20, 230, 120)])
    inputs = np.zeros((3, 3, 2 * size, 2 * size), np.float32)
    own = np.stack([np.full((size, size, 3), level, dtype=np.uint8) for level in (230, 20)])
    batch = Batch(crops, inputs, np.ones(2, np.float32), (own,))
    teachers = [Teacher(model, None), Teacher(OnnxClassifier(tiny_model), model.info.input.crop)]
    said = taught(teachers, batch)
    assert said is not None
    assert np.isnan(said.scores).tolist() == [[False, False], [False, False], [False, True]]
    assert said.scores[0, 0] < 0.05 < 0.95 < said.scores[1, 0]
    assert said.scores[0, 1] == pytest.approx(said.scores[1, 0])
    assert [len(maps) for maps in said.maps] == [1, 0]
    assert said.maps[0][0].shape[0] == 3
    assert said.maps[0][0].ndim == 4
    assert teachers[0].widths == (said.maps[0][0].shape[1],)


def test_a_named_teacher_may_be_missing_but_not_be_another_file(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVENESS_MODELS", str(tmp_path))
    config = TrainConfig(teachers=("suri",))
    teachers, without = load_teachers(config)
    assert teachers == []
    assert "needs suri_1.5_128.onnx" in without[0]
    (tmp_path / "suri_1.5_128.onnx").write_bytes(tiny_model.read_bytes())
    with pytest.raises(ModelError, match="SHA-256"):
        load_teachers(config)
    info, digest = load_info(tiny_model), hashlib.sha256(tiny_model.read_bytes()).hexdigest()
    model = replace(TEACHERS["suri"].models[0], sha256=digest, info=info)
    monkeypatch.setitem(TEACHERS, "suri", replace(TEACHERS["suri"], models=(model,)))
    assert [teacher.name for teacher in load_teachers(config)[0]] == ["brightness"]

    monkeypatch.setitem(
        TEACHERS, "silent-face", replace(TEACHERS["suri"], models=(replace(model, taps=("pooled",)),))
    )
    plain = TrainConfig(teachers=("silent-face",))
    for changed, own, maps in ((plain, True, 0), (replace(plain, mixed=0.5), False, 0)):
        (teacher,), _ = load_teachers(changed)
        assert (teacher.window is not None, len(teacher.widths)) == (own, maps)
    (teacher,), _ = load_teachers(replace(plain, teacher_maps=0.3))
    assert (teacher.window, len(teacher.widths)) == (None, 1)


def test_a_path_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model file"):
        load_teachers(TrainConfig(teachers=(str(tmp_path / "gone.onnx"),)))


@pytest.mark.parametrize("name", sorted(TEACHERS))
def test_the_files_are_those_of_the_benchmark(name: str) -> None:
    """Only the windows of Silent-Face differ, on purpose."""
    published = read_published(PEERS / f"{name}.json")
    for mine, theirs in zip(TEACHERS[name].models, published.models, strict=True):
        assert (mine.file, mine.sha256) == (theirs.file, theirs.sha256)
        assert mine.info.input == theirs.info.input
        assert (mine.info.output, mine.info.live_index) == (theirs.info.output, theirs.info.live_index)
