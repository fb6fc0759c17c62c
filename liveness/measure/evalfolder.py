"""The folder of an evaluation: written whole, read again without the pictures or the networks.

evaluation.json   how it was made (``Facts``)
scores.csv        one row a picture or frame: its columns, its face box, and ``score:NAME`` of each system
report.json       all rates, with intervals and counts       rates.csv   the same as one long table
bob/NAME.csv      a row a presentation, as bob.pad.base reads it
matching.json     IAPAR and FRR of each system, where the matcher took part
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from liveness.errors import InputError
from liveness.intervals import Rate
from liveness.jsonable import from_dict, to_dict
from liveness.measure.evaluate import Evaluation, Facts
from liveness.measure.recognition import SystemReport
from liveness.measure.scored import Pictures, Scored, presentations
from liveness.measure.tables import finite, report_values
from liveness.metrics import PadReport
from liveness.results import whole_file, write_json
from liveness.sharing import Packed
from liveness.systems import unique_names

FACTS, SCORES, MATCHING = "evaluation.json", "scores.csv", "matching.json"
_SCORE = "score:"
_RATE_COLUMNS = ("system", "column", "group", "rate", "value", "low", "high", "errors", "total", "threshold")


def write_evaluation(out: Path, evaluation: Evaluation) -> list[Path]:
    """Write every file; ``evaluation.json`` last, so that a folder that has it is complete."""
    scored = evaluation.scored
    out.mkdir(parents=True, exist_ok=True)
    _write_scores(out / SCORES, evaluation.pictures)
    write_json(out / "report.json", report_json(scored))
    _write_rates(out / "rates.csv", scored)
    made = [out / SCORES, out / "report.json", out / "rates.csv"]
    for index, name in enumerate(unique_names([file_name(system) for system in scored.systems])):
        made.append(out / "bob" / f"{name}.csv")
        _write_bob(made[-1], scored, index)
    write_json(out / FACTS, to_dict(evaluation.facts))
    return [*made, out / FACTS]


def write_matching(out: Path, reports: Sequence[SystemReport]) -> None:
    """Add the rates with the matcher, one report a system in their order, to the folder of an evaluation."""
    write_json(out / MATCHING, [to_dict(report) for report in reports])


def load_matching(folder: Path) -> list[SystemReport]:
    """What ``write_matching`` wrote, nothing where no matcher took part. Raises InputError when damaged."""
    if not (folder / MATCHING).is_file():
        return []
    try:
        values = json.loads((folder / MATCHING).read_text(encoding="utf-8"))
        return [from_dict(SystemReport, value, MATCHING) for value in values]
    except (ValueError, TypeError) as error:
        raise InputError(f"the {MATCHING} in {folder} is damaged: {error}") from error


def is_evaluation(folder: Path) -> bool:
    return (folder / FACTS).is_file() and (folder / SCORES).is_file()


def load_evaluation(folder: Path) -> Evaluation:
    """What ``write_evaluation`` wrote. Raises InputError when the folder holds none, or a damaged one."""
    if not is_evaluation(folder):
        raise InputError(f"{folder} is not an evaluation: it has no {FACTS} and {SCORES}")
    try:
        facts = from_dict(Facts, json.loads((folder / FACTS).read_text(encoding="utf-8")), FACTS)
        pictures = _read_scores(folder / SCORES, facts)
        levels = [system.threshold for system in facts.systems]
        return Evaluation(pictures, presentations(pictures, levels, facts.join), facts)
    except (ValueError, KeyError, IndexError, csv.Error) as error:
        raise InputError(f"the evaluation in {folder} is damaged: {error}") from error


def file_name(system: str) -> str:
    """A system's name as a file's."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", system).strip("-.") or "system"


def report_json(scored: Scored) -> dict[str, Any]:
    """All rates of all systems as plain values."""
    return {
        "pictures": scored.pictures,
        "presentations": len(scored),
        "frames_joined_by": scored.join,
        "systems": {name: _system_values(scored, index) for index, name in enumerate(scored.systems)},
    }


def _system_values(scored: Scored, index: int) -> dict[str, Any]:
    drawn = {
        found.column: {
            "groups": found.groups,
            **{name: [finite(low), finite(high)] for name, (low, high) in found.intervals.items()},
        }
        for found in scored.spreads(index)
    }
    groups = {
        f"by_{column}": {name: report_values(report) for name, report in scored.by(column, index).items()}
        for column in scored.groupings()
    }
    return {"overall": report_values(scored.report(index)), "drawn_anew_by": drawn, **groups}


def _write_scores(path: Path, pictures: Pictures) -> None:
    """Every digit of every score; empty where no face was found."""
    with whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow([*pictures.columns, *(f"{_SCORE}{name}" for name in pictures.systems)])
        for texts, scores in zip(zip(*pictures.columns.values()), pictures.scores, strict=True):
            writer.writerow([*texts, *("" if np.isnan(s) else repr(float(s)) for s in scores)])


def _read_scores(path: Path, facts: Facts) -> Pictures:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        columns: dict[str, Packed[str]] = {name: Packed() for name in next(reader, [])}
        for row in reader:
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
    own = [columns.pop(f"{_SCORE}{system.name}") for system in facts.systems]
    scores = np.array([[float(v) if v else np.nan for v in column] for column in own]).T
    return Pictures(tuple(system.name for system in facts.systems), columns, scores)


def _write_bob(path: Path, scored: Scored, index: int) -> None:
    """claimed_id, test_label, is_bonafide, attack_type, score; presentations without a face have none."""
    columns = scored.columns
    with whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow(["claimed_id", "test_label", "is_bonafide", "attack_type", "score"])
        for row in map(int, np.flatnonzero(~np.isnan(scored.scores[:, index]))):
            live = bool(scored.live[row])
            kind = "" if live else str(columns["pai_species"][row]) or "unknown"
            subject = str(columns["subject"][row]) or "unknown"
            label = str(columns["presentation"][row]) or scored.places["path"][row]
            writer.writerow([subject, label, live, kind, repr(float(scored.scores[row, index]))])


def _write_rates(path: Path, scored: Scored) -> None:
    with whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow(_RATE_COLUMNS)
        for index, system in enumerate(scored.systems):
            writer.writerows(_rate_rows(system, "", "", scored.report(index)))
            for column in scored.groupings():
                for group, report in scored.by(column, index).items():
                    writer.writerows(_rate_rows(system, column, group, report))


def _rate_rows(system: str, column: str, group: str, report: PadReport) -> Iterator[Sequence[object]]:
    named: list[tuple[str, Rate, float]] = [
        *((f"APCER {name}", rate, report.threshold) for name, rate in report.apcer_by_species.items()),
        ("APCER pooled", report.apcer_pooled, report.threshold),
        ("BPCER", report.bpcer, report.threshold),
        ("APNRR", report.apnrr, report.threshold),
        ("BPNRR", report.bpnrr, report.threshold),
        *((f"BPCER at APCER {p.apcer * 100:g} %", p.bpcer, p.threshold) for p in report.bpcer_at),
    ]
    for name, rate, threshold in named:
        if rate.total:
            low, high = rate.interval
            yield (system, column, group, name, rate.value, low, high, rate.errors, rate.total, threshold)
