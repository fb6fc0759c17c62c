"""A manifest of faces in everyday photographs (benchmarks/everyday_faces.csv), for ``make_folds.py --more``.

    python tools/everyday_manifest.py GENERIC everyday/ --attacks

GENERIC: the folder of everyday pictures. Rows are bona fide, of kind and source ``everyday``; those kept
back for testing have split test. --attacks: of each training face one simulated attack of each sort too
(``liveness/data/attacks.py``), so that everyday surroundings do not come to mean bona fide. Writes
manifest.csv, the pictures beside it, and ``others``: GENERIC without the pictures whose faces are kept
back (for ``--set everyday=``).
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from make_folds import linked
from PIL import Image

from liveness.config import CropConfig
from liveness.crop import crop
from liveness.data.attacks import ATTACKS
from liveness.frames import read_photo
from liveness.training.augment import box_in_window
from liveness.types import Box

FACES = Path(__file__).parent.parent / "benchmarks" / "everyday_faces.csv"
COLUMNS = ("path", "label", "pai_species", "source", "split", "kind", "left", "top", "right", "bottom")
SEEN = CropConfig(margin=3.6, size=288, border="shift")  # wider than any window of the recipes
SPECIES = {"cut": "print", "print": "print", "replay": "replay"}


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("generic", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--attacks", action="store_true")
    args = parser.parse_args()
    with FACES.open(newline="") as file:
        faces = list(csv.DictReader(file))
    kept_back = {face["file"] for face in faces if face["split"] == "test"}
    for path in sorted(args.generic.glob("*.jpg")):
        if path.name not in kept_back:
            linked(path, args.folder / "others" / path.name)
    rng, rows = np.random.default_rng(0), []
    (args.folder / "attacks").mkdir(parents=True, exist_ok=True)
    for number, face in enumerate(faces):
        name, box = f"live/{face['file']}", Box(*(float(face[side]) for side in COLUMNS[-4:]))
        linked(args.generic / face["file"], args.folder / name)
        rows.append((name, "bona_fide", "", "everyday", face["split"], "everyday", *_sides(box)))
        if not args.attacks or face["split"] == "test":
            continue
        image = read_photo(args.generic / face["file"]).image
        seen, inside = crop(image, box, SEEN), box_in_window(box, image, SEEN)
        for sort in sorted(ATTACKS):
            name = f"attacks/{number}_{sort}.png"
            Image.fromarray(ATTACKS[sort](seen.copy(), rng)).save(args.folder / name)
            rows.append((name, "attack", SPECIES[sort], "everyday", "train", "everyday", *_sides(inside)))
    with (args.folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    print(f"{len(rows)} rows in {args.folder / 'manifest.csv'}")


def _sides(box: Box) -> tuple[str, ...]:
    return tuple(f"{side:.1f}" for side in (box.left, box.top, box.right, box.bottom))


if __name__ == "__main__":
    main()
