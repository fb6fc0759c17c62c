"""``liveness protocol``: train and score every fold of a protocol, and print one table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from liveness.config import RECIPES, TrainConfig
from liveness.errors import InputError
from liveness.training.options import FLAGS, parse_setting, with_changes

if TYPE_CHECKING:
    from liveness.data.protocols import Named, Protocol
    from liveness.measure.folds import FoldRates

KINDS = ("cross", "intra", "k-fold", "leave-attack-out", "leave-one-out", "leave-sources-out")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "protocol",
        help="train and score every fold of a protocol: leave-one-out, cross, k-fold ...",
        description="Run a protocol over data sets (docs/protocols.md) and print its table in two forms: as "
        "papers print it (threshold chosen on the test data) and honest (threshold from dev of the training "
        "side). Stopped runs go on: give the same command again.",
    )
    parser.add_argument("kind", choices=KINDS, help="which protocol")
    parser.add_argument(
        "data",
        nargs="*",
        metavar="[NAME=]DATA",
        help="data sets: folder, manifest.csv, ZIP or ADAPTER[@PROTOCOL]:PATH, with a name for the table",
    )
    parser.add_argument(
        "--test",
        action="append",
        default=[],
        metavar="[NAME=]DATA",
        help="cross: what is tested on; may be repeated",
    )
    parser.add_argument("--folds", type=int, default=5, help="folds of k-fold and leave-sources-out (5)")
    parser.add_argument(
        "--together",
        default="",
        metavar="SOURCE,...",
        help="leave-sources-out: sources that share people and are left out together",
    )
    parser.add_argument(
        "--recipe", choices=sorted(RECIPES), default="default", help="training preset (default)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any setting of training, as liveness train has",
    )
    for flag in ("--epochs", "--network", "--init", "--seed"):
        parser.add_argument(flag, metavar=flag[2:].upper(), help=f"as liveness train {flag}")
    parser.add_argument(
        "--out", type=Path, help="folder of the protocol (protocol-KIND in the folder of runs)"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print the folds and their counts; train nothing"
    )
    parser.add_argument(
        "--scores",
        type=Path,
        metavar="DIR",
        help="no training: tabulate the evaluations (dev and test) below DIR",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from liveness.data.protocols import FOLD_HEADER, Choices, plan
    from liveness.measure.beforehand import known_beforehand
    from liveness.measure.folds import folds_text, load_folds
    from liveness.measure.protocols import read_plan
    from liveness.measure.tables import table
    from liveness.training.runs import PLAN, runs_folder

    config = _config(args)
    if args.scores:
        for note in read_plan(args.scores).notes if (args.scores / PLAN).is_file() else ():
            print(f"Beware: {note}\n")
        print(folds_text(load_folds(args.scores, config.target_apcer), config.target_apcer))
        return 0
    if not args.data:
        raise InputError("name the data sets, or --scores DIR with evaluations to tabulate")
    together = tuple(name for name in args.together.split(",") if name)
    choices = Choices(config.seed, args.folds, tuple(map(_loaded, args.test)), together)
    protocol = plan(args.kind, list(map(_loaded, args.data)), choices)
    folds = table(FOLD_HEADER, [fold.row() for fold in protocol.folds])
    print(f"{protocol.kind}: {protocol.about}\n\n{folds}\n", flush=True)
    notes = known_beforehand(protocol, config)
    for note in notes:
        print(f"Beware: {note}\n", flush=True)
    if args.dry_run:
        return 0
    out = args.out or runs_folder() / f"protocol-{args.kind}"
    rates = _follow(protocol, config, out, notes)
    if rates is None:
        print(f"stopped; to go on, give the same command again (its folder: {out})", file=sys.stderr)
        return 130
    print(folds_text(rates, config.target_apcer))
    print(f"\nwritten: {out / 'results.md'}, {out / 'results.json'}")
    return 0


def _loaded(word: str) -> Named:
    from liveness.data.protocols import load_named

    named = load_named(word)
    for problem in named.problems[:5]:
        print(f"left out of {named.name}: {problem.where}: {problem.reason}", file=sys.stderr)
    return named


def _config(args: argparse.Namespace) -> TrainConfig:
    changes = dict(map(parse_setting, args.set))
    for flag in ("--epochs", "--network", "--init", "--seed"):
        given = getattr(args, flag[2:])
        if given is not None:
            changes[FLAGS[flag]] = parse_setting(f"{flag}={given}")[1]
    return with_changes(RECIPES[args.recipe], changes)


def _follow(
    protocol: Protocol, config: TrainConfig, out: Path, notes: Sequence[str]
) -> tuple[FoldRates, ...] | None:
    """Run it, with a line for each thing that is begun; None when it was asked to stop."""
    from liveness.cli.common import stop_signals
    from liveness.measure.protocols import run_protocol

    steps, said = run_protocol(protocol, config, out, notes=notes), ("", "")
    with stop_signals() as asked:
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                found: tuple[FoldRates, ...] = end.value
                return found
            if asked:
                steps.close()
                return None
            words = step.fold, step.message.split(":")[0]
            if words != said:
                line = f"fold {step.number} of {step.folds}, {step.fold}: {step.message}"
                print(line, file=sys.stderr, flush=True)
            said = words
