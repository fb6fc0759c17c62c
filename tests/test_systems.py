"""Systems of one or several networks, and the published ones described in benchmarks/peers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from liveness.config import ModelInfo, to_dict
from liveness.errors import ModelError
from liveness.modelfile import load_info
from liveness.systems import load_system, names_of, read_published
from liveness.types import Box, Face, Image

PEERS = Path(__file__).resolve().parent.parent / "benchmarks" / "peers"
Make = Callable[..., Path]


def describe(path: Path, *models: Path, info: ModelInfo | None = None, **changes: object) -> Path:
    """A JSON file for a system of these networks."""
    listed = [
        {
            "file": m.name,
            "sha256": hashlib.sha256(m.read_bytes()).hexdigest(),
            "info": to_dict(info or load_info(m)),
        }
        for m in models
    ]
    values = {"name": "pair", "home": "-", "licence": "-", "threshold": 0.5, "models": listed, **changes}
    path.write_text(json.dumps(values), encoding="utf-8")
    return path


def test_scores_are_averaged(make_model: Make, tmp_path: Path) -> None:
    a, b = make_model("a.onnx", gain=20.0), make_model("b.onnx", gain=4.0)
    image = np.full((40, 40, 3), 180, np.uint8)
    face = Face(Box(5, 5, 35, 35), 1.0)
    pair = load_system(describe(tmp_path / "pair.json", a, b))
    singles = [load_system(path)(image, [face])[0] for path in (a, b)]
    assert pair(image, [face, face]) == pytest.approx([np.mean(singles)] * 2)
    assert abs(singles[0] - singles[1]) > 0.1
    assert pair(image, []) == []
    assert (pair.name, pair.threshold) == ("pair", 0.5)


def test_a_model_file_is_a_system_of_its_own(make_model: Make) -> None:
    system = load_system(make_model("mine.onnx", threshold=0.3))
    assert (system.name, system.threshold, len(system.members)) == ("mine", 0.3, 1)


def test_the_model_of_a_run_is_called_as_the_run(make_model: Make, tmp_path: Path) -> None:
    """Each of them is a file model.onnx: in a table of several, "model" says nothing."""
    assert load_system(make_model()).name == "model"
    for folder in ("mine", "ocim/01-casia/run", "sweep/trial-001"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "config.json").write_text("{}")
    (tmp_path / "ocim" / "plan.json").write_text("{}")
    (tmp_path / "sweep" / "study.db").touch()
    names = ("mine/model.onnx", "mine/model.int8.onnx", "mine/other.onnx", "ocim/01-casia/run/model.onnx")
    found = [load_system(make_model(name)).name for name in (*names, "sweep/trial-001/model.onnx")]
    assert found == ["mine", "mine.int8", "other", "01-casia", "sweep/trial-001"]


def test_files_of_one_name_are_told_apart_by_their_folders(make_model: Make, tmp_path: Path) -> None:
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
    paths = [make_model(name) for name in ("old/a.onnx", "b.onnx", "new/a.onnx")]
    assert names_of([load_system(path) for path in paths]) == ["old/a", "b", "new/a"]
    assert names_of([load_system(paths[1])] * 2) == ["b", "b-2"]


def test_files_are_found_in_the_models_folder(
    make_model: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model("a.onnx")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    path = describe(folder / "pair.json", model)
    monkeypatch.delenv("LIVENESS_MODELS", raising=False)
    with pytest.raises(ModelError, match=r"pair\.json needs a\.onnx: put it into the folder"):
        load_system(path)
    (tmp_path / "models" / "peers").mkdir(parents=True)
    model.rename(tmp_path / "models" / "peers" / "a.onnx")
    monkeypatch.setenv("LIVENESS_MODELS", str(tmp_path / "models"))
    assert load_system(path).name == "pair"


def test_another_file_of_that_name_is_refused(make_model: Make, tmp_path: Path) -> None:
    path = describe(tmp_path / "pair.json", make_model("a.onnx", gain=1.0))
    make_model("a.onnx", gain=2.0)
    with pytest.raises(ModelError, match="SHA-256 differs"):
        load_system(path)


@pytest.mark.parametrize("content", ["[", "{}", '{"name": "x", "models": 3}'])
def test_a_description_that_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"bad\.json"):
        load_system(path)


def test_no_models_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="names no models"):
        load_system(describe(tmp_path / "empty.json"))


@pytest.mark.parametrize("path", sorted(PEERS.glob("*.json")), ids=lambda p: p.stem)
def test_the_shipped_descriptions_are_whole(path: Path) -> None:
    published = read_published(path)
    assert published.home.startswith("https://")
    assert published.licence
    assert all(len(model.sha256) == 64 for model in published.models)


def test_shipped_descriptions_are_there() -> None:
    assert [p.stem for p in sorted(PEERS.glob("*.json"))] == ["human-antispoof", "silent-face", "suri"]


def drawn(number: int) -> Image:
    """A head with eyes and a mouth before a pattern, by formula: no library's drawing can change it."""
    y, x = np.mgrid[0:240, 0:320].astype(float)
    skin = np.exp(-((((x - 160) / 60) ** 2 + ((y - 110) / 80) ** 2) ** 2))
    eyes = sum(np.exp(-((x - 160 - side * 24) ** 2 + (y - 95) ** 2) / 60) for side in (-1, 1))
    mouth = np.exp(-(((x - 160) / 22) ** 2) - ((y - 150) / 5) ** 2)
    room = 90 + 30 * np.sin(x / (9 + 6 * number)) + 20 * np.cos(y / (13 + 4 * number))
    grey = room * (1 - skin) + skin * (190 - 110 * eyes - 70 * mouth + 6 * number * np.sin(x * y / 900))
    tinted = np.stack([grey, grey * (0.85 - 0.05 * number), grey * (0.75 - 0.08 * number)], -1)
    return np.clip(tinted, 0, 255).astype(np.uint8)


# Two of the boxes come so near the edge that the windows leave the picture, or are moved back into it.
BOXES = (Box(100, 40, 220, 190), Box(20, 30, 200, 200), Box(120, 60, 210, 170))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("silent-face", [0.8419, 0.7286, 0.7481]),
        ("suri", [0.9970, 0.9905, 0.9183]),
        ("human-antispoof", [0.5431, 0.5962, 0.5495]),
    ],
)
def test_published_systems_score_as_measured(
    name: str, expected: list[float], shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recorded when these descriptions gave, on the shared frames, the AUC and EER of its baseline table."""
    monkeypatch.setenv("LIVENESS_MODELS", str(shared / "models"))
    system = load_system(PEERS / f"{name}.json", threads=1)
    scores = [system(drawn(i), [Face(box, 1.0)])[0] for i, box in enumerate(BOXES)]
    assert scores == pytest.approx(expected, abs=0.005)
