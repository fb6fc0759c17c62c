"""Draw docs/images/metrics*.png from made scores: python tools/make_metrics_pictures.py"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from metrics_drawings import PICTURES, sigmoid

from liveness.measure.evalfigures import evaluation_figures
from liveness.measure.scored import BOX_COLUMNS, COLUMNS, Pictures, presentations
from liveness.metrics import threshold_at_apcer

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
DPI = 110


def made_scores() -> Pictures:
    """400 bona fide presentations, 300 prints, 150 replays; one model is better than the other."""
    rng = np.random.default_rng(3)
    kinds = ["bona_fide"] * 400 + ["print"] * 300 + ["replay"] * 150
    centres = np.array([{"bona_fide": 2.0, "print": -2.2, "replay": -1.0}[kind] for kind in kinds])
    logits = np.stack([rng.normal(centres * skill, 1.3) for skill in (1.0, 0.6)], axis=1)
    columns = {name: [""] * len(kinds) for name in (*COLUMNS, *BOX_COLUMNS)}
    columns["label"] = ["bona_fide" if kind == "bona_fide" else "attack" for kind in kinds]
    columns["pai_species"] = ["" if kind == "bona_fide" else kind for kind in kinds]
    return Pictures(("better", "worse"), columns, sigmoid(logits))


def overview() -> PIL.Image.Image:
    """Three of the product's own figures side by side."""
    pictures = made_scores()
    live, kinds = np.array(pictures.columns["label"]) == "bona_fide", pictures.columns["pai_species"]
    levels = [threshold_at_apcer(scores, live, kinds, apcer=0.05) for scores in pictures.scores.T]
    figures = evaluation_figures(presentations(pictures, levels, "mean"))
    parts = [raster(figures[name], 400) for name in ("scores", "det", "rates")]
    sheet = PIL.Image.new("RGB", (sum(part.width for part in parts), 400), "white")
    for index, part in enumerate(parts):
        sheet.paste(part, (sum(p.width for p in parts[:index]), 0))
    return sheet


def raster(figure: Figure, height: int = 0) -> PIL.Image.Image:
    """The figure as a picture, at its own size or so many pixels high."""
    figure.set_dpi(DPI)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    picture = PIL.Image.fromarray(np.array(canvas.buffer_rgba())[..., :3])
    return picture.resize((round(picture.width * height / picture.height), height)) if height else picture


def main() -> None:
    overview().quantize(128).save(FOLDER / "metrics.png", optimize=True)
    for name, draw in PICTURES.items():
        raster(draw()).quantize(48).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
