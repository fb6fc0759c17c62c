"""The ``liveness`` command. One file a command; what is heavy is imported when a command runs."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence

from liveness import __version__
from liveness.errors import LivenessError

# Each module has add_parser(subparsers), which sets the default ``run`` to a function (args) -> exit status.
COMMANDS: tuple[str, ...] = (
    "app",
    "bench",
    "bench_live",
    "benchmark",
    "cache",
    "compare",
    "cues",
    "dataset",
    "evaluate",
    "export",
    "gallery",
    "predict",
    "protocol",
    "report",
    "runs",
    "sweep",
    "train",
    "train_fusion",
    "video",
    "weights",
)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; imports no heavy package."""
    parser = argparse.ArgumentParser(
        prog="liveness", description="Face liveness: train, measure, export and try PAD models."
    )
    parser.add_argument("--version", action="version", version=f"liveness {__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log what is done, step by step")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        importlib.import_module(f"liveness.cli.{name}").add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 done, 1 a failure that is explained on stderr, 2 wrong usage."""
    args = build_parser().parse_args(argv)
    logging.basicConfig(
        level=logging.INFO if args.verbose else logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        status = int(args.run(args))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # who read it has seen enough: `liveness runs list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except LivenessError as error:
        print(f"liveness: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("liveness: stopped", file=sys.stderr)
        return 130
