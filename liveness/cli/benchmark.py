"""``liveness benchmark``: several models on the same faces, in one table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liveness.measure.benchmark import Benchmark, Line


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("benchmark", help="several models side by side, with a trivial-cue row")
    parser.add_argument("dataset", type=Path, help="a folder, manifest.csv, ZIP or NAME:PATH, with sources")
    parser.add_argument(
        "models", type=Path, nargs="+", help="model.onnx files, or JSON files of published systems"
    )
    parser.add_argument(
        "--split", choices=("train", "dev", "test", "all"), default="all", help="which part (default: all)"
    )
    parser.add_argument(
        "--detector", help="find the faces with this detector (default: the data set's boxes, mtcnn without)"
    )
    parser.add_argument(
        "--together",
        default="",
        metavar="SOURCE,...",
        help="sources that share people: left out together when the cues are judged",
    )
    parser.add_argument(
        "--least", type=int, default=10, help="of each class, for a source to count in the mean AUC"
    )
    parser.add_argument(
        "--least-worst", type=int, default=50, help="of each class, for a source to be called the worst"
    )
    parser.add_argument("--frames", type=int, default=8, help="frames taken from each video")
    parser.add_argument("--out", type=Path, help="a folder for scores.csv and benchmark.md")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from liveness.cli.common import finish
    from liveness.data.samples import choose_split, load_dataset
    from liveness.detect import build_detector
    from liveness.measure.benchmark import Limits, benchmark
    from liveness.measure.judging import EvaluateOptions
    from liveness.results import whole_file
    from liveness.systems import load_system

    systems = [load_system(path) for path in args.models]
    samples, _ = choose_split(load_dataset(args.dataset).samples, args.split)
    wanted = args.detector or ("mtcnn" if any(s.box is None for s in samples) else None)
    work = benchmark(
        systems,
        samples,
        build_detector(wanted) if wanted else None,
        together=[name for name in args.together.split(",") if name],
        out=args.out,
        limits=Limits(args.least, args.least_worst),
        options=EvaluateOptions(bool(args.detector), args.frames),
    )
    result = finish(work, "judged")
    text = benchmark_text(result)
    print(text)
    if result.problems:
        print(f"left out: {result.problems} files that could not be read", file=sys.stderr)
    if args.out:
        with whole_file(args.out / "benchmark.md") as file:
            file.write(f"# Benchmark\n\n```\n{text}\n```\n")
    return 0


def benchmark_text(result: Benchmark) -> str:
    """The whole benchmark as plain tables."""
    from liveness.measure.tables import number, table

    lines = table(
        (
            *("part", "system", "sources", "mean AUC", "worst AUC", "AUC", "EER % [sources drawn anew]"),
            *(
                "BPCER % at APCER 1 %",
                "5 %",
                "print %",
                "replay %",
                "unknown %",
                "APCER pooled",
                "BPCER",
                "no face",
            ),
        ),
        [_cells(line) for line in result.lines],
    )
    sources = table(
        ("source", "split", "kind", "bona fide", "attacks", "best cue", "AUC", *result.systems),
        [
            [s.source, s.split, s.kind, str(s.bona_fide), str(s.attacks), s.cue or "-"]
            + [number(value) for value in (s.cue_auc, *s.aucs)]
            for s in result.by_source
        ],
    )
    speed = ", ".join(f"{n} {ms:.1f} ms" for n, ms in zip(result.systems, result.milliseconds))
    return (
        f"{lines}\n\nCues are judged on sources left out. APCER by species, pooled, and BPCER at each "
        f"system's own threshold; intervals 95 %.\n\n{sources}\n\nOne face, one at a time: {speed}"
    )


def _cells(line: Line) -> list[str]:
    from liveness.measure.tables import number, percent

    low, high = line.eer_interval
    worst = f"{line.worst_auc:.3f} {line.worst}" if line.worst else "-"
    cells = [line.part, line.system, str(line.sources), number(line.mean_auc), worst, number(line.auc)]
    cells.append(f"{percent(line.eer)} [{percent(low)}, {percent(high)}]")
    cells += [percent(rate.value) for _, rate in line.bpcer_at]
    report = line.report
    if report is None:
        return cells + ["-"] * 6
    for species in ("print", "replay", "unknown"):
        rate = report.apcer_by_species.get(species)
        cells.append(percent(rate.value) if rate else "-")
    return [
        *cells,
        str(report.apcer_pooled),
        str(report.bpcer),
        str(report.bpnrr.errors + report.apnrr.errors),
    ]
