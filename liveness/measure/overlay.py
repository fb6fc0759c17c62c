"""Curves of several kept runs over each other, and what forbids to compare them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matplotlib.figure import Figure

from liveness.measure.curves import COLOURS, Curve, curves_of, det, roc
from liveness.measure.evalfolder import load_evaluation
from liveness.measure.history import Entry
from liveness.measure.report import dev_evaluation
from liveness.training.runs import RunFolder


def overlaid(entries: Sequence[Entry]) -> tuple[dict[str, Figure], str]:
    """DET and ROC of all evaluations, and of trainings on their dev parts; and what is to be said of them.

    Nothing where no run has scores of both classes. Raises InputError for an evaluation that is damaged.
    """
    curves: list[Curve] = []
    seen: dict[str, str] = {}
    for entry in entries:
        if entry.kind == "evaluation":
            done = load_evaluation(entry.path)
            fingerprint = done.facts.fingerprint
        elif entry.kind == "training" and RunFolder(entry.path).dev_scores():
            done = dev_evaluation(RunFolder(entry.path))
            fingerprint = entry.name
        else:
            continue
        found = curves_of(done.scored, done.scored.thresholds)
        if not found:
            continue
        seen.setdefault(fingerprint, entry.name)
        for curve in found:
            several = f"{entry.name}: {curve.name}" if len(done.scored.systems) > 1 else entry.name
            name = several if entry.kind == "evaluation" else f"{entry.name}, dev"
            curves.append(replace(curve, name=name, number=len(curves)))
    if not curves:
        return {}, ""
    said = []
    if len(seen) > 1:
        said.append(
            f"These are scores of {len(seen)} different sets of presentations: a lower curve may be easier "
            "data, not a better model."
        )
    if len(curves) > len(COLOURS):
        said.append(f"Of {len(curves)} models the first {len(COLOURS)} are drawn.")
        curves = curves[: len(COLOURS)]
    return {"det": det(curves), "roc": roc(curves)}, " ".join(said)
