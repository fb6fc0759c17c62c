"""The folder of an evaluation: what is in it, and that it is read back as it was."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from liveness.errors import InputError
from liveness.measure.evalfigures import evaluation_figures, svg, write_figures
from liveness.measure.evalfolder import is_evaluation, load_evaluation, write_evaluation
from liveness.measure.evaluate import Evaluation, Facts, SystemFacts
from liveness.measure.scored import BOX_COLUMNS, COLUMNS, Pictures, presentations

NAN = float("nan")


def made(scores: list[list[float]] | None = None) -> Evaluation:
    """Eight pictures of seven presentations, two are frames of a clip; two systems; one face not found."""
    live = ["bona_fide"] * 4 + ["attack"] * 4
    columns = {name: [""] * 8 for name in (*COLUMNS, "device", *BOX_COLUMNS)}
    columns |= {
        "path": [f"p{i}.png" for i in range(8)],
        "label": live,
        "pai_species": [""] * 4 + ["print", "print", "replay", "replay"],
        "subject": ["ann", "ann", "bob", "bob"] * 2,
        "presentation": ["clip", "clip", *[""] * 6],
        "device": ["phone", "phone", "webcam", "webcam"] * 2,
    }
    values = scores or [
        [0.9, 0.8],
        [0.7, 0.6],
        [0.4, 0.9],
        [NAN, NAN],
        [0.1, 0.2],
        [0.6, 0.3],
        [0.2, 0.7],
        [0, 1],
    ]
    pictures = Pictures(("first", "other one"), columns, np.array(values))
    systems = tuple(
        SystemFacts(name, level, {"m.onnx": "00"}) for name, level in zip(pictures.systems, (0.5, 0.65))
    )
    facts = Facts("made", "/data", "all", "f00", "boxes", "mean", 8, systems, environment={"python": "3"})
    return Evaluation(pictures, presentations(pictures, (0.5, 0.65), "mean"), facts)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    written = made()
    files = write_evaluation(tmp_path / "out", written)
    assert all(path.is_file() for path in files)
    read = load_evaluation(tmp_path / "out")
    assert read.facts == written.facts
    np.testing.assert_array_equal(read.scored.scores, written.scored.scores)
    assert read.scored.report("other one") == written.scored.report(1)
    assert read.scored.groupings() == ["subject", "device"]
    write_evaluation(tmp_path / "again", read)
    for path in files:
        again = tmp_path / "again" / path.relative_to(tmp_path / "out")
        assert again.read_bytes() == path.read_bytes(), path.name


def test_scores_are_by_picture_with_every_digit(tmp_path: Path) -> None:
    write_evaluation(tmp_path, made([[1 / 3, 0.5]] * 8))
    rows = rows_of(tmp_path / "scores.csv")
    assert len(rows) == 8
    assert {float(row["score:first"]) for row in rows} == {1 / 3}


def test_the_report_has_rates_with_intervals_and_counts(tmp_path: Path) -> None:
    write_evaluation(tmp_path, made())
    values = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (values["pictures"], values["presentations"]) == (8, 7)
    first = values["systems"]["first"]
    assert first["overall"]["bpcer"]["rate"] == 0.5
    assert (first["overall"]["bpcer"]["errors"], first["overall"]["bpcer"]["total"]) == (1, 2)
    assert first["by_device"]["phone"]["bpcer"]["errors"] == 0
    assert first["drawn_anew_by"]["subject"]["groups"] == 2
    rates = {(r["system"], r["column"], r["group"], r["rate"]): r for r in rows_of(tmp_path / "rates.csv")}
    assert rates["first", "", "", "APCER print"]["errors"] == "1"
    assert rates["other one", "device", "webcam", "BPCER"]["total"] == "1"


def test_bob_reads_a_row_a_presentation(tmp_path: Path) -> None:
    """bob.pad.base sorts rows into bona fide and attack types by is_bonafide and attack_type."""
    write_evaluation(tmp_path, made())
    rows = rows_of(tmp_path / "bob" / "other-one.csv")
    assert list(rows[0]) == ["claimed_id", "test_label", "is_bonafide", "attack_type", "score"]
    live = [float(row["score"]) for row in rows if row["is_bonafide"].lower() == "true"]
    assert live == [pytest.approx(0.7), 0.9], "the clip counts once, the face not found is not there"
    assert [r["attack_type"] for r in rows[2:]] == ["print", "print", "replay", "replay"]
    assert rows[0]["test_label"] == "clip"


def test_names_that_make_one_file_name_make_two_files(tmp_path: Path) -> None:
    done = made()
    names = ("a/model", "a model")
    systems = tuple(replace(s, name=name) for s, name in zip(done.facts.systems, names))
    pictures = replace(done.pictures, systems=names)
    same = Evaluation(pictures, replace(done.scored, systems=names), replace(done.facts, systems=systems))
    write_evaluation(tmp_path, same)
    assert sorted(p.name for p in (tmp_path / "bob").iterdir()) == ["a-model-2.csv", "a-model.csv"]


def test_a_folder_without_an_evaluation(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not an evaluation"):
        load_evaluation(tmp_path)
    write_evaluation(tmp_path, made())
    assert is_evaluation(tmp_path)
    (tmp_path / "scores.csv").write_text("path,label\na,b\n")
    with pytest.raises(InputError, match="damaged"):
        load_evaluation(tmp_path)


def test_figures_hold_what_the_data_can_give(tmp_path: Path) -> None:
    scored = made().scored
    names = set(evaluation_figures(scored))
    assert names == {"det", "roc", "scores", "rates", "reliability", "confusion", "by-device"}
    paths = write_figures(tmp_path, scored)
    found = {path.name for path in paths}
    assert {"det.svg", "1-scores.svg", "2-scores.svg"} <= found
    assert "2-det.svg" not in found
    only_live = replace(
        scored, scores=scored.scores[:3], columns={k: v[:3] for k, v in scored.columns.items()}
    )
    assert set(evaluation_figures(only_live)) == {"by-device"}


def test_the_same_figure_is_the_same_file() -> None:
    first, again = (svg(evaluation_figures(made().scored)["det"]) for _ in range(2))
    assert first == again
    assert svg(evaluation_figures(made().scored, threshold=0.8)["det"]) != first
