"""Score and cues joined: fitted on sources, tested on others, and used only where it is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from liveness.cli import main
from liveness.cues import CUES
from liveness.errors import InputError
from liveness.live.cueclip import CueWindow
from liveness.live.fusion import SCORE, Fusion, load_fusion, save_fusion
from liveness.live.fusionfit import Clip, fit_fusion
from liveness.live.session import Phase, Session
from liveness.pipeline import Pipeline
from liveness.types import Image
from liveness.video import VideoWriter
from tests.clips import ASTRONAUT, noisy, view


def clips(sources: int, helps: bool, seed: int = 0) -> list[Clip]:
    """Two live clips and two attacks a source; the bezel tells them apart, or nothing does."""
    rng, found = np.random.default_rng(seed), []
    for source in range(sources):
        for i in range(4):
            live = i < 2
            windows = tuple(
                CueWindow(
                    2.0 * k,
                    2.0 * k + 2,
                    20,
                    {
                        "bezel": float(rng.normal(2.0 * (helps and not live), 0.4)),
                        "plane": None if k else float(rng.uniform()),
                    },
                    float(np.clip(rng.normal(0.5, 0.2), 0.01, 0.99)),
                )
                for k in range(3)
            )
            found.append(Clip(f"{source}-{i}", f"s{source}", live, windows))
    return found


def test_a_cue_that_helps_gets_the_weight_and_the_gain_is_of_unseen_sources() -> None:
    fusion = fit_fusion(clips(9, True), 2.0, ("bezel", "plane"))
    weights = {feature.name: feature.weight for feature in fusion.features}
    assert weights["bezel"] < -1
    assert abs(weights["plane"]) < 0.3 * abs(weights["bezel"])
    report = fusion.report
    assert (report.sources, report.clips, report.windows) == (9, (18, 18), (54, 54))
    assert report.auc > 0.95
    assert report.gain_low > 0
    assert "better than" in report.claim
    assert report.refused.endswith("/18")
    assert fusion({"bezel": 2.0, "plane": None}, 0.5) < 0.3 < 0.7 < fusion({"bezel": 0.0}, 0.5)


def test_nothing_is_claimed_with_few_sources_or_without_a_gain() -> None:
    assert "at least 8" in fit_fusion(clips(4, True), 2.0, ("bezel",)).report.claim
    useless = fit_fusion(clips(9, False), 2.0, ("bezel",)).report
    assert "no gain" in useless.claim
    assert useless.gain_low <= 0


def test_the_fit_never_sees_the_source_that_it_is_tested_on() -> None:
    """Each source has a level of its own that tells its two classes apart, another way round in the next."""
    found = []
    for i, clip in enumerate(clips(10, False)):
        sign = 1 if (i // 4) % 2 else -1
        level = sign * (1.0 if clip.live else -1.0)
        windows = tuple(replace(w, values={"bezel": level}) for w in clip.windows)
        found.append(replace(clip, windows=windows))
    assert fit_fusion(found, 2.0, ("bezel",)).report.auc < 0.65


def test_what_cannot_be_tested_is_refused() -> None:
    with pytest.raises(InputError, match="has no source"):
        fit_fusion([replace(clip, source="") for clip in clips(4, True)], 2.0, ("bezel",))
    with pytest.raises(InputError, match="at least three sources"):
        fit_fusion(clips(2, True), 2.0, ("bezel",))


def test_it_is_a_file_that_can_be_read(tmp_path: Path) -> None:
    fusion = fit_fusion(clips(4, True), 2.0, ("bezel",))
    save_fusion(fusion, tmp_path / "f.json")
    assert load_fusion(tmp_path / "f.json") == fusion
    values = json.loads((tmp_path / "f.json").read_text())
    assert [f["name"] for f in values["features"]] == [SCORE, "bezel"]
    values["features"][1]["name"] = "luck"
    (tmp_path / "g.json").write_text(json.dumps(values))
    with pytest.raises(InputError, match="a fusion knows"):
        load_fusion(tmp_path / "g.json")
    with pytest.raises(InputError, match="cannot be read"):
        load_fusion(tmp_path / "none.json")
    (tmp_path / "h.json").write_text("{")
    with pytest.raises(InputError, match="not JSON"):
        load_fusion(tmp_path / "h.json")


class Room:
    """The astronaut before the camera, always with this score."""

    threshold = 0.5

    def __call__(self, image: Image, faces: object) -> list[float]:
        return [0.9]

    def session(self, fusion: Fusion | None) -> Session:
        return Session(Pipeline(lambda _: [self.face], self), fusion=fusion)

    def sit(self, session: Session, picture: Image, seconds: float = 3.0) -> object:
        for i in range(int(seconds * 10)):
            image, self.face = view(picture, ASTRONAUT, (320 + 3 * np.sin(i), 240))
            state = session.push(noisy(image, i), i / 10)
        return state


@pytest.mark.parametrize("suspicious", [False, True])
def test_a_session_goes_by_the_fusion_where_it_is_given(astronaut: Image, suspicious: bool) -> None:
    fusion = fit_fusion(clips(4, True), 2.0, ("bezel",))
    feature = next(f for f in fusion.features if f.name == "bezel")
    biased = replace(fusion, features=(replace(feature, weight=0.0),), bias=-3.0 if suspicious else 3.0)
    room = Room()
    state = room.sit(room.session(biased), astronaut)
    assert state.phase is Phase.DECIDED  # type: ignore[attr-defined]
    assert state.face.live is not suspicious  # type: ignore[attr-defined]
    assert state.result.faces[0].live is not suspicious  # type: ignore[attr-defined]
    assert set(state.cues.values) == set(CUES)  # type: ignore[attr-defined]
    without = room.sit(room.session(None), astronaut)
    assert without.face.live  # type: ignore[attr-defined]
    assert without.cues is None, "nothing is measured that nobody asked for"  # type: ignore[attr-defined]


def test_the_command_fits_and_cues_names_it(
    tmp_path: Path,
    astronaut: Image,
    tiny_model: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from liveness import detect

    monkeypatch.setattr(detect, "build_detector", lambda name: lambda image: [view(image, ASTRONAUT)[1]])
    lines = ["path,label,source"]
    for source in range(3):
        for label in ("bona_fide", "attack"):
            name = f"{label}{source}.mp4"
            with VideoWriter(tmp_path / name, 10) as writer:
                for i in range(10):
                    writer.write(noisy(view(astronaut, ASTRONAUT)[0], i))
            lines.append(f"{name},{label},s{source}")
    (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n")
    out = tmp_path / "fusion.json"
    chosen = ["--only", "moire", "--window", "1", "--model", str(tiny_model)]
    assert main(["train-fusion", str(tmp_path), "--out", str(out), *chosen]) == 0
    text = capsys.readouterr().out
    assert "Nothing can be claimed: 3 sources" in text
    assert "Nothing uses it unless it is named" in text
    clip = str(tmp_path / "attack0.mp4")
    assert main(["cues", clip, "--only", "moire", "--fusion", str(out), "--model", str(tiny_model)]) == 0
    assert capsys.readouterr().out.splitlines()[0].split()[-1] == "fused"
    assert load_fusion(out).window == 1.0
