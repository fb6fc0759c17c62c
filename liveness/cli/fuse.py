"""``liveness fuse``: a model and the networks of a published system -> one model file."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "fuse", help="a model and published networks -> one model file that adds up their logits"
    )
    parser.add_argument(
        "system", type=Path, metavar="SYSTEM.json", help="e.g. benchmarks/peers/silent-face.json"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="the model file to write")
    parser.add_argument("--model", type=Path, metavar="FILE", help="default: LIVENESS_MODEL, else model.onnx")
    parser.add_argument(
        "--weight", type=float, default=0.5, help="of each other network's logit; the model's counts 1 (0.5)"
    )
    parser.add_argument(
        "--calibrate",
        type=Path,
        nargs="+",
        metavar="SCORES.csv",
        help="out-of-fold scores of fused files without this (label, pai_species, source, score): they scale "
        "the logit and set the threshold",
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
    from liveness.modelfile import default_model
    from liveness.systems import load_system
    from liveness.training.calibrate import calibrate, read_scores
    from liveness.training.fuse import fuse

    fitted = calibrate(read_scores(args.calibrate), args.target_apcer) if args.calibrate else None
    info = fuse(args.model or default_model(), load_system(args.system), args.output, args.weight, fitted)
    print(f"{info.network}, threshold {info.threshold:.4f}: {info.operating_point}")
    print(f"written: {args.output}")
    return 0
