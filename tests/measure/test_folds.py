"""The two forms of a table: what papers print and what a user would meet, against numbers worked out here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from liveness.cli import main
from liveness.errors import InputError
from liveness.measure.evalfolder import write_evaluation
from liveness.measure.evaluate import Evaluation, Facts, SystemFacts
from liveness.measure.folds import HONEST_TITLE, PAPER_TITLE, fold_rates, folds_text, folds_values, load_folds
from liveness.measure.scored import COLUMNS, Pictures, Scored, presentations

Row = tuple[str, str, str, float]  # split, label, species, score

DEV: list[Row] = [
    *(("dev", "bona_fide", "", score) for score in (0.9, 0.8, 0.7, 0.6)),
    *(("dev", "attack", "print", score) for score in (0.1, 0.2)),
    *(("dev", "attack", "replay", score) for score in (0.3, 0.5)),
]
# All scores are 0.3 lower than on dev: a camera that the model has not seen.
TEST: list[Row] = [("test", label, species, score - 0.3) for _, label, species, score in DEV]


def pictures(rows: Sequence[Row]) -> Pictures:
    columns = {name: [""] * len(rows) for name in COLUMNS}
    columns["path"] = [f"{i}.png" for i in range(len(rows))]
    columns["split"], columns["label"], columns["pai_species"], scores = map(list, zip(*rows))
    return Pictures(("model",), columns, np.array(scores, dtype=np.float64)[:, None])


def scored(rows: Sequence[Row]) -> Scored:
    return presentations(pictures(rows), [0.5], "mean")


def write(folder: Path, rows: Sequence[Row]) -> None:
    system = SystemFacts("model", 0.5, {})
    facts = Facts("made", "", "dev and test", "", "none", "mean", 8, (system,))
    made = Evaluation(pictures(rows), scored(rows), facts)
    write_evaluation(folder, made)


def test_the_threshold_on_the_test_data_hides_what_dev_shows() -> None:
    rates = fold_rates("O to M", scored([*DEV, *TEST]))
    assert (rates.bona_fide, rates.attacks) == (4, 4)
    assert rates.paper is not None
    assert (rates.paper.hter, rates.paper.auc, rates.paper.tpr.value) == (0.0, 1.0, 1.0)
    assert rates.honest is not None
    report = rates.honest.report
    assert report.threshold == pytest.approx(0.5, abs=1e-9)  # just above the replay of dev at 0.5
    assert (report.bpcer.errors, report.bpcer.total) == (3, 4)  # 0.6 of test alone passes
    assert report.apcer.value == 0.0
    assert rates.honest.hter == pytest.approx((0.75 + 0.0) / 2)


def test_what_is_missing_is_left_out_and_not_invented() -> None:
    no_dev = fold_rates("a", scored(TEST))
    assert no_dev.honest is None
    assert no_dev.paper is not None
    one_class = fold_rates("b", scored([*DEV, *(row for row in TEST if row[1] == "attack")]))
    assert one_class.paper is None
    assert one_class.honest is not None
    assert np.isnan(one_class.honest.hter)
    text = folds_text([no_dev, one_class])
    assert "nan" not in text
    values = folds_values([no_dev, one_class])
    assert values["threshold_from_dev"]["a"] is None
    assert values["threshold_on_the_test_data"]["b"] is None
    assert values["threshold_from_dev"]["b"]["hter"] is None
    with pytest.raises(InputError, match="test part"):
        fold_rates("c", scored(DEV))


def test_both_tables_are_named_as_what_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "01-C-to-O" / "evaluation", [*DEV, *TEST])
    write(tmp_path / "02-O-to-C" / "evaluation", [*DEV, *(("test", *row[1:]) for row in DEV)])
    assert main(["protocol", "leave-one-out", "--scores", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    paper, honest = said.split(HONEST_TITLE)
    assert PAPER_TITLE in paper
    assert paper.count("100.0") >= 4  # AUC and TPR of both folds
    assert "75.0 [19.4, 99.4] 3/4" in honest
    assert "18.8 (26.5)" in honest  # mean HTER of 37.5 and 0, and the spread between them
    assert "01-C-to-O" in paper
    assert [fold.name for fold in load_folds(tmp_path)] == ["01-C-to-O", "02-O-to-C"]


def test_a_folder_without_scores_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["protocol", "intra", "--scores", str(tmp_path)]) == 1
    assert "evaluation.json" in capsys.readouterr().err
    assert main(["protocol", "intra"]) == 1
    assert "name the data sets" in capsys.readouterr().err
