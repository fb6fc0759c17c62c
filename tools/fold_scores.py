"""Scores of models on the test part of their manifests, from the pictures themselves, into one CSV file.

    python tools/fold_scores.py oof_scores.csv folds/fold0.csv runs/fold0/model.onnx folds/fold1.csv ...

Manifests and models in turn. The boxes are those of the manifests. A row a picture: path, source, kind,
label, pai_species, fold (the place of its manifest), score: for ``liveness export --calibrate``
and ``card_tables.py``.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from liveness.classify import OnnxClassifier
from liveness.crop import crop
from liveness.data.samples import load_dataset
from liveness.frames import read_photo

COLUMNS = ("path", "source", "kind", "label", "pai_species", "fold", "score")
BATCH = 64


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("output", type=Path)
    parser.add_argument("pairs", type=Path, nargs="+", metavar="MANIFEST MODEL")
    args = parser.parse_args()
    if len(args.pairs) % 2:
        parser.error("manifests and models come in pairs")
    partial = args.output.with_name(args.output.name + ".part")
    with partial.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for fold, (manifest, path) in enumerate(zip(args.pairs[::2], args.pairs[1::2], strict=True)):
            model, folder = OnnxClassifier(path), manifest.absolute().parent
            pictures = folder / "pictures"
            samples = [s for s in load_dataset(manifest).samples if s.split == "test" and s.box]
            for first in range(0, len(samples), BATCH):
                batch = samples[first : first + BATCH]
                crops = [crop(read_photo(s.path).image, s.box, model.info.input.crop) for s in batch]
                for s, score in zip(batch, model.score_crops(np.stack(crops)), strict=True):
                    name = s.path.relative_to(pictures if s.path.is_relative_to(pictures) else folder)
                    values = (name.as_posix(), s.source, s.kind, s.label.value, s.pai_species, fold)
                    writer.writerow((*values, f"{score:.6f}"))
    partial.replace(args.output)


if __name__ == "__main__":
    main()
