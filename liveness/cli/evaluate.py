"""``liveness evaluate``: a model on a data set, with ISO/IEC 30107-3 rates."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("evaluate", help="error rates of a model on a data set, with intervals")
    parser.add_argument("dataset", type=Path, help="a folder, a manifest.csv or a ZIP")
    parser.add_argument(
        "--model",
        type=Path,
        help="a model.onnx, or the JSON of a published system (default: the shipped model)",
    )
    parser.add_argument(
        "--split",
        choices=("train", "dev", "test", "all"),
        help="which part of the data (default: test where the data set names one, else all)",
    )
    parser.add_argument(
        "--detector", help="find the faces with this detector (default: the data set's boxes, mtcnn without)"
    )
    parser.add_argument("--threshold", type=float, help="instead of the model's own, 0..1")
    parser.add_argument(
        "--join",
        choices=("mean", "median", "max", "min"),
        default="mean",
        help="how the frames of a video become its score",
    )
    parser.add_argument("--frames", type=int, default=8, help="frames taken from each video")
    parser.add_argument("--out", type=Path, help="a folder for scores.csv and report.json")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from liveness.cli.common import choose_split, finish
    from liveness.data.samples import load_dataset
    from liveness.detect import build_detector
    from liveness.evaluate import EvaluateOptions, evaluate
    from liveness.modelfile import default_model
    from liveness.systems import load_system
    from liveness.tables import groups_text, report_text

    system = load_system(args.model or default_model())
    dataset = load_dataset(args.dataset)
    samples, part = choose_split(dataset.samples, args.split)
    wanted = args.detector or ("mtcnn" if any(s.box is None for s in samples) else None)
    detect = build_detector(wanted) if wanted else None
    options = EvaluateOptions(bool(args.detector), args.frames, args.join)
    work = evaluate(system, samples, detect, threshold=args.threshold, out=args.out, options=options)
    result = finish(work, "judged")
    faces = f"faces by {wanted}" if args.detector else "faces by the data set's boxes"
    if wanted and not args.detector:
        faces += f", else by {wanted}"
    print(f"{result.system} on {part} of {args.dataset}: {result.presentations} presentations in", end=" ")
    print(f"{result.pictures} pictures and frames (joined by their {result.join}), {faces}\n")
    print(report_text(result.report))
    for column, groups in result.by.items():
        print(f"\n{groups_text(column, groups)}")
    for problem in (*dataset.problems, *result.problems):
        print(f"left out: {problem.where}: {problem.reason}", file=sys.stderr)
    if args.out:
        print(f"\nwritten: {args.out / 'scores.csv'}, {args.out / 'report.json'}")
    return 0
