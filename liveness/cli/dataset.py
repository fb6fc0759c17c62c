"""``liveness dataset``: make the demo data set, or look into one before training on it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liveness.data.samples import Dataset

_SHOWN = 20


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "dataset",
        help="make a demo data set, or check one",
        description="Data sets: docs/data-format.md.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _add_demo(actions)
    _add_check(actions)


def _add_demo(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser(
        "demo",
        help="make a small simulated data set, offline",
        description="Make a small data set to try training with: drawn faces and a public-domain "
        "photograph, with simulated prints and replays. It teaches nothing about real attacks.",
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("dataset/demo"), help="new folder (dataset/demo)"
    )
    parser.add_argument(
        "--people", type=int, default=60, metavar="N", help="drawn people, 7 pictures each (60)"
    )
    parser.add_argument("--seed", type=int, default=0, help="the same seed makes the same pictures (0)")
    parser.set_defaults(run=run_demo)


def _add_check(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser(
        "check",
        help="count the classes, species, people and splits of a data set",
        description="Read a data set as training would, and print what is there and what is left out.",
    )
    parser.add_argument("path", type=Path, help="folder, manifest.csv or ZIP")
    parser.set_defaults(run=run_check)


def run_demo(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from liveness.data.demo import make_demo

    with tqdm(total=args.people, unit="person", file=sys.stderr, disable=None) as bar:
        folder = make_demo(args.folder, args.people, args.seed, lambda done, total: bar.update(done - bar.n))
    print(f"made {folder} (simulated: read {folder / 'README.md'}); try: liveness train {folder}")
    return 0


def run_check(args: argparse.Namespace) -> int:
    from liveness.data.samples import load_dataset

    print(describe(load_dataset(args.path)))
    return 0


def describe(dataset: Dataset) -> str:
    """Counts by split, class and species, what is known of people, and what was left out, as text."""
    from liveness.data.samples import count_samples

    lines = [f"{dataset.root}: {len(dataset.samples)} pictures and videos"]
    for (split, label, species), count in count_samples(dataset.samples).items():
        name = f"{split or 'no split'} {label}{f' ({species})' if species else ''}"
        lines.append(f"  {name:<36}{count:>7}")
    for name in ("subject", "source"):
        known = {getattr(sample, name) for sample in dataset.samples} - {""}
        unknown = sum(1 for sample in dataset.samples if not getattr(sample, name))
        lines.append(f"{len(known)} {name}s named, {unknown} without")
    if dataset.problems:
        lines.append(f"left out: {len(dataset.problems)}")
        lines += [f"  {problem.where}: {problem.reason}" for problem in dataset.problems[:_SHOWN]]
        lines += [f"  and {len(dataset.problems) - _SHOWN} more"] * (len(dataset.problems) > _SHOWN)
    return "\n".join(lines)
