"""``liveness train-fusion``: join score and cues by clips of one's own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liveness.live.fusion import Fusion


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "train-fusion",
        help="fit how a clip's score and cues are joined, on clips of your own",
        description="Fit a small logistic regression of the network's score and the cues over time, and test "
        "it on clips of sources that the fit has not seen. Needs a manifest whose column source (or subject) "
        "says which clips belong together. It is used only where its file is named: liveness cues --fusion, "
        "liveness app --fusion.",
    )
    parser.add_argument("data", help="data set of video files: a manifest.csv, or the folder that holds one")
    parser.add_argument("--out", type=Path, default=Path("fusion.json"), help="file to write (fusion.json)")
    parser.add_argument("--only", nargs="+", metavar="CUE", help="these cues alone (default: all)")
    parser.add_argument("--window", type=float, default=2.0, metavar="S", help="seconds of a window (2)")
    parser.add_argument("--detector", default="mtcnn", metavar="NAME", help="mtcnn (default) or yunet")
    parser.add_argument("--model", default="", help="model file (default: model.onnx, or LIVENESS_MODEL)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from liveness.classify import OnnxClassifier, default_model
    from liveness.cues import CUES
    from liveness.data.folders import VIDEO_SUFFIXES
    from liveness.data.samples import load_dataset
    from liveness.detect import build_detector
    from liveness.errors import InputError
    from liveness.live.cueclip import clip_cues
    from liveness.live.fusion import save_fusion
    from liveness.live.fusionfit import Clip, fit_fusion
    from liveness.types import Label

    samples = [s for s in load_dataset(args.data).samples if s.path.suffix.lower() in VIDEO_SUFFIXES]
    if not samples:
        raise InputError(f"{args.data} holds no video files: cues are measured over time")
    detect, classify = build_detector(args.detector), OnnxClassifier(Path(args.model or default_model()))
    names = tuple(args.only or CUES)
    clips = []
    for i, sample in enumerate(samples, start=1):
        windows = tuple(clip_cues(sample.path, detect, args.window, names, classify))
        source = sample.source or sample.subject
        clips.append(Clip(sample.path.name, source, sample.label is Label.BONA_FIDE, windows))
        print(f"{i} of {len(samples)}: {sample.path.name}, {len(windows)} windows", file=sys.stderr)
    fusion = fit_fusion(clips, args.window, names)
    save_fusion(fusion, args.out)
    print(described(fusion))
    print(f"\nWritten to {args.out}. Nothing uses it unless it is named.")
    return 0


def described(fusion: Fusion) -> str:
    """The fit and its report, as people read it."""
    from liveness.measure.tables import table

    r = fusion.report
    rows = [(f.name, f"{f.mean:.3g}", f"{f.spread:.3g}", f"{f.weight:+.2f}") for f in fusion.features]
    lines = [
        table(("feature", "mean", "spread", "weight"), rows),
        "",
        f"Sources {r.sources}; clips {r.clips[0]} live, {r.clips[1]} attacks; windows {r.windows[0]} and "
        f"{r.windows[1]}. On clips of sources left out of the fit:",
        f"  AUC {r.auc:.3f}, the network's score alone {r.score_auc:.3f}; gain {r.gain:+.3f} "
        f"[{r.gain_low:+.3f}, {r.gain_high:+.3f}]",
        f"  live clips refused: {r.refused}",
        f"  attack clips passed: {r.passed}",
        f"  {r.claim[:1].upper()}{r.claim[1:]}.",
    ]
    return "\n".join(lines)
