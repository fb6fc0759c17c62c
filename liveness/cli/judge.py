"""The options that say which detector, model, threshold and gallery judge a picture, and what they build."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liveness.pipeline import Pipeline
    from liveness.types import Detector, Frame, FrameResult, Matcher


def add_judge_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--detector", default="mtcnn", metavar="NAME", help="mtcnn (default), yunet or yolov5-face"
    )
    parser.add_argument(
        "--accept-licence",
        action="store_true",
        help="accept the licence of a detector's weights and download them (yolov5-face: GPL-3.0)",
    )
    parser.add_argument(
        "--model",
        type=Path,
        metavar="FILE",
        help="model file, or the JSON of a published system (default: LIVENESS_MODEL, else model.onnx)",
    )
    parser.add_argument(
        "--threshold",
        type=float,
        metavar="X",
        help="a face is live from this score on (default: the model's)",
    )
    gallery = parser.add_mutually_exclusive_group()
    gallery.add_argument("--no-match", action="store_true", help="do not look faces up in the gallery")
    gallery.add_argument(
        "--gallery",
        metavar="URL",
        help="gallery of enrolled people: database URL or SQLite file (default: LIVENESS_DATABASE_URL, else "
        "a file in the user's data folder)",
    )


def build_pipeline(args: argparse.Namespace) -> Pipeline:
    """The pipeline that the options ask for. Raises InputError, WeightsError or ModelError without a part."""
    from liveness.classify import default_model
    from liveness.errors import InputError
    from liveness.pipeline import Pipeline
    from liveness.systems import load_system

    if args.threshold is not None and not 0 <= args.threshold <= 1:
        raise InputError(f"--threshold must lie in 0..1, got {args.threshold}")
    return Pipeline(_detector(args), load_system(args.model or default_model()), _matcher(args))


def at_threshold(args: argparse.Namespace, pipeline: Pipeline) -> Callable[[Frame], FrameResult]:
    """The pipeline, held against the threshold that the options give."""
    from liveness.pipeline import with_threshold

    if args.threshold is None:
        return pipeline
    return lambda frame: with_threshold(pipeline(frame), args.threshold)


def _detector(args: argparse.Namespace) -> Detector:
    """The detector; its weights are fetched first where it needs any, with their licence shown before."""
    from liveness.cli.weights import show_progress
    from liveness.detect import build_detector
    from liveness.weights import WEIGHTS, fetch, find, licence_notice

    if args.detector in WEIGHTS and find(args.detector) is None:
        if WEIGHTS[args.detector].copyleft and args.accept_licence:
            print(licence_notice(args.detector), file=sys.stderr)
        fetch(args.detector, show_progress, args.accept_licence)
    return build_detector(args.detector)


def _matcher(args: argparse.Namespace) -> Matcher | None:
    if args.no_match:
        return None
    from liveness.matching.gallery import Gallery
    from liveness.matching.match import OrbMatcher

    return OrbMatcher(Gallery(args.gallery))
