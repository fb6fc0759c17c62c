"""``liveness export``: a run or a checkpoint -> model.onnx."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("export", help="a trained run or checkpoint -> model.onnx, checked")
    parser.add_argument(
        "source", type=Path, metavar="RUN|CHECKPOINT", help="a run's folder, or a file best.pt"
    )
    parser.add_argument("-o", "--output", type=Path, help="the file to write (default: model.onnx beside it)")
    parser.add_argument(
        "--int8", action="store_true", help="write an int8 twin too, NAME.int8.onnx, and measure it"
    )
    parser.add_argument(
        "--crops",
        type=Path,
        metavar="DATASET",
        help="where the faces for the check come from (default: the data set that the run was trained on)",
    )
    parser.add_argument(
        "--keep-previous", action="store_true", help="keep a replaced file as NAME.previous.onnx"
    )
    parser.add_argument(
        "--calibrate",
        type=Path,
        nargs="+",
        metavar="SCORES.csv",
        help="out-of-fold scores (label, pai_species, source, score): the exported score becomes the "
        "share of bona fide among faces that score so, and the threshold is set on them",
    )
    parser.add_argument(
        "--target-apcer",
        type=float,
        default=0.05,
        metavar="SHARE",
        help="with --calibrate: the threshold lets at most this share of the worst species pass (0.05)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from liveness.errors import InputError
    from liveness.training.calibrate import calibrate, read_scores
    from liveness.training.exportrun import export_best, export_checkpoint
    from liveness.training.runs import RunFolder

    calibration = None
    if args.calibrate:
        calibration = calibrate(read_scores(args.calibrate), args.target_apcer)
        moved = f"logit x {calibration.scale:.3f} {calibration.shift:+.3f}"
        print(f"{moved}, threshold {calibration.threshold:.4f}: {calibration.operating_point}")
    if args.source.is_dir():
        done = export_best(
            RunFolder(args.source),
            args.output,
            int8=args.int8,
            dataset=args.crops,
            keep_previous=args.keep_previous,
            calibration=calibration,
        )
    elif args.crops is None:
        raise InputError("a checkpoint alone names no pictures: give --crops DATASET for the check")
    else:
        output = args.output or args.source.with_name("model.onnx")
        done = export_checkpoint(
            args.source,
            output,
            args.crops,
            int8=args.int8,
            keep_previous=args.keep_previous,
            calibration=calibration,
        )
    print(done.text)
    print(f"written: {done.path}")
    return 0
