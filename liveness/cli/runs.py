"""``liveness runs``: the trainings and evaluations that were kept, from the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liveness.measure.history import Entry


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "runs",
        help="list, compare, rename, delete and export kept trainings and evaluations",
        description="The folder of runs is LIVENESS_RUNS, else runs in the current folder.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser(
        "list", help="every run with its rates", description="Every run of the folder."
    )
    listing.add_argument("--sort", default="when", help="when, name, kind, auc, eer, apcer or bpcer (when)")
    listing.set_defaults(run=run_list)
    comparing = actions.add_parser(
        "compare",
        help="runs side by side, with the settings in which they differ",
        description="Rates of several runs, and every setting that is not the same in all of them.",
    )
    comparing.add_argument("names", nargs="+", metavar="NAME", help="names of runs")
    comparing.add_argument(
        "--figures",
        type=Path,
        metavar="DIR",
        help="write DET and ROC of all of them to det.svg and roc.svg here",
    )
    comparing.set_defaults(run=run_compare)
    renaming = actions.add_parser("rename", help="give a run another name", description="Rename a run.")
    renaming.add_argument("name", help="its name now")
    renaming.add_argument("new", help="its new name")
    renaming.set_defaults(run=run_rename)
    deleting = actions.add_parser(
        "delete", help="remove runs for good", description="Remove runs with everything in them; asks first."
    )
    deleting.add_argument("names", nargs="+", metavar="NAME", help="names of runs")
    deleting.add_argument("--yes", action="store_true", help="do not ask")
    deleting.set_defaults(run=run_delete)
    packing = actions.add_parser("export", help="pack a run as a ZIP", description="Pack a run to take away.")
    packing.add_argument("name", help="its name")
    packing.add_argument("--out", type=Path, help="the ZIP to write (default: NAME.zip here)")
    packing.set_defaults(run=run_export)


def run_list(args: argparse.Namespace) -> int:
    from liveness.measure.history import entries
    from liveness.training.runs import runs_folder

    found = entries(runs_folder(), args.sort)
    if not found:
        print(f"no runs in {runs_folder()}")
        return 0
    _print(found)
    return 0


def run_compare(args: argparse.Namespace) -> int:
    from liveness.measure.history import changes, find
    from liveness.measure.tables import table
    from liveness.training.runs import runs_folder

    found = [find(runs_folder(), name) for name in args.names]
    _print(found)
    different = changes(found)
    print()
    if different:
        print(table(("differs in", *args.names), [[name, *values] for name, values in different.items()]))
    elif len({entry.kind for entry in found}) < len(found):
        print("all settings are the same")
    if args.figures:
        _draw(found, args.figures)
    return 0


def run_rename(args: argparse.Namespace) -> int:
    from liveness.measure.history import rename
    from liveness.training.runs import runs_folder

    print(f"{args.name} is now {rename(runs_folder(), args.name, args.new).name}")
    return 0


def run_delete(args: argparse.Namespace) -> int:
    from liveness.errors import InputError
    from liveness.measure.history import delete, find
    from liveness.training.runs import runs_folder

    for name in args.names:
        find(runs_folder(), name)
    if not args.yes:
        if not sys.stdin.isatty():
            raise InputError("deleting asks first: give --yes where nobody can answer")
        if input(f"Delete {', '.join(args.names)} for good? [y/N] ").strip().lower() != "y":
            print("nothing was deleted")
            return 1
    for name in args.names:
        delete(runs_folder(), name)
        print(f"deleted: {name}")
    return 0


def run_export(args: argparse.Namespace) -> int:
    from liveness.measure.history import pack
    from liveness.training.runs import runs_folder

    print(f"written: {pack(runs_folder(), args.name, args.out or Path(f'{Path(args.name).name}.zip'))}")
    return 0


def _draw(found: Sequence[Entry], folder: Path) -> None:
    from liveness.errors import InputError
    from liveness.measure.evalfigures import svg
    from liveness.measure.overlay import overlaid
    from liveness.results import write_bytes

    figures, said = overlaid(found)
    if not figures:
        raise InputError("none of these runs has scores of both classes: there are no curves")
    for name, figure in figures.items():
        write_bytes(folder / f"{name}.svg", svg(figure))
    names = " and ".join(f"{name}.svg" for name in figures)
    print("\n".join(filter(None, ["", said, f"written to {folder}: {names}"])))


def _print(found: Sequence[Entry]) -> None:
    from liveness.measure.tables import number, percent, table

    nan = float("nan")
    rows = [
        [e.name, e.kind, e.date, e.state, e.what, e.part, number(nan if e.auc is None else e.auc)]
        + [percent(nan if value is None else value) for value in (e.eer, e.apcer, e.bpcer)]
        for e in found
    ]
    print(
        table(
            ("run", "kind", "when", "state", "what", "rates on", "AUC", "EER %", "APCER %", "BPCER %"), rows
        )
    )
