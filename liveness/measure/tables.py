"""Reports as plain text for a terminal, and as JSON values for a file."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from liveness.intervals import Rate
from liveness.measure.bootstrap import Spread
from liveness.metrics import UNKNOWN, PadReport

MODEL_HEAD = (
    "Model",
    "Threshold",
    "APCER, worst species",
    "BPCER",
    "BPCER at APCER 5 %, set here",
    "EER %",
    "AUC",
)
GROUP_HEAD = ("bona fide", "attacks", "APCER, worst species", "BPCER", "AUC")
_SPREAD_WORDS = {
    "apcer_pooled": "APCER pooled",
    "bpcer": "BPCER",
    "hter": "HTER",
    "eer": "EER",
    "bpcer_at_5": "BPCER at APCER 5 %, pooled",
    "auc": "AUC",
}


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns in line: the first to the left, the others to the right."""
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    texts = [
        "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths)))
        for line in lines
    ]
    return "\n".join(
        [texts[0].rstrip(), "  ".join("-" * w for w in widths), *(t.rstrip() for t in texts[1:])]
    )


def percent(value: float, digits: int = 1) -> str:
    """A rate 0..1 in per cent; a dash where there is none."""
    return "-" if math.isnan(value) else f"{value * 100:.{digits}f}"


def number(value: float, digits: int = 3) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def report_text(report: PadReport, spreads: Sequence[Spread] = ()) -> str:
    """All rates of a report with 95 % intervals and counts, worst species first."""
    lines = [*report_lines(report), *(line for found in spreads for line in spread_lines(found))]
    return "\n".join(f"{name:<34} {value}".rstrip() for name, value in lines)


def spread_lines(found: Spread) -> Iterator[tuple[str, str]]:
    """What an interval over whole groups says, in words; the first line is a heading."""
    yield f"With {found.groups} {found.column}s drawn anew", "95 % interval"
    for name, word in _SPREAD_WORDS.items():
        low, high = found.intervals[name]
        ranks = name == "auc"
        ends = (number(low), number(high)) if ranks else (percent(low), percent(high))
        # Drawn from no error at all, no draw has one: that is no knowledge, as Clopper-Pearson's 0..x shows.
        alike = f"not known: {ends[0]}{'' if ranks else ' %'} in every draw"
        yield f"  {word}", alike if low == high else f"[{ends[0]}, {ends[1]}]{'' if ranks else ' %'}"


def spread_row(found: Spread) -> tuple[str, str]:
    """The same in one line."""
    (head, _), *lines = spread_lines(found)
    return head, ", ".join(f"{name.strip()} {value}" for name, value in lines)


def report_lines(report: PadReport) -> Iterator[tuple[str, str]]:
    """What each rate is called, and its value: rate [interval] counts."""
    yield f"At threshold {report.threshold:.4f}", "rate [95 % interval] errors/presentations"
    yield "APCER, worst species", worst_text(report)
    for name, rate in report.apcer_by_species.items():
        aside = "  (several or none named: not a species)" if name == UNKNOWN else ""
        yield f"  APCER {name}", f"{rate}{aside}"
    yield "BPCER", str(report.bpcer)
    yield "No face found, bona fide (BPNRR)", str(report.bpnrr)
    yield "No face found, attacks (APNRR)", str(report.apnrr)
    if report.bpnrr.errors or report.apnrr.errors:
        yield "End to end, no face = refused", ""
        yield "  APCER, worst species", str(report.apcer_end_to_end)
        yield "  BPCER", str(report.bpcer_end_to_end)
    for point in report.bpcer_at:
        yield (
            f"BPCER at APCER {point.apcer * 100:g} %",
            f"{point.bpcer}  (threshold {point.threshold:.4f}, set here)",
        )
    papers = f"HTER {percent(report.hter)} %, EER {percent(report.eer)} %, AUC {number(report.auc)}"
    tpr = percent(report.tpr.value)
    yield "For papers, attacks pooled", f"{papers}, TPR at FPR 1 %: {tpr} %, ACER {percent(report.acer)} %"


def rate_rows(report: PadReport, spreads: Sequence[Spread]) -> list[tuple[str, str]]:
    """For a page: every rate, then the intervals over whole groups, a line each."""
    lines = [(name.strip(), value) for name, value in report_lines(report) if value]
    return lines + [spread_row(found) for found in spreads]


def model_row(name: str, report: PadReport, spreads: Sequence[Spread] = ()) -> list[str]:
    """A model among others, under ``MODEL_HEAD``; EER and AUC with the interval over the widest groups."""
    at_5 = next((str(p.bpcer) for p in report.bpcer_at if p.apcer == 0.05), "-")
    drawn = spreads[-1].intervals if spreads else {}
    eer, auc = percent(report.eer), number(report.auc)
    if "eer" in drawn:
        eer += f" [{', '.join(percent(v) for v in drawn['eer'])}]"
        auc += f" [{', '.join(number(v) for v in drawn['auc'])}]"
    return [name, f"{report.threshold:.4f}", worst_text(report), str(report.bpcer), at_5, eer, auc]


def drawn_text(spreads: Sequence[Spread]) -> str:
    """What the intervals of EER and AUC in ``model_row`` are over."""
    if not spreads:
        return "EER and AUC have no interval: no people or sources are named that could be drawn anew."
    return f"Intervals of EER and AUC: {spreads[-1].groups} {spreads[-1].column}s drawn anew."


def group_row(name: str, report: PadReport) -> list[str]:
    """The rates of one group, under ``GROUP_HEAD``."""
    counts = [str(report.bpnrr.total), str(report.apnrr.total)]
    return [name or "(none)", *counts, worst_text(report), str(report.bpcer), number(report.auc)]


def unbroken(text: str) -> str:
    """For a page: an interval and its unit stay on one line, whatever the width of the column."""
    joined = re.sub(r"\[[^\]]*\]", lambda found: found[0].replace(" ", "\u00a0"), text)
    return joined.replace(" %", "\u00a0%")


def worst_text(report: PadReport) -> str:
    """APCER of the worst species, and which that is."""
    return f"{report.apcer} ({report.worst_species})" if report.apcer.total else "none"


def groups_text(column: str, groups: Mapping[str, PadReport]) -> str:
    """One line a group: the rates of each source, kind ..., with intervals and counts."""
    return table([column, *GROUP_HEAD], [group_row(name, report) for name, report in groups.items()])


def report_values(report: PadReport) -> dict[str, Any]:
    """A report as plain JSON values; null where there is no number."""
    return {
        "threshold": report.threshold,
        "apcer": _rate(report.apcer),
        "worst_species": report.worst_species,
        "apcer_by_species": {name: _rate(rate) for name, rate in report.apcer_by_species.items()},
        "apcer_pooled": _rate(report.apcer_pooled),
        "bpcer": _rate(report.bpcer),
        "apnrr": _rate(report.apnrr),
        "apnrr_by_species": {name: _rate(rate) for name, rate in report.apnrr_by_species.items()},
        "bpnrr": _rate(report.bpnrr),
        "apcer_end_to_end": _rate(report.apcer_end_to_end),
        "bpcer_end_to_end": _rate(report.bpcer_end_to_end),
        "acer": finite(report.acer),
        "hter": finite(report.hter),
        "eer": finite(report.eer),
        "auc": finite(report.auc),
        "tpr_at_fpr_1": _rate(report.tpr),
        "bpcer_at_apcer": [
            {"apcer": point.apcer, "threshold": point.threshold, "bpcer": _rate(point.bpcer)}
            for point in report.bpcer_at
        ],
    }


def finite(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None


def _rate(rate: Rate) -> dict[str, Any]:
    low, high = rate.interval
    return {
        "rate": finite(rate.value),
        "low": low,
        "high": high,
        "errors": rate.errors,
        "total": rate.total,
    }
