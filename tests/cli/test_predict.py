"""``liveness predict`` from files to verdicts, with the default detector and a small model."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from liveness.cli import main
from liveness.types import Box, Face, Image
from tests.test_systems import describe


@pytest.fixture
def photos(tmp_path: Path, astronaut: Image) -> Path:
    """A folder with a face, and deeper down a picture without one."""
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    PIL.Image.fromarray(astronaut).save(folder / "astronaut.jpg", quality=95)
    PIL.Image.new("RGB", (200, 160), (90, 120, 150)).save(folder / "deep" / "wall.png")
    return folder


@pytest.fixture(autouse=True)
def own_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_model: Path) -> None:
    """The user's gallery, weights and model stay out of the tests."""
    monkeypatch.setenv("LIVENESS_DATABASE_URL", f"sqlite:///{tmp_path / 'gallery.db'}")
    monkeypatch.setenv("LIVENESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LIVENESS_MODELS", raising=False)
    monkeypatch.setenv("LIVENESS_MODEL", str(tiny_model))


def test_json_for_a_folder(photos: Path, astronaut_face: Face, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", str(photos), "--json"]) == 0
    face, wall = json.loads(capsys.readouterr().out)
    assert face["path"] == str(photos / "astronaut.jpg")
    assert set(face) == {"path", "faces", "timings"}
    assert set(face["faces"][0]) == {"box", "detection_score", "verdict", "quality", "match"}
    assert Box(*face["faces"][0]["box"]).overlap(astronaut_face.box) > 0.6
    verdict = face["faces"][0]["verdict"]
    assert set(verdict) == {"score", "threshold", "label"}
    assert 0 <= verdict["score"] <= 1
    assert set(face["timings"]) >= {"detect", "classify", "total"}
    assert (wall["path"], wall["faces"]) == (str(photos / "deep" / "wall.png"), [])


def test_a_published_system_judges_too(
    photos: Path, tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    system = describe(tmp_path / "peer.json", tiny_model, threshold=0.9)
    assert main(["predict", str(photos / "astronaut.jpg"), "--json", "--model", str(system)]) == 0
    assert json.loads(capsys.readouterr().out)[0]["faces"][0]["verdict"]["threshold"] == 0.9
    system.write_text("{}", encoding="utf-8")
    assert main(["predict", str(photos), "--model", str(system)]) == 1
    assert "peer.json" in capsys.readouterr().err


def test_the_threshold_decides(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = []
    for threshold in ("0", "1"):
        main(["predict", str(photos / "astronaut.jpg"), "--json", "--no-match", "--threshold", threshold])
        verdict = json.loads(capsys.readouterr().out)[0]["faces"][0]["verdict"]
        assert verdict["threshold"] == float(threshold)
        labels.append(verdict["label"])
    assert labels == ["bona_fide", "attack"]
    assert main(["predict", str(photos), "--threshold", "2"]) == 1
    assert "--threshold must lie in 0..1" in capsys.readouterr().err


def test_words_csv_and_annotated_pictures(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "deep" / "astronaut.png").write_bytes((photos / "astronaut.jpg").read_bytes())
    out = tmp_path / "out"
    table = tmp_path / "results.csv"
    assert main(["predict", str(photos), "--csv", str(table), "--save", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "no face found" in printed
    assert "Live" in printed or "Spoof" in printed
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [Path(row["path"]).name for row in rows] == ["astronaut.jpg", "astronaut.png", "wall.png"]
    assert sorted(p.name for p in out.iterdir()) == ["astronaut.png", "astronaut_2.png", "wall.png"]
    with PIL.Image.open(out / "astronaut.png") as drawn, PIL.Image.open(photos / "astronaut.jpg") as given:
        assert drawn.size == given.size
        assert (np.asarray(drawn) != np.asarray(given)).any()


def test_a_file_that_fails_does_not_stop_the_others(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (photos / "broken.jpg").write_text("no picture")
    missing = str(photos / "none.jpg")
    assert main(["predict", missing, str(photos), "--json"]) == 1
    entries = json.loads(capsys.readouterr().out)
    assert [Path(e["path"]).name for e in entries] == ["none.jpg", "astronaut.jpg", "broken.jpg", "wall.png"]
    assert ["error" in e for e in entries] == [True, False, True, False]
    assert set(entries[0]) == {"path", "error"}
    assert main(["predict", missing, str(photos / "deep")]) == 1
    captured = capsys.readouterr()
    assert "No such file" in captured.err
    assert "no face found" in captured.out


def test_nothing_to_judge_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["predict", str(tmp_path / "empty")]) == 1
    assert "no picture found in" in capsys.readouterr().err


def test_a_model_that_is_not_there(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", str(photos), "--model", str(tmp_path / "none.onnx")]) == 1
    assert "none.onnx" in capsys.readouterr().err


def test_unknown_detectors_and_licences(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", str(photos), "--detector", "eyes"]) == 1
    assert "known are: mtcnn, yunet, yolov5-face" in capsys.readouterr().err
    assert main(["predict", str(photos), "--detector", "yolov5-face"]) == 1
    assert "--accept-licence" in capsys.readouterr().err


@pytest.mark.parametrize("detector", ["yunet", "yolov5-face"])
def test_the_other_detectors(
    photos: Path,
    shared: Path,
    detector: str,
    astronaut_face: Face,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LIVENESS_MODELS", str(shared / "models"))
    assert main(["predict", str(photos / "*.jpg"), "--detector", detector, "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)[0]
    assert Box(*entry["faces"][0]["box"]).overlap(astronaut_face.box) > 0.6
