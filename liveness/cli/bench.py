"""``liveness bench``: how fast each stage is on this machine, beside references."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liveness.stopwatch import Measure


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "bench", help="time detect, crop, classify, match, draw, video and training"
    )
    parser.add_argument("--model", type=Path, help="a model.onnx (default: the shipped model)")
    parser.add_argument("--repeats", type=int, default=20, help="timings of each stage, medians are shown")
    parser.add_argument("--frames", type=int, default=30, help="frames of the clip")
    parser.add_argument("--steps", type=int, default=6, help="training steps")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    import json
    from dataclasses import asdict

    from liveness.bench import BenchOptions, run_bench
    from liveness.modelfile import default_model

    options = BenchOptions(max(1, args.repeats), max(2, args.frames), max(1, args.steps))
    measures = []
    for measure in run_bench(args.model or default_model(), options):
        measures.append(measure)
        if sys.stderr.isatty():
            print(f"\r{measure.stage:<20}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    if args.json:
        print(json.dumps([asdict(measure) for measure in measures], indent=2))
    else:
        print(bench_text(measures))
    return 0


def bench_text(measures: list[Measure]) -> str:
    """Measures as a plain table."""
    import platform

    from liveness.classify import usable_cores
    from liveness.measure.tables import table

    rows = [
        [
            m.stage,
            m.what,
            m.frame or "-",
            f"{m.value:.2f} {m.unit}",
            str(m.n),
            f"{m.ratio:.2f} x {m.reference}" if m.ratio is not None else "-",
        ]
        for m in measures
    ]
    header = ("stage", "what", "frame", "median", "n", "speed beside the reference")
    machine = f"{platform.machine()}, {usable_cores()} cores, Python {platform.python_version()}"
    return f"{table(header, rows)}\n\n{machine}. Above 1 x is faster than the reference, run in turn with it."
