"""The tables of MODEL_CARD.md from scores: by kind, reliability, by source.

    python tools/card_tables.py oof_scores.csv --threshold 0.4642 --calibrate 0.453 -0.708

Rates in per cent with (errors/count; 95 % Clopper-Pearson interval); BPCER at APCER 5 %
with all attacks pooled. --calibrate: scale and shift of the logits, where the scores
are those of the networks before calibration.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np

from liveness.intervals import Rate, bootstrap
from liveness.metrics import auc, eer, evaluate_scores, threshold_at_apcer
from liveness.training.calibrate import Scores, apply, read_scores

EDGES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)


def shown(rate: Rate | None) -> str:
    if rate is None or not rate.total:
        return "-"
    low, high = rate.interval
    return f"{100 * rate.value:.1f} % ({rate.errors}/{rate.total}; {100 * low:.1f}-{100 * high:.1f})"


def taken(s: Scores, rows: np.ndarray) -> Scores:
    return Scores(s.score[rows], s.bona_fide[rows], s.species[rows], s.source[rows])


def by_kind(name: str, s: Scores, threshold: float) -> str:
    report = evaluate_scores(s.score, s.bona_fide, s.species, threshold=threshold)
    around = "one source"
    if len(set(s.source)) > 1:
        low, high = bootstrap(
            lambda i: eer(s.score[i], s.bona_fide[i])[0] if 0 < s.bona_fide[i].sum() < len(i) else np.nan,
            s.source,
        )
        around = f"{100 * low:.1f}-{100 * high:.1f}"
    at5 = threshold_at_apcer(s.score, s.bona_fide, None, apcer=0.05)
    species = [shown(report.apcer_by_species.get(k)) for k in ("print", "replay", "mixed", "unknown")]
    species = [*species[:2], species[2] if species[2] != "-" else species[3]]
    cells = [
        name,
        f"{s.bona_fide.sum()} / {(~s.bona_fide).sum()}",
        f"{report.auc:.3f}",
        f"{100 * report.eer:.1f} % ({around})",
        f"{100 * (s.score < at5)[s.bona_fide].mean():.1f} %",
        shown(report.bpcer),
        *species,
    ]
    return "| " + " | ".join(cells) + " |"


def sources(
    s: Scores, kinds: np.ndarray, threshold: float
) -> tuple[list[str], dict[str, list[tuple[float, int, str]]]]:
    lines, orders = [], defaultdict(list)
    for name in sorted(set(s.source)):
        rows = s.source == name
        part, kind = taken(s, rows), str(kinds[rows][0])
        live, attacks = int(part.bona_fide.sum()), int((~part.bona_fide).sum())
        order = "-"
        if min(live, attacks) >= 10:
            value = auc(part.score, part.bona_fide)
            order = f"{value:.3f}"
            orders[kind].append((value, min(live, attacks), name))
        refused = Rate(int((part.score < threshold)[part.bona_fide].sum()), live)
        passed = Rate(int((part.score >= threshold)[~part.bona_fide].sum()), attacks)
        lines.append(
            f"| {name} | {kind} | {live} / {attacks} | {order} | {shown(refused)} | {shown(passed)} |"
        )
    return lines, orders


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("scores", type=Path)
    parser.add_argument("--threshold", type=float, required=True)
    parser.add_argument("--calibrate", type=float, nargs=2, metavar=("SCALE", "SHIFT"), default=(1.0, 0.0))
    args = parser.parse_args()
    s = read_scores([args.scores])
    s = Scores(apply(s.score, *args.calibrate), s.bona_fide, s.species, s.source)
    kinds = np.genfromtxt(args.scores, delimiter=",", names=True, dtype=None, encoding="utf-8")["kind"]
    print(
        "| | n bona fide / attack | AUC | EER (95 %, sources drawn anew) | BPCER at APCER 5 % (own scores) "
        "| BPCER at threshold | APCER print | APCER replay | APCER mixed |\n|-|-|-|-|-|-|-|-|-|"
    )
    for kind in ("frame", "portrait", "crop"):
        if (kinds == kind).any():
            print(by_kind(kind + "s", taken(s, kinds == kind), args.threshold))
    print(by_kind("all", s, args.threshold))
    lines, orders = sources(s, kinds, args.threshold)
    for kind, found in orders.items():
        big = [row for row in found if row[1] >= 50]
        worst = f", worst of 50 and more {min(big)[0]:.3f} ({min(big)[2]})" if big else ""
        print(f"\n{kind}s: mean AUC over sources {np.mean([row[0] for row in found]):.3f}{worst}")
    print("\n| score | n | share bona fide |\n|-|-|-|")
    for low, high in pairwise(EDGES):
        rows = (s.score >= low) & ((s.score < high) if high < 1 else (s.score <= 1))
        share = f"{s.bona_fide[rows].mean():.2f}" if rows.any() else "-"
        print(f"| {low}-{high} | {rows.sum()} | {share} |")
    print("\n| source | kind | n bona fide / attack | AUC | BPCER at threshold | APCER at threshold |")
    print("|-|-|-|-|-|-|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
