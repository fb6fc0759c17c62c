"""``liveness cues``: what a clip's course over time shows, window by window."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "cues",
        help="measure what a clip's course over time shows: flow, stillness, moire, flicker, bezel, glare",
        description="Measure each cue by itself on windows of a clip; higher is more like an attack. They "
        "decide nothing: docs/experiments-live.md says what they are worth.",
    )
    parser.add_argument("clips", nargs="+", type=Path, metavar="CLIP", help="video files")
    parser.add_argument("--window", type=float, default=2.0, metavar="S", help="seconds of a window (2)")
    parser.add_argument("--only", nargs="+", metavar="CUE", help="these cues alone (default: all)")
    parser.add_argument("--detector", default="mtcnn", metavar="NAME", help="mtcnn (default) or yunet")
    parser.add_argument(
        "--fusion",
        type=Path,
        metavar="FILE",
        help="file of liveness train-fusion: a column with its bona fide score",
    )
    parser.add_argument(
        "--model",
        default="",
        help="model file whose score the fusion joins (default: model.onnx, or LIVENESS_MODEL)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    import json
    from dataclasses import asdict

    from liveness.classify import OnnxClassifier, default_model
    from liveness.cues import CUES
    from liveness.detect import build_detector
    from liveness.live.cueclip import CueWindow, clip_cues
    from liveness.live.fusion import load_fusion
    from liveness.measure.tables import table

    names = tuple(args.only or CUES)
    detect = build_detector(args.detector)
    fusion = load_fusion(args.fusion) if args.fusion else None
    classify = OnnxClassifier(Path(args.model or default_model())) if fusion else None
    length = fusion.window if fusion else args.window
    found = {str(clip): list(clip_cues(clip, detect, length, names, classify)) for clip in args.clips}

    def fused(window: CueWindow) -> dict[str, float]:
        return {"fused": fusion(window.values, window.score)} if fusion and window.views else {}

    if args.json:
        rows = {clip: [asdict(w) | fused(w) for w in windows] for clip, windows in found.items()}
        print(json.dumps(rows, indent=2))
        return 0
    lines = [
        [
            Path(clip).name,
            f"{window.start:.1f}-{window.end:.1f}",
            str(window.views),
            *("-" if value is None else f"{value:.2f}" for value in window.values.values()),
            *([f"{fused(window).get('fused', float('nan')):.2f}"] if fusion else ()),
        ]
        for clip, windows in found.items()
        for window in windows
    ]
    print(table(("clip", "seconds", "views", *names, *(("fused",) if fusion else ())), lines))
    return 0
