"""Measure the face detectors on the development data: recall with counts, and time by size of the frame.

    LIVENESS_MODELS=../shared/models python tools/measure_detectors.py ../shared/data

Recall: the share of pictures in which the largest face found overlaps the manifest's box by 0.4 or more
(intersection over union). The manifest's boxes are YuNet's own, which flatters YuNet. ``small``: the same
pictures shrunk into an everyday picture of 640 x 480, so that the face is 10 or 15 % as high as it; any
face found there may be the one. Time: processor time of one thread, median, which is steadier than the
clock on a busy machine; compare ratios, not milliseconds.
"""

from __future__ import annotations

import argparse
import csv
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from liveness.detect import DETECTORS, build_detector
from liveness.frames import read_photo
from liveness.types import Box, Detector, Image

OVERLAP = 0.4
SHARES = (0.1, 0.15)
Row = dict[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with faces/manifest.csv and generic/")
    parser.add_argument("--each", type=int, default=3, help="pictures of each source, class and kind (3)")
    parser.add_argument("--detector", choices=list(DETECTORS), action="append", help="all when not given")
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    rows = chosen(args.data / "faces" / "manifest.csv", args.each)
    pictures = [(row, read_photo(args.data / "faces" / row["path"]).image) for row in rows]
    grounds = [read_photo(path).image for path in sorted((args.data / "generic").glob("*.jpg"))[:100]]
    print(
        "| detector | " + " | ".join([*sorted({r["kind"] for r in rows}), *map(small_name, SHARES)]), end=""
    )
    print(" | everyday pictures with a face found | ms 640x480 | ms 1920x1080 | ratio |")
    for name in args.detector or DETECTORS:
        options: dict[str, Any] = {"threads": 1} if name == "yolov5-face" else {}
        report(name, build_detector(name, **options), pictures, grounds)


def chosen(manifest: Path, each: int) -> list[Row]:
    groups: dict[tuple[str, ...], list[Row]] = {}
    with manifest.open(newline="") as file:
        for row in csv.DictReader(file):
            groups.setdefault((row["source"], row["label"], row["kind"]), []).append(row)
    rng = random.Random(0)
    return [row for key in sorted(groups) for row in rng.sample(groups[key], min(each, len(groups[key])))]


def box_of(row: Row) -> Box:
    return Box(*(float(row[side]) for side in ("left", "top", "right", "bottom")))


def small_name(share: float) -> str:
    return f"small, {share:.0%}"


def report(name: str, detect: Detector, pictures: list[tuple[Row, Image]], grounds: list[Image]) -> None:
    hits: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for number, (row, image) in enumerate(pictures):
        found = detect(image)
        asked[row["kind"]] += 1
        hits[row["kind"]] += bool(found) and found[0].box.overlap(box_of(row)) >= OVERLAP
        for share in SHARES if row["kind"] == "frame" and number % 2 else ():
            placed = place(image, box_of(row), share, grounds[number % len(grounds)], random.Random(number))
            if placed is not None:
                asked[small_name(share)] += 1
                faces = detect(placed[0])
                hits[small_name(share)] += any(f.box.overlap(placed[1]) >= OVERLAP for f in faces)
    columns = [*sorted({row["kind"] for row, _ in pictures}), *map(small_name, SHARES)]
    cells = [f"{hits[c]} of {asked[c]} ({hits[c] / asked[c]:.1%})" for c in columns]
    cells.append(f"{sum(bool(detect(ground)) for ground in grounds)} of {len(grounds)}")
    frames = [image for row, image in pictures if row["kind"] == "frame"][:25]
    low, high = (milliseconds(detect, frames, size) for size in ((640, 480), (1920, 1080)))
    print(f"| {name} | {' | '.join(cells)} | {low:.0f} | {high:.0f} | {high / low:.2f} |", flush=True)


def place(
    image: Image, box: Box, share: float, ground: Image, rng: random.Random
) -> tuple[Image, Box] | None:
    """A picture of 640 x 480 with ``image`` somewhere in it, and its face; None if it does not fit."""
    scale = share * 480 / box.longer_side
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    if height >= 480 or width >= 640:
        return None
    canvas = np.array(cv2.resize(ground, (640, 480)), dtype=np.uint8)
    x, y = rng.randrange(640 - width), rng.randrange(480 - height)
    canvas[y : y + height, x : x + width] = small
    return canvas, box.mapped(scale, scale, x, y)


def milliseconds(detect: Callable[[Image], Any], frames: list[Image], size: tuple[int, int]) -> float:
    """Median over frames that were resized to one size before."""
    spent = []
    for frame in [np.asarray(cv2.resize(frame, size), dtype=np.uint8) for frame in frames]:
        started = time.process_time()
        detect(frame)
        spent.append(time.process_time() - started)
    return 1000 * float(np.median(spent[3:]))


if __name__ == "__main__":
    main()
