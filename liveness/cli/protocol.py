"""``liveness protocol``: train and score every fold of a protocol, and print one table."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from liveness.config import RECIPES, TrainConfig
from liveness.errors import InputError
from liveness.options import FLAGS, parse_setting, with_changes

if TYPE_CHECKING:
    from liveness.data.protocols import Named, Protocol
    from liveness.folds import FoldRates

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
    parser.add_argument("--out", type=Path, help="folder of the protocol (a new one: runs/protocol-KIND)")
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
    from liveness.data.protocols import Choices, plan
    from liveness.folds import folds_text, load_folds

    config = _config(args)
    if args.scores:
        print(folds_text(load_folds(args.scores, config.target_apcer), config.target_apcer))
        return 0
    if not args.data:
        raise InputError("name the data sets, or --scores DIR with evaluations to tabulate")
    together = tuple(name for name in args.together.split(",") if name)
    tested = tuple(load_named(word) for word in args.test)
    choices = Choices(config.seed, args.folds, tested, together)
    protocol = plan(args.kind, [load_named(word) for word in args.data], choices)
    print(f"{protocol.kind}: {protocol.about}\n\n{plan_text(protocol)}\n")
    if args.dry_run:
        return 0
    out = args.out or Path("runs") / f"protocol-{args.kind}"
    print(folds_text(_follow(protocol, config, out), config.target_apcer))
    print(f"\nwritten: {out / 'results.md'}, {out / 'results.json'}")
    return 0


def load_named(word: str) -> Named:
    """``NAME=DATA`` or ``DATA``, which is named by its adapter or folder."""
    from liveness.data.adapters import parse_reference
    from liveness.data.protocols import Named
    from liveness.data.samples import load_dataset

    found = re.fullmatch(r"(?P<name>[\w+.-]+)=(?P<place>.+)", word)
    place = found["place"] if found and not Path(word).exists() else word
    dataset = load_dataset(place)
    for problem in dataset.problems[:5]:
        print(f"left out of {place}: {problem.where}: {problem.reason}", file=sys.stderr)
    reference = parse_reference(place)
    usual = reference.adapter.name if reference else Path(place).resolve().stem
    return Named(found["name"] if found and place != word else usual, dataset.samples)


def plan_text(protocol: Protocol) -> str:
    """How many samples of each class a fold has in each part, and how dev was set aside."""
    from liveness.tables import table
    from liveness.types import Label

    rows = []
    for fold in protocol.folds:
        cells = []
        for split in ("train", "dev", "test"):
            part = fold.part(split)
            live = sum(1 for sample in part if sample.label is Label.BONA_FIDE)
            cells.append(f"{live} + {len(part) - live}")
        rows.append([fold.name, *cells, fold.how])
    return table(("fold", "train", "dev", "test (live + attacks)", "division"), rows)


def _config(args: argparse.Namespace) -> TrainConfig:
    changes = dict(map(parse_setting, args.set))
    for flag in ("--epochs", "--network", "--init", "--seed"):
        given = getattr(args, flag[2:])
        if given is not None:
            changes[FLAGS[flag]] = parse_setting(f"{flag}={given}")[1]
    return with_changes(RECIPES[args.recipe], changes)


def _follow(protocol: Protocol, config: TrainConfig, out: Path) -> tuple[FoldRates, ...]:
    """Run it, with a line for each thing that is begun."""
    from liveness.protocols import run_protocol

    steps, said = run_protocol(protocol, config, out), ("", "")
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            found: tuple[FoldRates, ...] = end.value
            return found
        words = step.fold, step.message.split(":")[0]
        if words != said:
            print(f"fold {step.number} of {step.folds}, {step.fold}: {step.message}", file=sys.stderr)
        said = words
