"""``liveness weights``: which downloadable files are here, and fetch one."""

from __future__ import annotations

import argparse
import sys


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "weights", help="list or fetch the weights of the other face detectors and the face mesh"
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="which files are known, and where they are on this machine")
    listing.set_defaults(run=run_list)
    fetching = actions.add_parser("fetch", help="download a file once and check its SHA-256")
    fetching.add_argument("name", metavar="NAME", help="a name that `liveness weights list` prints")
    fetching.add_argument(
        "--accept-licence",
        action="store_true",
        help="you accept the licence of the file where it is a copyleft one (GPL)",
    )
    fetching.set_defaults(run=run_fetch)


def run_list(args: argparse.Namespace) -> int:
    from liveness.weights import WEIGHTS, find

    for file in WEIGHTS.values():
        print(f"{file.name}: {file.purpose}, {file.licence}, {file.size / 1e6:.1f} MB")
        print(f"    {find(file.name) or 'not on this machine: ' + file.url}")
    return 0


def run_fetch(args: argparse.Namespace) -> int:
    from liveness.weights import fetch, find, known_file, licence_notice

    if find(args.name) is None and known_file(args.name).copyleft:
        print(licence_notice(args.name), file=sys.stderr)
    path = fetch(args.name, progress=show_progress, accept_licence=args.accept_licence)
    print(path)
    return 0


def show_progress(done: int, total: int) -> None:
    """One line on stderr that grows in place; nothing when stderr is a file."""
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r{done / 1e6:.1f} of {total / 1e6:.1f} MB", end=end, file=sys.stderr, flush=True)
