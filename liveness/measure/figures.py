"""The figures of a run: curves, score histogram, confusion matrix, DET. Drawn from the run's own files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from numpy.typing import NDArray

from liveness.metrics import det_points, evaluate_scores
from liveness.training.runs import RunFolder
from liveness.types import Label

_LIVE, _SPOOF = "#0072b2", "#d55e00"  # as in the app: told apart by the colour-blind


def write_figures(run: RunFolder) -> list[Path]:
    """Draw what the run's files hold so far into figures/; returns the files."""
    rows, scored = run.metrics(), run.dev_scores()
    made: dict[str, Figure] = {}
    if rows:
        made["curves"] = curves(rows)
    if scored:
        scores = np.array([float(r["score"]) for r in scored])
        live = np.array([r["label"] == Label.BONA_FIDE.value for r in scored])
        threshold = _threshold(run, rows)
        made["scores"] = score_histogram(scores, live, threshold)
        made["confusion"] = confusion(scores, live, threshold)
        made["det"] = det_curve(scores, live)
    folder = run.path / "figures"
    folder.mkdir(exist_ok=True)
    paths = []
    for name, figure in made.items():
        paths.append(folder / f"{name}.png")
        partial = folder / f".{name}.part.png"
        figure.savefig(partial, dpi=120)
        partial.replace(paths[-1])
    return paths


def _threshold(run: RunFolder, rows: Sequence[Mapping[str, float]]) -> float:
    """That of the best epoch, which made dev_scores.csv."""
    progress = run.progress()
    best = progress.best_epoch if progress else 0
    chosen = [r["threshold"] for r in rows if r["epoch"] == best and "threshold" in r]
    return chosen[0] if chosen else 0.5


def curves(rows: Sequence[Mapping[str, float]]) -> Figure:
    """Loss of train and dev, and EER and BPCER on dev, by epoch."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, names in ((left, ("train_loss", "dev_loss")), (right, ("eer", "apcer", "bpcer"))):
        for name in names:
            points = [(r["epoch"], r[name]) for r in rows if name in r]
            if points:
                label = name.replace("_", " ") if "loss" in name else name.upper()
                sns.lineplot(
                    x=[p[0] for p in points], y=[p[1] for p in points], ax=axes, label=label, marker="o"
                )
        axes.set_xlabel("epoch")
        axes.set_ylim(bottom=0)
    left.set_ylabel("loss")
    right.set_ylabel("rate on dev")
    return figure


def score_histogram(
    scores: NDArray[np.float64],
    live: NDArray[np.bool_],
    threshold: float,
    label: str = "bona fide score on dev",
) -> Figure:
    """How the scores of both classes lie around the threshold. scores: float64 (n,), live: bool (n,)."""
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    bins = np.linspace(0, 1, 41)
    for rows, name, colour in ((live, "Live", _LIVE), (~live, "Spoof", _SPOOF)):
        sns.histplot(
            x=scores[rows], bins=bins.tolist(), ax=axes, color=colour, label=f"{name} ({rows.sum()})"
        )
    axes.axvline(threshold, color="black", linestyle="--", label=f"threshold {threshold:.3f}")
    axes.set_xlabel(label)
    axes.set_ylabel("pictures")
    axes.set_yscale("symlog")
    axes.legend()
    return figure


def confusion(scores: NDArray[np.float64], live: NDArray[np.bool_], threshold: float) -> Figure:
    """Counts of verdicts by class at the threshold."""
    accepted = scores >= threshold
    counts = [[int((rows & verdict).sum()) for verdict in (accepted, ~accepted)] for rows in (live, ~live)]
    figure = Figure(figsize=(4.2, 3.6), layout="constrained")
    axes = figure.subplots()
    words = ["Live", "Spoof"]
    sns.heatmap(
        np.array(counts),
        annot=True,
        fmt="d",
        cmap="Blues",
        cbar=False,
        ax=axes,
        xticklabels=words,
        yticklabels=words,
    )
    report = evaluate_scores(scores, live, threshold=threshold)
    axes.set_xlabel("verdict")
    axes.set_ylabel("presented")
    axes.set_title(f"APCER {report.apcer_pooled.value:.1%} (pooled)  BPCER {report.bpcer.value:.1%}")
    return figure


def det_curve(scores: NDArray[np.float64], live: NDArray[np.bool_]) -> Figure:
    """BPCER against APCER (attacks pooled) over all thresholds, on logarithmic axes."""
    _, apcer, bpcer = det_points(scores, live)
    figure = Figure(figsize=(4.2, 4.2), layout="constrained")
    axes = figure.subplots()
    least = 0.5 / len(scores)
    axes.plot(np.maximum(apcer, least), np.maximum(bpcer, least), color=_LIVE)
    axes.plot([least, 1], [least, 1], color="grey", linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("APCER (pooled)")
    axes.set_ylabel("BPCER")
    return figure
