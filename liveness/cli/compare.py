"""``liveness compare``: up to eight models beside each other on the same faces."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liveness.measure.scored import Scored


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from liveness.cli.evaluate import add_options

    parser = subparsers.add_parser(
        "compare",
        help="up to eight models on the same faces, and whether they differ",
        description="Judge the same faces by up to eight models, each at its own threshold. Every model is "
        "held against the first: presentations that only one of them gets wrong, with McNemar's exact test, "
        "and the difference in AUC and EER with an interval over sources (or people) drawn anew.",
    )
    parser.add_argument("dataset", type=Path, help="a folder, manifest.csv, ZIP or NAME[@PROTOCOL]:PATH")
    parser.add_argument(
        "models", type=Path, nargs="+", help="model.onnx files, or JSON files of published systems"
    )
    add_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from liveness.cli.evaluate import evaluation_of
    from liveness.errors import InputError
    from liveness.measure.benchmark import face_milliseconds
    from liveness.measure.compare import MOST
    from liveness.systems import load_system

    if len(args.models) > MOST:
        raise InputError(f"at most {MOST} models are compared, got {len(args.models)}")
    systems = [load_system(path, threads=1) for path in args.models]
    done, _ = evaluation_of(args, systems, None, ["compare", str(args.dataset), *map(str, args.models)])
    alone = [face_milliseconds(load_system(path)) for path in args.models]  # one face on all cores
    print(comparison_text(done.scored, alone))
    return 0


def comparison_text(scored: Scored, milliseconds: list[float]) -> str:
    """A row a model, and below it a row for each that is held against the first."""
    from liveness.measure.compare import differences
    from liveness.measure.tables import number, percent, table

    rows = []
    for index, name in enumerate(scored.systems):
        report = scored.report(index)
        at_5 = next((percent(p.bpcer.value) for p in report.bpcer_at if p.apcer == 0.05), "-")
        figures = [percent(report.eer), number(report.auc), f"{milliseconds[index]:.1f}"]
        worst = f"{report.apcer} {report.worst_species}"
        rows.append([name, f"{report.threshold:.3f}", worst, str(report.bpcer), at_5, *figures])
    head = ("model", "threshold", "APCER worst", "BPCER", "BPCER@5 %", "EER %", "AUC", "ms a face")
    lines = [table(head, rows)]
    found = differences(scored)
    if found:
        lines.append(
            f"\nAgainst {scored.systems[0]}: presentations that only one of the two gets wrong (McNemar's "
            f"exact p), and differences with 95 % intervals, {found[0].groups} drawn anew:\n"
        )
        changes = [
            [
                d.system,
                *(str(n) for n in (d.presentations, d.only_first, d.only_other)),
                f"{d.p:.3g}",
                f"{d.auc:+.3f} [{d.auc_interval[0]:+.3f}, {d.auc_interval[1]:+.3f}]",
                f"{d.eer * 100:+.1f} [{d.eer_interval[0] * 100:+.1f}, {d.eer_interval[1] * 100:+.1f}]",
            ]
            for d in found
        ]
        names = ("model", "presentations", "only the first wrong", "only this wrong", "p", "AUC", "EER %")
        lines.append(table(names, changes))
    return "\n".join(lines)
