"""``liveness dataset``: what can be read, the demo data set, and a look into one before training on it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liveness.data.adapters import Adapter
    from liveness.data.samples import Dataset

_SHOWN = 20


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "dataset",
        help="list the data sets that can be read, make a demo one, or check one",
        description="Data sets: docs/data-format.md, docs/data-sets.md.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _add_list(actions)
    _add_demo(actions)
    _add_check(actions)


def _add_list(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser(
        "list",
        help="the public data sets that are read as they were released",
        description="The data sets that every command reads in place, named as NAME:PATH or "
        "NAME@PROTOCOL:PATH (oulu-npu@1:/data/OULU). With a name: all about that one.",
    )
    parser.add_argument("name", nargs="?", help="show its citation, licence, tree, protocols and doubts")
    parser.set_defaults(run=run_list)


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
        help="look through a data set before training on it",
        description="Count what is there, list what cannot be used, and look for what makes rates flatter: "
        "duplicates, people on two sides, unlike classes, and trivial cues that solve the data set without a "
        "look at the face (docs/data-quality.md).",
    )
    parser.add_argument("path", help="folder, manifest.csv, ZIP or NAME[@PROTOCOL]:PATH")
    parser.add_argument(
        "--detector", help="find the faces with this detector where no boxes are given, and measure them"
    )
    parser.add_argument(
        "--most", type=int, default=0, help="open at most so many files, spread evenly (0: all of them)"
    )
    parser.add_argument("--quick", action="store_true", help="only count: open no picture")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings as JSON too")
    parser.set_defaults(run=run_check)


def run_list(args: argparse.Namespace) -> int:
    from liveness.data.adapters import ADAPTERS, find_adapter
    from liveness.measure.tables import table

    if args.name:
        print(adapter_page(find_adapter(args.name)))
        return 0
    rows = [[a.name, a.title, ", ".join(a.species) or "-", str(len(a.protocols))] for a in ADAPTERS.values()]
    print(table(("name", "data set", "species", "protocols"), rows))
    print("\nuse: liveness train NAME[@PROTOCOL]:PATH; about one: liveness dataset list NAME")
    return 0


def adapter_page(adapter: Adapter) -> str:
    """All that is known of a data set, as text."""
    first, *others = adapter.protocols.items()
    protocols = [f"{first[0]} (default): {first[1]}", *(f"{name}: {what}" for name, what in others)]
    parts = (
        ("Citation", [adapter.citation]),
        ("Licence", [adapter.licence]),
        ("Expected tree", adapter.tree.splitlines()),
        ("Protocols", protocols),
        ("PAI species", [", ".join(adapter.species) or "as named, or unknown"]),
        ("Subjects", [adapter.subjects]),
        ("Sampling", [adapter.sampling]),
        ("Layout taken from", [adapter.layout]),
        ("Not confirmed", [adapter.doubts] if adapter.doubts else []),
        ("Checked", [adapter.checked]),
    )
    lines = [f"{adapter.title} ({adapter.name})"]
    for title, body in parts:
        lines += [f"{title}:", *(f"  {line}" for line in body)] if body else []
    return "\n".join(lines)


def run_demo(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from liveness.data.demo import make_demo

    with tqdm(total=args.people, unit="person", file=sys.stderr, disable=None) as bar:
        folder = make_demo(args.folder, args.people, args.seed, lambda done, total: bar.update(done - bar.n))
    print(f"made {folder} (simulated: read {folder / 'README.md'}); try: liveness train {folder}")
    return 0


def run_check(args: argparse.Namespace) -> int:
    from liveness.cli.common import finish
    from liveness.data.samples import load_dataset
    from liveness.detect.boxcache import remembering
    from liveness.measure.dataquality import CheckOptions, check
    from liveness.measure.qualitytext import text, values
    from liveness.results import write_json

    dataset = load_dataset(args.path)
    print(describe(dataset))
    if args.quick:
        return 0
    detect = remembering(args.detector) if args.detector else None
    found = finish(check(dataset.samples, detect, CheckOptions(args.most)), "looked at")
    print(f"\n{text(found)}")
    if args.json:
        write_json(args.json, values(found))
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
