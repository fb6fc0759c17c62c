"""``liveness cache``: what is kept in the user's cache folder, and how to be rid of it."""

from __future__ import annotations

import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "cache",
        help="show or clear what is kept in the cache folder",
        description="Say what the cache folder holds and how large it is. Clear nothing while a training "
        "runs: it reads its faces from there.",
    )
    parser.add_argument(
        "--clear",
        nargs="+",
        metavar="PART",
        help="delete these parts, named as they are listed (regions, datasets ...), or all",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from liveness.weights import CACHED, cache_folder, cache_parts, clear_cache

    if args.clear:
        freed = clear_cache(args.clear)
        print(f"{freed / 1e6:.1f} MB deleted")
    parts = cache_parts()
    print(f"{cache_folder().parent}: {sum(parts.values()) / 1e6:.1f} MB")
    for name, size in parts.items():
        print(f"    {name}  {size / 1e6:.1f} MB  {CACHED[name]}")
    return 0
