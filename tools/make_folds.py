"""One manifest a fold: its sources are test, the other sources of train and dev train; ``all``: all train.

    python tools/make_folds.py FACES/manifest.csv folds/
    liveness train folds/fold0.csv --train-dev --threshold 0.5 --run runs/fold0     # no dev, nothing picked
    python tools/fold_scores.py oof_scores.csv folds/fold0.csv runs/fold0/model.onnx folds/fold1.csv ...
    liveness export runs/final --calibrate oof_scores.csv

A manifest names only files below its folder: they are linked (on another disk: copied) to folds/pictures.
``--more``: rows of another manifest, which are trained on in each fold (their paths are relative to it).

Every fold has frames of both classes. One person recurs in s10 s15 s16 s18 s21 s22, which stay together; only
three groups of tight crops with both classes are then left, so the last fold has the portraits instead.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
from pathlib import Path

FOLDS = (
    "s10 s15 s16 s18 s21 s22 s17 s27 s01 s33 s37 s42 s47",
    "s03 s02 s07 s26 s31 s34 s38 s43 s48",
    "s23 s09 s25 s05 s28 s35 s39 s44 s49",
    "s14 s13 s24 s30 s32 s06 s40 s45 s50",
)


def linked(file: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    to.unlink(missing_ok=True)
    try:
        os.link(file, to)
    except OSError:  # another disk, or one without hard links
        shutil.copy2(file, to)


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--more", type=Path, help="manifest whose rows all folds train on")
    args = parser.parse_args()
    with args.manifest.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] != "test"]
    more: list[dict[str, str]] = []
    if args.more:
        with args.more.open(newline="") as file:
            more = [row for row in csv.DictReader(file) if row["split"] != "test"]
    args.folder.mkdir(parents=True, exist_ok=True)
    for manifest, mine in ((args.manifest, rows), (args.more, more)):
        for row in mine:
            linked(manifest.parent / row["path"], args.folder / "pictures" / row["path"])
    names = [f"fold{number}" for number in range(len(FOLDS))]
    for name, sources in zip([*names, "all"], [*FOLDS, ""], strict=True):
        held_out = set(sources.split())
        with (args.folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]), extrasaction="ignore")
            writer.writeheader()
            for row in rows + more:
                split = "test" if row["source"] in held_out else "train"
                writer.writerow(row | {"path": f"pictures/{row['path']}", "split": split})


if __name__ == "__main__":
    main()
