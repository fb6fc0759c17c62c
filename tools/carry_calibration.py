"""Export a run that went on from a calibrated model, its score brought to the level of that model's.

A network that trains on grows surer of its training pictures, so its scores and the threshold no longer fit
each other. Where no out-of-fold scores of the longer training can be had, this brings the mean logits of bona
fide and of attack pictures, over the training pictures that both networks know, to where the first network
had them, and keeps its threshold. It says nothing about pictures that neither has seen: measure on those.

    python tools/carry_calibration.py model.onnx runs/longer FACES/manifest.csv new/model.onnx
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from liveness.classify import OnnxClassifier
from liveness.crop import crop
from liveness.data.samples import load_dataset
from liveness.frames import read_photo
from liveness.training.calibrate import Calibration
from liveness.training.exportrun import export_checkpoint
from liveness.training.network import load_checkpoint, save_checkpoint
from liveness.types import Label

EDGE = 1e-9


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("first", type=Path, help="the calibrated model that training went on from")
    parser.add_argument("run", type=Path, help="the folder of the run that went on, with model.onnx")
    parser.add_argument("faces", type=Path, help="manifest with boxes; its test split is not looked at")
    parser.add_argument("output", type=Path)
    parser.add_argument("--training-data", default="", help="what the model file says of it")
    args = parser.parse_args()
    first, longer = OnnxClassifier(args.first), OnnxClassifier(args.run / "model.onnx")
    samples = [s for s in load_dataset(args.faces).samples if s.split != "test" and s.box is not None]
    images = [(read_photo(s.path).image, s.box) for s in samples]
    live = np.array([s.label is Label.BONA_FIDE for s in samples])
    before, after = (
        logits(model.score_crops(np.stack([crop(i, b, model.info.input.crop) for i, b in images])))
        for model in (first, longer)
    )
    gap = after[live].mean() - after[~live].mean()
    scale = (before[live].mean() - before[~live].mean()) / gap
    shift = before[live].mean() - scale * after[live].mean()
    print(f"{len(samples)} pictures: logit x {scale:.3f} {shift:+.3f}, threshold {first.threshold:.4f} kept")
    point = f"carried over from {first.info.created}: {first.info.operating_point}"
    calibration = Calibration(float(scale), float(shift), first.threshold, point)
    trained = load_checkpoint(args.run / "best.pt")
    words = args.training_data or trained.info.training_data
    info = replace(trained.info, licence=first.info.licence, training_data=words)
    carried = args.run / "carried.pt"
    save_checkpoint(carried, replace(trained, info=info))
    args.output.parent.mkdir(parents=True, exist_ok=True)
    done = export_checkpoint(carried, args.output, args.faces, int8=True, calibration=calibration)
    print(done.text)


def logits(scores: np.ndarray) -> np.ndarray:
    inside = np.clip(scores, EDGE, 1 - EDGE)
    return np.asarray(np.log(inside) - np.log1p(-inside))


if __name__ == "__main__":
    main()
