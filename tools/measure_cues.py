"""Each cue on pairs of clips, live and attack of one person: python tools/measure_cues.py [FOLDER]

The folder holds live_NAME.* and spoof_NAME.*; prints Markdown, numbers alone. Above .5 in a pair's cell:
windows of the attack had the higher value more often than windows of the live clip (Mann-Whitney).
--stills adds pictures of a manifest, live ones and each species, each moved for two seconds as a print in a
hand is; beside the clips' live windows, and attacks beside live pictures moved alike.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from itertools import takewhile
from pathlib import Path

from moved import moved

from liveness.cues import CUES, see
from liveness.data.samples import load_dataset
from liveness.detect import build_detector
from liveness.frames import read_photo
from liveness.live.cueclip import CueWindow, clip_cues
from liveness.types import Detector, Image, Label, Sample

LIVE = "live"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--detector", default="yunet")
    parser.add_argument("--window", type=float, default=2.0)
    parser.add_argument("--first", type=float, default=math.inf, help="so many seconds of each clip")
    parser.add_argument("--stills", type=Path, nargs="*", default=[], help="manifest.csv files")
    parser.add_argument("--count", type=int, default=30, help="stills of each kind in a manifest")
    args = parser.parse_args()
    detect = build_detector(args.detector)
    live = pairs(args.folder, detect, args.window, args.first) if args.folder else []
    for path in args.stills:
        print(f"\n| {path.parent.name}, moved | stills | {' | '.join(CUES)} |\n|-|-|{'-|' * len(CUES)}")
        found = stills(path, args.count, detect)
        for kind, windows in found.items():
            print(f"| {kind} | {len(windows)} | {' | '.join(spread(windows, cue) for cue in CUES)} |")
        for kind, windows in found.items():
            if kind != LIVE:
                print(f"| {kind} above live | | {' | '.join(above(found[LIVE], windows, c) for c in CUES)} |")
            if live:
                print(f"| {kind} above live clips | | {' | '.join(above(live, windows, c) for c in CUES)} |")


def pairs(folder: Path, detect: Detector, window: float, first: float) -> list[CueWindow]:
    """Prints what the clips show; the windows of the live ones."""
    clips = sorted(folder.glob("live_*")) + sorted(folder.glob("spoof_*"))
    found = {
        clip.stem: list(takewhile(lambda w: w.end <= first, clip_cues(clip, detect, window)))
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
    all_live, all_spoof = (
        [w for n, ws in found.items() if n.startswith(kind) for w in ws] for kind in ("live_", "spoof_")
    )
    print(f"| all windows | {' | '.join(above(all_live, all_spoof, cue) for cue in CUES)} |")
    return all_live


def stills(path: Path, count: int, detect: Detector) -> dict[str, list[CueWindow]]:
    """A window of two seconds of each of so many pictures of each kind, moved as planes: ``LIVE`` first, then
    each species. Pictures on which no face is found are left out."""
    kinds: dict[str, list[Sample]] = {LIVE: []}
    for sample in load_dataset(path).samples:
        if sample.kind in ("", "frame"):
            live = sample.label is Label.BONA_FIDE
            kinds.setdefault(LIVE if live else sample.pai_species or "attack", []).append(sample)
    found = {}
    for kind, samples in kinds.items():
        chosen = samples[:: max(1, len(samples) // count)][:count]
        windows = [still(read_photo(sample.path).image, detect) for sample in chosen]
        found[kind] = [window for window in windows if window.views]
        if missed := len(windows) - len(found[kind]):
            print(f"{kind}: no face was found on {missed} of {len(windows)} pictures", file=sys.stderr)
    return found


def still(image: Image, detect: Detector) -> CueWindow:
    """A picture moved for two seconds; uint8 RGB (height, width, 3)."""
    views = []
    for seconds, view in moved(image, 2.0, 10.0):
        if faces := detect(view):
            views.append(see(view, max(faces, key=lambda face: face.box.area), seconds))
    return CueWindow(
        0.0, 2.0, len(views), {name: cue(views) if views else None for name, cue in CUES.items()}
    )


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
