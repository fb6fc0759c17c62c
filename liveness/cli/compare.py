"""``liveness compare``: up to eight models beside each other on the same faces."""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liveness.measure.scored import Scored

_WIDTH = 100  # of running text


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
    from liveness.measure.compare import DIFFERENCE_HEAD, difference_row, difference_text, differences
    from liveness.measure.tables import MODEL_HEAD, drawn_text, model_row, table

    spreads = [scored.spreads(index) for index in range(len(scored.systems))]
    rows = [
        [*model_row(name, scored.report(i), spreads[i]), f"{milliseconds[i]:.1f}"]
        for i, name in enumerate(scored.systems)
    ]
    lines = [table([*MODEL_HEAD, "ms a face"], rows), drawn_text(spreads[0])]
    found = differences(scored)
    if found:
        lines.append(f"\n{textwrap.fill(difference_text(scored.systems[0], found), _WIDTH)}\n")
        lines.append(table(DIFFERENCE_HEAD, [difference_row(d) for d in found]))
    return "\n".join(lines)
