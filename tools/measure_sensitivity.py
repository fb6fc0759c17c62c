"""How much a score hangs on whose box it was: three detectors, and the manifest's boxes moved a little.

    LIVENESS_MODELS=../shared/models python tools/measure_sensitivity.py ../shared/data/faces model.onnx

For each pair of detectors, over the pictures in which both found the same face (overlap 0.4 or more): mean
absolute difference of the scores and share of verdicts that flip at the model's threshold. Jitter: the box
moved and resized by up to 8 % of its sides, three times a picture, against the box as it is.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import torch
from measure_detectors import OVERLAP, box_of, chosen

from liveness.classify import OnnxClassifier
from liveness.detect import DETECTORS, build_detector
from liveness.frames import read_photo
from liveness.training.augment import jittered
from liveness.types import Face

JITTER = 0.08


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("faces", type=Path, help="folder with manifest.csv")
    parser.add_argument("model", type=Path)
    parser.add_argument("--split", action="append", help="test when not given")
    parser.add_argument("--each", type=int, default=20, help="pictures of each source, class and kind (20)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    wanted = set(args.split or ["test"])
    rows = [row for row in chosen(args.faces / "manifest.csv", args.each) if row["split"] in wanted]
    model = OnnxClassifier(args.model)
    detectors = {name: build_detector(name) for name in DETECTORS}
    scores: dict[str, list[float]] = {name: [] for name in detectors}
    jitter: list[tuple[float, float]] = []
    rng = np.random.default_rng(0)
    for row in rows:
        image, box = read_photo(args.faces / row["path"]).image, box_of(row)
        moved = [Face(jittered(box, JITTER, rng), 1.0) for _ in range(3)]
        still, *others = model(image, [Face(box, 1.0), *moved])
        jitter += [(still, other) for other in others]
        for name, detect in detectors.items():
            same = [face for face in detect(image) if face.box.overlap(box) >= OVERLAP][:1]
            scores[name].append(model(image, same)[0] if same else float("nan"))
    print(f"{len(rows)} pictures, splits {', '.join(sorted(wanted))}, threshold {model.threshold:.4f}")
    for one, other in combinations(detectors, 2):
        report(f"{one} - {other}", np.array([scores[one], scores[other]]).T, model.threshold)
    report(f"box - moved by up to {JITTER:.0%}", np.array(jitter), model.threshold)


def report(name: str, pairs: np.ndarray, threshold: float) -> None:
    pairs = pairs[~np.isnan(pairs).any(axis=1)]
    change = np.abs(pairs[:, 0] - pairs[:, 1]).mean()
    flipped = (pairs >= threshold)[:, 0] != (pairs >= threshold)[:, 1]
    print(
        f"{name:28} mean change {change:.3f}, flipped {flipped.mean():.1%} ({flipped.sum()} of {len(pairs)})"
    )


if __name__ == "__main__":
    main()
