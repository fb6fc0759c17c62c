"""A training run as the page shows it: where it is, its curves, its figures; and the list of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from liveness.errors import RunError
from liveness.frames import read_photo
from liveness.training import jobs
from liveness.training.runs import Progress, RunFolder
from liveness.types import Image
from liveness.ui import cards

_STATES = {
    "preparing": "Preparing",
    "training": "Training",
    "done": "Done",
    "stopped": "Stopped",
    "failed": "Failed",
}
_CURVES = {"train_loss": "training", "dev_loss": "dev"}
_RATES = {"eer": "EER", "apcer": "APCER, worst species", "bpcer": "BPCER"}
# Blue and orange as everywhere; the third is Okabe and Ito's green.
_COLOURS = ("#0072b2", "#d55e00", "#009e73")
LOSS_COLOURS = dict(zip(_CURVES.values(), _COLOURS))
RATE_COLOURS = dict(zip(_RATES.values(), _COLOURS))
COLUMNS = ("Run", "State", "Epochs", "Best", "dev AUC", "EER", "APCER", "BPCER", "Threshold")


def status(run: RunFolder) -> str:
    """HTML: state, steps done with the time left, and the rates on dev so far."""
    at = jobs.progress(run)
    kind = {"done": "live", "failed": "spoof"}.get(at.state, "none")
    share = at.step / at.steps if at.steps else 0.0
    bar = f'<div class="lw-bar"><i style="width:{share:.1%}"></i></div>' if at.steps else ""
    said = f"<p>{escape(_capital(at.message))}</p>" if at.message else ""
    return (
        f'<article class="lw-face {kind}"><header><h3>{escape(run.name)}</h3>'
        f'<span class="lw-pill">{_STATES[at.state]}</span></header>'
        f"{bar}{said}{_steps(at)}{_dev(at)}</article>"
    )


def is_running(run: RunFolder) -> bool:
    return jobs.process_of(run) is not None


def loss_curve(rows: Sequence[Mapping[str, float]]) -> pd.DataFrame:
    """Columns epoch, loss, part: one row an epoch and part."""
    return _long(rows, _CURVES, "loss", "part")


def rate_curve(rows: Sequence[Mapping[str, float]]) -> pd.DataFrame:
    """Columns epoch, per cent, rate: EER, APCER and BPCER on dev."""
    frame = _long(rows, _RATES, "per cent", "rate")
    frame["per cent"] *= 100
    return frame


def figures(run: RunFolder) -> list[tuple[Image, str]]:
    """The figures that a finished run left: pictures with captions."""
    return [
        (read_photo(path).image, path.stem.replace("_", " "))
        for path in sorted((run.path / "figures").glob("*.png"))
    ]


def table(runs: Sequence[RunFolder]) -> dict[str, Any]:
    """All runs with the rates of their best epoch on dev."""
    return {"headers": list(COLUMNS), "data": [_row(run) for run in runs]}


def _row(run: RunFolder) -> list[Any]:
    try:
        at, rows = jobs.progress(run), run.metrics()
    except RunError as error:
        return [run.name, str(error), *[""] * (len(COLUMNS) - 2)]
    best = next((row for row in rows if row["epoch"] == at.best_epoch), {})
    rates = [f"{best[name]:.1%}" if name in best else "" for name in ("eer", "apcer", "bpcer")]
    auc = f"{best['auc']:.4f}" if "auc" in best else ""
    threshold = f"{best['threshold']:.3f}" if "threshold" in best else ""
    return [run.name, _STATES[at.state], len(rows), at.best_epoch or "", auc, *rates, threshold]


def _steps(at: Progress) -> str:
    parts = []
    if at.steps:
        parts.append(f"epoch {at.epoch} of {at.epochs}, step {at.step} of {at.steps}")
    if at.state == "training":
        if at.loss is not None:
            parts.append(f"loss {at.loss:.3f}")
        if at.images_per_second:
            parts.append(f"{at.images_per_second:.0f} images/s")
        if at.eta is not None:
            parts.append(f"{duration(at.eta)} left")
    return f'<p class="lw-soft">{escape(" · ".join(parts))}</p>' if parts else ""


def _dev(at: Progress) -> str:
    dev = at.dev
    if "auc" not in dev:
        return ""
    rows = {
        "AUC on dev": f"{dev['auc']:.4f}",
        "EER": f"{dev['eer']:.1%}",
        f"At threshold {dev['threshold']:.3f}": (
            f"APCER {dev['apcer']:.1%} (worst species), BPCER {dev['bpcer']:.1%}"
        ),
        "Best epoch so far": str(at.best_epoch),
    }
    return cards.table(rows)


def duration(seconds: float) -> str:
    """In words: 45 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _long(
    rows: Sequence[Mapping[str, float]], names: Mapping[str, str], value: str, kind: str
) -> pd.DataFrame:
    data = [
        (int(row["epoch"]), row[name], word) for row in rows for name, word in names.items() if name in row
    ]
    return pd.DataFrame(data, columns=["epoch", value, kind])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
