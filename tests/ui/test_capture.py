"""Webcam pictures land in the documented folder format, and only there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from liveness.config import AppConfig
from liveness.data.samples import load_dataset
from liveness.errors import InputError
from liveness.types import Label
from liveness.ui import build_app
from liveness.ui.capture import captured, save
from tests.ui.test_app import tiny

PICTURE = np.full((48, 64, 3), 120, dtype=np.uint8)


def test_what_is_captured_can_be_trained_on(tmp_path: Path) -> None:
    assert captured(tmp_path) == "Nothing captured yet."
    save(tmp_path, PICTURE, Label.BONA_FIDE, "", "ada")
    save(tmp_path, PICTURE, Label.ATTACK, "print", "ada")
    save(tmp_path, PICTURE, Label.ATTACK, "replay", "bob")
    found = {(s.label, s.pai_species, s.subject) for s in load_dataset(tmp_path).samples}
    assert found == {
        (Label.BONA_FIDE, "", "ada"),
        (Label.ATTACK, "print", "ada"),
        (Label.ATTACK, "replay", "bob"),
    }
    assert captured(tmp_path) == "1 live and 2 spoof pictures of 2 people so far."


@pytest.mark.parametrize("subject", ["../out", "a/b", "", " ", ".hidden", "x" * 65, "ä"])
def test_names_stay_in_the_folder(tmp_path: Path, subject: str) -> None:
    with pytest.raises(InputError):
        save(tmp_path / "set", PICTURE, Label.BONA_FIDE, "", subject)
    assert not (tmp_path / "set").exists()


def test_an_attack_needs_its_species_and_a_picture_is_needed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="species"):
        save(tmp_path, PICTURE, Label.ATTACK, "", "ada")
    with pytest.raises(InputError, match="camera"):
        save(tmp_path, None, Label.BONA_FIDE, "", "ada")
    assert list(tmp_path.iterdir()) == []


def test_no_camera_of_the_app_mirrors(tmp_path: Path) -> None:
    """But the galleries of Test and Gallery, which cannot be told: tests/ui/test_inputs.py."""
    app = build_app(AppConfig(model=str(tiny(tmp_path)), runs=str(tmp_path), dataset=str(tmp_path)))
    inputs: list[Any] = [b for b in app.blocks.values() if getattr(b, "interactive", False) is not False]
    # Those that name a camera themselves; by default a picture of the API has one too, and shows it nowhere.
    told = [part for part in inputs if getattr(part, "sources", None) in (["webcam"], ["upload", "webcam"])]
    assert len(told) >= 3
    assert not any(camera.webcam_options.mirror for camera in told)
