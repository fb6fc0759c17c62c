"""Each cue on pairs of clips, live and attack of one person: python tools/measure_cues.py FOLDER

The folder holds live_NAME.* and spoof_NAME.*; prints Markdown, numbers alone. Above .5 in a pair's cell:
windows of the attack had the higher value more often than windows of the live clip (Mann-Whitney).
--stills adds pictures of a manifest, each moved for two seconds as a print in a hand is.
"""

from __future__ import annotations

import argparse
import math
import statistics
from itertools import takewhile
from pathlib import Path

from moved import moved

from liveness.cues import CUES, see
from liveness.data.samples import load_dataset
from liveness.detect import build_detector
from liveness.frames import read_photo
from liveness.live.cueclip import CueWindow, clip_cues
from liveness.types import Detector, Label


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--detector", default="yunet")
    parser.add_argument("--window", type=float, default=2.0)
    parser.add_argument("--first", type=float, default=math.inf, help="so many seconds of each clip")
    parser.add_argument("--stills", type=Path, nargs="*", default=[], help="manifest.csv files")
    parser.add_argument("--count", type=int, default=30, help="stills of each manifest")
    args = parser.parse_args()
    detect = build_detector(args.detector)
    clips = sorted(args.folder.glob("live_*")) + sorted(args.folder.glob("spoof_*"))
    found = {
        clip.stem: list(takewhile(lambda w: w.end <= args.first, clip_cues(clip, detect, args.window)))
        for clip in clips
    }
    print(f"| clip | windows | {' | '.join(CUES)} |\n|-|-|{'-|' * len(CUES)}")
    for name, windows in found.items():
        print(f"| {name} | {len(windows)} | {' | '.join(spread(windows, cue) for cue in CUES)} |")
    print(f"\n| pair | {' | '.join(CUES)} |\n|-|{'-|' * len(CUES)}")
    for name in sorted(n.removeprefix("live_") for n in found if f"spoof_{n.removeprefix('live_')}" in found):
        live, spoof = found[f"live_{name}"], found[f"spoof_{name}"]
        if live and spoof:
            print(f"| {name} | {' | '.join(above(live, spoof, cue) for cue in CUES)} |")
    every = [[w for n, ws in found.items() if n.startswith(kind) for w in ws] for kind in ("live_", "spoof_")]
    print(f"| all windows | {' | '.join(above(*every, cue) for cue in CUES)} |")
    for path in args.stills:
        windows = stills(path, args.count, detect)
        cells = " | ".join(above(every[0], windows, cue) for cue in CUES)
        print(f"| {path.parent.name}: stills moved | {cells} |")
        print(f"| {len(windows)} stills | {' | '.join(spread(windows, cue) for cue in CUES)} |")


def stills(path: Path, count: int, detect: Detector) -> list[CueWindow]:
    """A window of two seconds of each of so many live pictures, moved as planes."""
    samples = [
        s for s in load_dataset(path).samples if s.label is Label.BONA_FIDE and s.kind in ("", "frame")
    ]
    found = []
    for sample in samples[:: max(1, len(samples) // count)][:count]:
        views = []
        for seconds, image in moved(read_photo(sample.path).image, 2.0, 10.0):
            if faces := detect(image):
                views.append(see(image, max(faces, key=lambda face: face.box.area), seconds))
        found.append(CueWindow(0.0, 2.0, len(views), {name: cue(views) for name, cue in CUES.items()}))
    return found


def values(windows: list[CueWindow], cue: str) -> list[float]:
    return [v for w in windows if (v := w.values[cue]) is not None]


def spread(windows: list[CueWindow], cue: str) -> str:
    """Median, lowest and highest of the windows that had a value."""
    known = values(windows, cue)
    if not known:
        return "-"
    text = f"{statistics.median(known):.2f} ({min(known):.2f} to {max(known):.2f})"
    return text if len(known) == len(windows) else f"{text}, n {len(known)}"


def above(live: list[CueWindow], spoof: list[CueWindow], cue: str) -> str:
    """How often an attack's window has the higher value, ties half, with the counts."""
    low, high = values(live, cue), values(spoof, cue)
    if not low or not high:
        return "-"
    wins = sum((b > a) + 0.5 * (b == a) for a in low for b in high)
    return f"{wins / len(low) / len(high):.2f} ({len(low)}, {len(high)})"


if __name__ == "__main__":
    main()
