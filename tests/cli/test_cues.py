"""liveness cues on a clip."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from liveness.cli import main
from liveness.cues import CUES
from liveness.errors import InputError
from liveness.live import cueclip
from liveness.live.cueclip import clip_cues
from liveness.types import Face, Image
from liveness.video import VideoWriter
from tests.clips import ASTRONAUT, noisy, view


@pytest.fixture
def clip(tmp_path: Path, astronaut: Image) -> Path:
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, 10) as writer:
        for i in range(26):
            image, _ = view(astronaut, ASTRONAUT, (320 + 6 * np.sin(i), 240))
            writer.write(noisy(image, i))
    return path


def finds(image: Image) -> list[Face]:
    return [view(image, ASTRONAUT)[1]]


def test_a_clip_is_measured_in_windows(clip: Path) -> None:
    windows = list(clip_cues(clip, finds, 1.0))
    assert [(w.start, w.end, w.views) for w in windows[:2]] == [(0.0, 1.0, 10), (1.0, 2.0, 10)]
    assert len(windows) == 3, "what is left over is half a window"
    assert all(set(w.values) == set(CUES) for w in windows)
    assert all(isinstance(w.values["moire"], float) for w in windows)


def test_a_clip_without_a_face_has_no_values(clip: Path) -> None:
    (window,) = clip_cues(clip, lambda _: [], 2.0, ("moire",))
    assert (window.views, dict(window.values)) == (0, {"moire": None})


def test_senseless_questions_are_refused(clip: Path) -> None:
    with pytest.raises(InputError, match="known are: plane"):
        list(clip_cues(clip, finds, names=("luck",)))
    with pytest.raises(InputError, match="longer than 0"):
        list(clip_cues(clip, finds, 0.0))


def test_the_command_prints_a_table_or_json(
    clip: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from liveness import detect

    monkeypatch.setattr(detect, "build_detector", lambda name: finds)
    assert main(["cues", str(clip), "--window", "2", "--only", "moire", "bezel"]) == 0
    header, _, first = capsys.readouterr().out.splitlines()[:3]
    assert header.split() == ["clip", "seconds", "views", "moire", "bezel"]
    assert first.split()[:3] == ["clip.mp4", "0.0-2.0", "20"]
    assert main(["cues", str(clip), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found[str(clip)][0]["values"]) == set(CUES)
    assert cueclip._RATE == 10
