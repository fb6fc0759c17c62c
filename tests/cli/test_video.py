"""``liveness video`` from the outside."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from liveness.cli import main
from liveness.live import clips
from liveness.types import Image
from liveness.video import VideoWriter, probe


@pytest.fixture
def clip(tmp_path: Path, astronaut: Image) -> Path:
    """Two seconds of a moving photograph: the astronaut's face, at 10 frames a second."""
    path = tmp_path / "clip.mp4"
    picture = astronaut[0:360, 60:420]
    with VideoWriter(path, 10) as writer:
        for i in range(20):
            shift = np.array([[1, 0, 4 * np.sin(i / 5)], [0, 1, 0]], dtype=np.float32)
            writer.write(np.asarray(cv2.warpAffine(picture, shift, (360, 360)), dtype=np.uint8))
    return path


@pytest.fixture(autouse=True)
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty gallery in place of the user's own."""
    monkeypatch.setenv("LIVENESS_DATABASE_URL", f"sqlite:///{tmp_path / 'gallery.db'}")


def test_a_clip_is_judged_and_reported(
    clip: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "video",
        str(clip),
        "--model",
        str(tiny_model),
        "--every",
        "5",
        "--save",
        str(tmp_path / "out"),
    ]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "4 frames looked at" in text
    assert "person 1:" in text
    assert "median" in text
    assert probe(tmp_path / "out" / "clip_annotated.mp4").codec == "h264"
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "clip_annotated.mp4",
        "clip_frames.csv",
        "clip_timeline.png",
    }


def test_json_and_csv_agree(
    clip: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "scores.csv"
    options = ["--every", "10", "--start", "0.5", "--csv", str(table), "--json", "--threshold", "0.999"]
    assert main(["video", str(clip), "--model", str(tiny_model), *options]) == 0
    result = json.loads(capsys.readouterr().out)
    (person,) = result["people"]
    assert (result["frames"], person["frames"], person["judged"]) == (2, 2, 2)
    assert person["verdict"]["threshold"] == 0.999
    assert person["verdict"]["label"] == "attack"
    assert result["files"] == [str(table)]
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["frame"] for row in rows] == ["5", "15"]
    assert np.median([float(row["score"]) for row in rows]) == pytest.approx(
        person["verdict"]["score"], abs=1e-4
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--threshold", "2"], "--threshold"),
        (["--every", "0"], "every"),
        (["--detector", "eyes"], "eyes"),
        (["--start", "3", "--end", "1"], "range"),
    ],
)
def test_bad_options_are_explained(
    clip: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert main(["video", str(clip), "--model", str(tiny_model), *options]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_a_broken_clip_is_explained(
    tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"\x00" * 1000)
    assert main(["video", str(tmp_path / "broken.mp4"), "--model", str(tiny_model)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("liveness: "), "no remains of a progress bar before it"
    assert "broken.mp4 is not a video" in error


def test_ctrl_c_leaves_nothing_half_written(
    clip: Path,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    drawn = clips.draw

    def interrupted(image: Image, result: object) -> Image:
        if result.index >= 4:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        return drawn(image, result)  # type: ignore[arg-type]

    monkeypatch.setattr(clips, "draw", interrupted)
    out = tmp_path / "out"
    assert main(["video", str(clip), "--model", str(tiny_model), "--every", "2", "--save", str(out)]) == 130
    assert list(out.iterdir()) == []
    assert "stopped" in capsys.readouterr().err
