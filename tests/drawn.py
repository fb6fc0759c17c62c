"""Drawn data sets for tests: live pictures have smooth skin, attacks a grid of dots; nobody is shown."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np

from liveness.types import Image

COLUMNS = ("path", "label", "pai_species", "subject", "source", "split", "left", "top", "right", "bottom")


def drawn_face(live: bool, rng: np.random.Generator, side: int = 96) -> Image:
    """A face-like ellipse, uint8 RGB (side, side, 3)."""
    image = np.full((side, side, 3), rng.integers(40, 200, 3), dtype=np.uint8)
    skin = tuple(int(v) for v in rng.integers(120, 230, 3))
    middle = side // 2
    cv2.ellipse(image, (middle, middle), (side // 5, side // 4), 0, 0, 360, skin, -1)
    for x in (-side // 12, side // 12):
        cv2.circle(image, (middle + x, middle - side // 16), max(1, side // 40), (20, 20, 20), -1)
    if not live:
        image[::4] = image[::4] // 3
        image[:, ::4] = image[:, ::4] // 3
    noise = rng.normal(0, 4, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def write_drawn(root: Path, count: int = 12, sources: int = 4, split: bool = False, side: int = 96) -> Path:
    """A manifest with ``count`` pictures a class and source; the last source is dev when split."""
    rng = np.random.default_rng(0)
    rows = []
    for source in range(sources):
        for live in (True, False):
            for i in range(count):
                name = f"s{source}_{'live' if live else 'spoof'}_{i}.png"
                cv2.imwrite(str(root / name), drawn_face(live, rng, side))
                edge = side * 0.3
                rows.append(
                    {
                        "path": name,
                        "label": "bona_fide" if live else "attack",
                        "pai_species": "" if live else ("print", "replay")[i % 2],
                        "source": f"s{source}",
                        "subject": f"s{source}p{i % 2}",
                        "split": ("dev" if source == sources - 1 else "train") if split else "",
                        "left": edge,
                        "top": edge,
                        "right": side - edge,
                        "bottom": side - edge * 0.8,
                    }
                )
    path = root / "manifest.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path
