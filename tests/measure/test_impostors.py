"""IAPAR through the command: the gallery knows one person, attacks imitate her or somebody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from liveness.cli import main
from liveness.cli.common import finish
from liveness.data.samples import load_dataset
from liveness.matching.gallery import Gallery
from liveness.matching.match import make_template
from liveness.measure.evalfolder import load_evaluation, write_evaluation
from liveness.measure.evaluate import Setting, evaluate
from liveness.measure.impostors import impostor_report
from liveness.measure.judging import EvaluateOptions
from liveness.systems import load_system
from liveness.types import Face, Image


@pytest.fixture
def dataset(tmp_path: Path, astronaut: Image, astronaut_face: Face, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The enrolled astronaut twice, twice as print (once dark), and a stranger who imitates her."""
    monkeypatch.setenv("LIVENESS_DATABASE_URL", f"sqlite:///{tmp_path / 'gallery.db'}")
    face = Face(astronaut_face.box, 1.0)
    Gallery().enrol("eileen", [make_template(astronaut, face)], consent=True)
    folder = tmp_path / "data"
    folder.mkdir()
    stranger = np.random.default_rng(0).integers(150, 256, astronaut.shape, dtype=np.uint8)
    pictures = [astronaut, astronaut, astronaut, (astronaut * 0.15).astype(np.uint8), stranger]
    box = ",".join(f"{v:g}" for v in face.box.as_tuple())
    lines = ["path,label,pai_species,subject,left,top,right,bottom"]
    for number, picture in enumerate(pictures):
        PIL.Image.fromarray(picture).save(folder / f"{number}.png")
        label = "bona_fide," if number < 2 else "attack,print"
        lines.append(f"{number}.png,{label},eileen,{box}")
    (folder / "manifest.csv").write_text("\n".join(lines))
    return folder


def test_an_attack_must_pass_and_be_taken_for_its_target(
    dataset: Path, make_model: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(make_model(threshold=0.05))
    out = dataset / "out"
    assert main(["evaluate", str(dataset), "--model", model, "--match", "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert "APCER print                      66.7 % [9.4, 99.2] 2/3" in text, "the stranger passes as live"
    assert "IAPAR print                        33.3 % [0.8, 90.6] 1/3" in text, "but not as the target"
    assert "FRR, enrolled people not accepted  0.0 % [0.0, 84.2] 0/2" in text
    assert "RIAPAR                             33.3 %" in text
    (kept,) = json.loads((out / "matching.json").read_text())
    assert kept == {
        "iapar_by_species": {"print": {"errors": 1, "total": 3}},
        "frr": {"errors": 0, "total": 2},
        "strangers": 0,
    }
    assert "--match" in json.loads((out / "evaluation.json").read_text())["command"]


def test_people_who_are_not_enrolled_do_not_count(
    dataset: Path,
    make_model: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody can be taken for them: they would raise FRR and lower IAPAR."""
    gallery = f"sqlite:///{dataset.parent / 'gallery.db'}"
    monkeypatch.delenv("LIVENESS_DATABASE_URL")
    manifest = dataset / "manifest.csv"
    lines = manifest.read_text().splitlines()
    lines += [line.replace("eileen", "sally") for line in lines if line.startswith(("1.", "4."))]
    manifest.write_text("\n".join(lines).replace("1.png,bona_fide,,eileen", "3.png,bona_fide,,sally", 1))
    command = ["evaluate", str(dataset), "--model", str(make_model(threshold=0.05)), "--match", "--gallery"]
    assert main([*command, gallery]) == 0
    text = capsys.readouterr().out
    assert "FRR, enrolled people not accepted  0.0 % [0.0, 97.5] 0/1" in text
    assert "IAPAR print                        33.3 % [0.8, 90.6] 1/3" in text
    assert "not counted: subject not enrolled  3" in text
    assert main([*command, f"sqlite:///{dataset.parent / 'empty.db'}"]) == 1
    assert "nobody whom the column subject names is enrolled" in capsys.readouterr().err


def test_without_subjects_it_says_what_is_missing(
    dataset: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = dataset / "manifest.csv"
    manifest.write_text(manifest.read_text().replace(",eileen,", ",,"))
    assert main(["evaluate", str(dataset), "--model", str(tiny_model), "--match"]) == 1
    assert "needs the column subject" in capsys.readouterr().err


def test_faces_are_aligned_by_the_landmarks_that_are_known(
    dataset: Path, astronaut: Image, astronaut_face: Face, tmp_path: Path, make_model: Callable[..., Path]
) -> None:
    """Those of the manifest, or of the detector, kept in scores.csv."""
    seen: list[Face] = []

    def matcher(image: Image, face: Face) -> None:
        seen.append(face)

    def detect(image: Image) -> list[Face]:
        return [astronaut_face]

    system, samples = load_system(make_model()), load_dataset(dataset).samples
    work = evaluate(
        [system],
        samples,
        detect,
        options=EvaluateOptions(detector_only=True),
        setting=Setting(root=dataset.resolve()),
    )
    write_evaluation(tmp_path / "out", finish(work, "judged"))
    impostor_report(load_evaluation(tmp_path / "out"), matcher, {"eileen"})
    assert len(seen) == len(samples)
    assert {face.landmarks for face in seen} == {astronaut_face.landmarks}
    seen.clear()
    known = [replace(sample, landmarks=astronaut_face.landmarks) for sample in samples[:4]]
    work = evaluate([system], [*known, *samples[4:]], setting=Setting(root=dataset.resolve()))
    impostor_report(finish(work, "judged"), matcher, {"eileen"})
    assert [face.landmarks is not None for face in seen] == [True] * 4 + [False]
