"""Blinks and smiles in clips, and in stills that are moved: python tools/measure_expressions.py FOLDER FACES

FOLDER holds live_NAME.* and spoof_NAME.*; FACES a manifest.csv of pictures, of which every k-th bona fide
frame is shifted, turned, tilted and brought closer as a print is held. Prints Markdown, numbers alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from moved import moved

from liveness.data.manifest import read_manifest
from liveness.detect import build_detector
from liveness.frames import read_photo
from liveness.live.expression import FaceMesh
from liveness.live.movements import Action, Expression, ExpressionLimits, closures, expressed, smiles
from liveness.types import Detector, Image, Label
from liveness.video import read_video

LIMITS = ExpressionLimits()
MOMENTS = list[tuple[float, Expression]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("faces", type=Path)
    parser.add_argument("--stills", type=int, default=40)
    parser.add_argument("--first", type=float, default=9.0, help="so many seconds of each clip")
    args = parser.parse_args()
    detect, mesh = build_detector("yunet"), FaceMesh()
    print(
        "| clip | seconds | eyes shut | longest | asked-for answer | smiles | smile, range |\n|-|-|-|-|-|-|-|"
    )
    for clip in sorted(args.folder.glob("live_*")) + sorted(args.folder.glob("spoof_*")):
        moments = of_clip(clip, detect, mesh, args.first)
        print(f"| {clip.stem} | {row(moments)} |")
    samples = [s for s in read_manifest(args.faces)[0] if s.label is Label.BONA_FIDE and s.kind == "frame"]
    chosen = samples[:: max(1, len(samples) // args.stills)][: args.stills]
    courses = [c for s in chosen if (c := of_still(read_photo(s.path).image, detect, mesh))]
    shut = sum(bool(closures(c)) for c in courses)
    answers = [sum(expressed(a, c, LIMITS) for c in courses) for a in (Action.BLINK, Action.SMILE)]
    print(
        f"\n{len(courses)} stills moved for 6 s each: eyes shut in {shut}, smiles in "
        f"{sum(bool(smiles(c)) for c in courses)}; taken for an answer: eyes {answers[0]}, smile {answers[1]}"
    )
    print(f"largest rise in a still, blink: {spread(courses, 'blink')}; smile: {spread(courses, 'smile')}")


def of_clip(path: Path, detect: Detector, mesh: FaceMesh, first: float) -> MOMENTS:
    found: MOMENTS = []
    for frame in read_video(path, 2, 0.0, first):
        if faces := detect(frame.image):
            value = mesh(frame.image, max(faces, key=lambda face: face.box.area))
            found += [(frame.seconds, value)] if value else []
    return found


def of_still(image: Image, detect: Detector, mesh: FaceMesh) -> MOMENTS:
    found: MOMENTS = []
    for seconds, view in moved(image, 6.0):
        faces = detect(view)
        value = mesh(view, max(faces, key=lambda face: face.box.area)) if faces else None
        found += [(seconds, value)] if value else []
    return found


def row(moments: MOMENTS) -> str:
    shut = closures(moments)
    longest = f"{max(b - a for a, b in shut):.2f} s" if shut else "-"
    values = [value.smile for _, value in moments]
    answer = "yes" if expressed(Action.BLINK, moments, LIMITS) else "no"
    return (
        f"{moments[-1][0]:.1f} | {len(shut)} | {longest} | {answer} | {len(smiles(moments))} | "
        f"{min(values):.2f} to {max(values):.2f}"
    )


def spread(courses: list[MOMENTS], name: str) -> str:
    rises = [max(v) - float(np.percentile(v, 10)) for c in courses if (v := [getattr(e, name) for _, e in c])]
    return f"median {np.median(rises):.2f}, highest {max(rises):.2f}"


if __name__ == "__main__":
    main()
