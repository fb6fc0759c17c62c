"""The rates of a protocol's folds, in two forms that must not be mixed up.

- *As papers print it*: the threshold is chosen on the test data themselves (where their two error rates
  meet), so HTER, AUC and TPR at FPR 1 % say how well the scores could separate, not what a user would meet.
- *Honest*: every threshold is chosen on dev, which comes from the training side; test is only measured.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from liveness.errors import InputError
from liveness.intervals import Rate
from liveness.measure.evalfolder import FACTS, load_evaluation
from liveness.measure.scored import Scored
from liveness.measure.tables import finite, percent, report_values, table
from liveness.metrics import Bools, PadReport, eer, threshold_at_apcer

Table: TypeAlias = tuple[tuple[str, ...], list[list[str]]]  # heading and rows

TARGET_APCER = 0.05
PAPER_TITLE = "As papers print it: threshold chosen on the test data (optimistic)"
HONEST_TITLE = "Honest: threshold chosen on dev of the training side, test only measured"


@dataclass(frozen=True, slots=True)
class PaperRates:
    """0..1, attacks pooled; hter at the threshold where the error rates of the test data meet."""

    hter: float
    auc: float
    tpr: Rate


@dataclass(frozen=True, slots=True)
class HonestRates:
    """hter: at the threshold where the error rates of dev meet; report: at the lowest threshold at which no
    species of dev passes more often than the APCER that was asked for."""

    hter: float
    report: PadReport


@dataclass(frozen=True, slots=True)
class FoldRates:
    """One line of the table. None: test has no presentation of a class, or there is no dev."""

    name: str
    bona_fide: int
    attacks: int
    paper: PaperRates | None
    honest: HonestRates | None


def fold_rates(name: str, scored: Scored, target_apcer: float = TARGET_APCER) -> FoldRates:
    """The rates of a fold from the scores of its dev and test presentations (column ``split``).

    Raises InputError when nothing was tested.
    """
    splits = scored.columns["split"]
    dev, test = splits == "dev", splits == "test"
    if not test.any():
        raise InputError(f"{name}: no presentation of the test part was scored")
    live = scored.live
    return FoldRates(
        name,
        int(np.count_nonzero(test & live)),
        int(np.count_nonzero(test & ~live)),
        _paper(scored, test) if _both(scored, test) else None,
        _honest(scored, dev, test, target_apcer) if _both(scored, dev) else None,
    )


def _both(scored: Scored, rows: Bools) -> bool:
    """Whether both classes have a score."""
    return len(set(scored.live[rows & ~np.isnan(scored.scores[:, 0])])) == 2


def _paper(scored: Scored, test: Bools) -> PaperRates:
    _, threshold = eer(scored.scores[test, 0], scored.live[test])
    report = scored.report(0, threshold, test)
    return PaperRates(report.hter, report.auc, report.tpr)


def _honest(scored: Scored, dev: Bools, test: Bools, target_apcer: float) -> HonestRates:
    scores, live = scored.scores[dev, 0], scored.live[dev]
    _, meeting = eer(scores, live)
    threshold = threshold_at_apcer(scores, live, scored.species[dev], apcer=target_apcer)
    return HonestRates(scored.report(0, meeting, test).hter, scored.report(0, threshold, test))


def load_folds(folder: Path, target_apcer: float = TARGET_APCER) -> list[FoldRates]:
    """The folds whose evaluations lie below a folder, by name. Raises InputError when there are none."""
    found = sorted(path.parent for path in folder.rglob(FACTS))
    if not found:
        raise InputError(f"{folder} holds no evaluation: looked for {FACTS} in it and below it")
    return [fold_rates(_name(folder, place), load_evaluation(place).scored, target_apcer) for place in found]


def _name(folder: Path, place: Path) -> str:
    """The folder of the fold, without the one that only says that it is an evaluation."""
    parts = [part for part in place.relative_to(folder).parts if part != "evaluation"]
    return "/".join(parts) or folder.name


# ------------------------------------------------------------------ text and values


def folds_text(folds: Sequence[FoldRates], target_apcer: float = TARGET_APCER) -> str:
    """Both tables, with means over the folds, and counts."""
    paper, honest = table(*paper_table(folds)), table(*honest_table(folds, target_apcer))
    return f"{PAPER_TITLE}\n{paper}\n\n{HONEST_TITLE}\n{honest}"


def paper_table(folds: Sequence[FoldRates]) -> Table:
    """HTER, AUC and TPR at FPR 1 % of each fold, and the means."""
    columns: tuple[Callable[[PaperRates], float], ...] = (
        lambda rates: rates.hter,
        lambda rates: rates.auc,
        lambda rates: rates.tpr.value,
    )
    rows = [[f.name, str(f.bona_fide), str(f.attacks), *_paper_cells(f.paper)] for f in folds]
    known = [f.paper for f in folds if f.paper]
    means = [_mean([column(rates) for rates in known]) for column in columns]
    header = ("fold", "bona fide", "attacks", "HTER %", "AUC %", "TPR % at FPR 1 %")
    return header, [*rows, ["mean (spread over folds)", "", "", *means]]


def _paper_cells(rates: PaperRates | None) -> list[str]:
    return [percent(rates.hter), percent(rates.auc), _counted(rates.tpr)] if rates else ["-"] * 3


def honest_table(folds: Sequence[FoldRates], target_apcer: float = TARGET_APCER) -> Table:
    """HTER, APCER of the worst species and BPCER of each fold at thresholds from dev, and the means."""
    columns: tuple[Callable[[HonestRates], float], ...] = (
        lambda rates: rates.hter,
        lambda rates: rates.report.apcer.value,
        lambda rates: rates.report.bpcer.value,
    )
    rows = [_honest_row(f) for f in folds]
    known = [f.honest for f in folds if f.honest]
    means = [_mean([column(rates) for rates in known]) for column in columns]
    level = f"{target_apcer * 100:g}"
    header = ("fold", "HTER %", "APCER %, worst", "species", "BPCER %", f"threshold (dev APCER {level} %)")
    return header, [*rows, ["mean (spread over folds)", means[0], means[1], "", means[2], ""]]


def _honest_row(fold: FoldRates) -> list[str]:
    if fold.honest is None:
        return [fold.name, *["-"] * 5]
    report = fold.honest.report
    return [
        fold.name,
        percent(fold.honest.hter),
        _counted(report.apcer),
        report.worst_species or "-",
        _counted(report.bpcer),
        f"{report.threshold:.4f}",
    ]


def _counted(rate: Rate) -> str:
    """Per cent, 95 % interval and counts, as everywhere; the unit stands in the heading."""
    return str(rate).replace(" %", "", 1) if rate.total else "-"


def _mean(values: Sequence[float]) -> str:
    """Mean over the folds that have a value, and the standard deviation between them."""
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return "-"
    spread = f" ({percent(statistics.stdev(known))})" if len(known) > 1 else ""
    return f"{percent(statistics.mean(known))}{spread}"


def folds_values(folds: Sequence[FoldRates], target_apcer: float = TARGET_APCER) -> dict[str, Any]:
    """Both tables as plain JSON values."""
    return {
        "threshold_on_the_test_data": {f.name: _paper_values(f.paper) for f in folds},
        "threshold_from_dev": {
            "apcer_on_dev": target_apcer,
            **{f.name: _honest_values(f.honest) for f in folds},
        },
        "presentations": {f.name: {"bona_fide": f.bona_fide, "attacks": f.attacks} for f in folds},
    }


def _paper_values(rates: PaperRates | None) -> dict[str, Any] | None:
    if rates is None:
        return None
    tpr = {"errors": rates.tpr.errors, "total": rates.tpr.total, "rate": finite(rates.tpr.value)}
    return {"hter": finite(rates.hter), "auc": finite(rates.auc), "tpr_at_fpr_1": tpr}


def _honest_values(rates: HonestRates | None) -> dict[str, Any] | None:
    return None if rates is None else {"hter": finite(rates.hter), "report": report_values(rates.report)}
