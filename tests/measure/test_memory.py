"""A row of a data set takes little memory while it is evaluated, however many there are."""

from __future__ import annotations

import csv
import gc
import tracemalloc
from pathlib import Path

import numpy as np
import PIL.Image

from liveness.data.samples import load_dataset
from liveness.measure.evaluate import evaluate
from liveness.systems import load_system
from tests.measure.test_evaluate import finish


def held() -> int:
    """Bytes in use that are not merely waiting to be collected."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_a_row_of_the_result_is_small(tiny_model: Path, tmp_path: Path) -> None:
    """Or a large data set fills the memory: the sample and what is kept of it, while rows are added."""
    rows = 2000
    system = load_system(tiny_model)
    first = tmp_path / "a.png"
    PIL.Image.fromarray(np.full((64, 64, 3), 200, np.uint8)).save(first)
    paths = [tmp_path / f"{number:060}.png" for number in range(rows)]
    for path in paths:
        path.hardlink_to(first)
    with (tmp_path / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "pai_species", "source", "tone", "left", "top", "right", "bottom"])
        for number, path in enumerate(paths):
            label = "attack" if number else "live"
            writer.writerow([path.name, label, "print", "room", "III", 16 + number / 1000, 16, 48, 48])
    finish(evaluate([system], load_dataset(tmp_path).samples[:100]))
    tracemalloc.start()
    try:
        before = held()
        samples = load_dataset(tmp_path).samples
        read = held()
        work = evaluate([system], samples)
        for _ in range(600):  # beyond the first rows, which are not packed yet
            next(work)
        begun = held()
        done = finish(work)
        after = held()
    finally:
        tracemalloc.stop()
    assert len(done.scored) == rows
    assert (read - before) / rows < 150
    assert (after - begun) / (rows - 600) < 250
