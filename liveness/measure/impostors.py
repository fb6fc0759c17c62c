"""An evaluation with the matcher taking part: IAPAR, RIAPAR and FRR of the whole system."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from liveness.errors import InputError
from liveness.measure.evaluate import Evaluation
from liveness.measure.mistakes import picture_of
from liveness.measure.recognition import SystemReport, matching_lines, system_report
from liveness.types import Face, Matcher


def impostor_report(
    done: Evaluation, matcher: Matcher, enrolled: Collection[str], index: int = 0
) -> SystemReport:
    """Match every judged face; ``subject`` is whose face is presented, or imitated by an attack.

    Of a clip the first judged frame is matched; faces are aligned by their landmarks where these are known,
    as at enrolment. enrolled: names in the gallery; rows whose subject is not among them, or who have none,
    do not count. Raises InputError when no row does, or when a picture is gone.
    """
    scored = done.scored
    claimed = scored.columns["subject"]
    if not (claimed != "").any():
        raise InputError("IAPAR needs the column subject: whose face is presented, or imitated")
    known = np.isin(claimed, list(enrolled))
    if not known.any():
        raise InputError("nobody whom the column subject names is enrolled in the gallery")
    strangers = int(np.count_nonzero((claimed != "") & ~known))
    claimed = np.where(known, claimed, "")
    scores = scored.scores[:, index]
    accepted = np.where(np.isnan(scores), -np.inf, scores) >= scored.thresholds[index]
    names = [_matched(done, matcher, row) if claimed[row] else "" for row in range(len(scored))]
    report = system_report(accepted, scored.live, names, claimed, scored.species)
    return replace(report, strangers=strangers)


def _matched(done: Evaluation, matcher: Matcher, row: int) -> str:
    """The name that the matcher is sure of, else ""."""
    box = done.scored.box(row)
    if box is None:
        return ""
    match = matcher(picture_of(done, row), Face(box, 1.0, done.scored.landmarks(row)))
    return match.name if match is not None and match.known else ""


def impostor_text(report: SystemReport, name: str) -> str:
    """The rates in words, worst species first."""
    head = f"{name} with the matcher (subject: whose face is presented, or imitated)"
    return "\n".join([head, *(f"{word:<34} {value}" for word, value in matching_lines(report))])
