"""Draw docs/images/metrics.png from made scores: python tools/make_metrics_picture.py"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from liveness.evalfigures import evaluation_figures
from liveness.metrics import threshold_at_apcer
from liveness.scored import BOX_COLUMNS, COLUMNS, Pictures, presentations

TARGET = Path(__file__).resolve().parent.parent / "docs" / "images" / "metrics.png"
HEIGHT = 400


def made_scores() -> Pictures:
    """400 bona fide presentations, 300 prints, 150 replays; one model is better than the other."""
    rng = np.random.default_rng(3)
    kinds = ["bona_fide"] * 400 + ["print"] * 300 + ["replay"] * 150
    centres = np.array([{"bona_fide": 2.0, "print": -2.2, "replay": -1.0}[kind] for kind in kinds])
    logits = np.stack([rng.normal(centres * skill, 1.3) for skill in (1.0, 0.6)], axis=1)
    columns = {name: [""] * len(kinds) for name in (*COLUMNS, *BOX_COLUMNS)}
    columns["label"] = ["bona_fide" if kind == "bona_fide" else "attack" for kind in kinds]
    columns["pai_species"] = ["" if kind == "bona_fide" else kind for kind in kinds]
    return Pictures(("better", "worse"), columns, 1 / (1 + np.exp(-logits)))


def raster(figure: Figure) -> PIL.Image.Image:
    figure.set_dpi(120)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    picture = PIL.Image.fromarray(np.array(canvas.buffer_rgba())[..., :3])
    return picture.resize((round(picture.width * HEIGHT / picture.height), HEIGHT))


def main() -> None:
    pictures = made_scores()
    live = np.array(pictures.columns["label"]) == "bona_fide"
    levels = [
        threshold_at_apcer(scores, live, pictures.columns["pai_species"], apcer=0.05)
        for scores in pictures.scores.T
    ]
    figures = evaluation_figures(presentations(pictures, levels, "mean"))
    parts = [raster(figures[name]) for name in ("scores", "det", "rates")]
    sheet = PIL.Image.new("RGB", (sum(part.width for part in parts), HEIGHT), "white")
    left = 0
    for part in parts:
        sheet.paste(part, (left, 0))
        left += part.width
    sheet.quantize(128).save(TARGET, optimize=True)


if __name__ == "__main__":
    main()
