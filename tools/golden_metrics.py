"""Write tests/golden_metrics.json: rates that bob.measure gives on made scores, for tests/test_metrics.py.

bob.measure needs numpy<2, so it runs in an environment of its own:

    python -m venv bob && bob/bin/pip install "numpy<2" bob.measure==6.1.1
    bob/bin/python tools/golden_metrics.py tests/golden_metrics.json
"""

from __future__ import annotations

import argparse
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import bob.measure
import numpy as np


def scores(seed: int, count: int, centre: float, digits: int) -> np.ndarray:
    """Scores in 0..1; few digits make many ties."""
    draw = np.random.default_rng(seed).normal(centre, 0.2, count)
    return np.round(np.clip(draw, 0, 1), digits)


def lowest(attacks: np.ndarray, bona_fide: np.ndarray, limit: float) -> float:
    """Just above the highest attack score that must not pass; bob names the next one, which may."""
    threshold = bob.measure.far_threshold(attacks, bona_fide, limit)
    blocked = attacks[attacks < threshold]
    return float(np.nextafter(blocked.max(), np.inf)) if len(blocked) else float(threshold)


def operating_point(attacks: dict[str, np.ndarray], bona_fide: np.ndarray, limit: float) -> dict[str, float]:
    """BPCER where no species passes more often than the limit."""
    threshold = max(lowest(values, bona_fide, limit) for values in attacks.values())
    rates = [bob.measure.farfrr(values, bona_fide, threshold) for values in attacks.values()]
    return {"threshold": threshold, "apcer": max(float(r[0]) for r in rates), "bpcer": float(rates[0][1])}


def case(
    name: str, bona_fide: np.ndarray, attacks: dict[str, np.ndarray], threshold: float
) -> dict[str, Any]:
    """All numbers of one set of scores; far_threshold names an attack score that may still pass."""
    pooled = np.concatenate(list(attacks.values()))
    limits = (0.01, 0.05, 0.1)
    worst = max(float(bob.measure.farfrr(values, bona_fide, threshold)[0]) for values in attacks.values())
    far, frr = map(float, bob.measure.farfrr(pooled, bona_fide, threshold))
    at = {x: float(bob.measure.far_threshold(pooled, bona_fide, x)) for x in limits}
    return {
        "name": name,
        "bona_fide": bona_fide.tolist(),
        "attacks": {species: values.tolist() for species, values in attacks.items()},
        "threshold": threshold,
        "apcer_by_species": {
            species: float(bob.measure.farfrr(values, bona_fide, threshold)[0])
            for species, values in attacks.items()
        },
        "apcer": worst,
        "apcer_pooled": far,
        "bpcer": frr,
        "acer": (worst + frr) / 2,
        "hter": (far + frr) / 2,
        "eer": float(bob.measure.eer(pooled, bona_fide)),
        "auc": float(bob.measure.roc_auc_score(pooled, bona_fide, npoints=20000)),
        "det": [
            (t, *map(float, bob.measure.farfrr(pooled, bona_fide, t))) for t in np.linspace(0, 1, 21).tolist()
        ],
        "bpcer_at": {str(x): operating_point(attacks, bona_fide, x) for x in limits},
        "at_pooled_apcer": {
            str(x): dict(
                zip(
                    ("threshold", "apcer", "bpcer"),
                    (t, *map(float, bob.measure.farfrr(pooled, bona_fide, t))),
                )
            )
            for x, t in at.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="the JSON file to write")
    cases = [
        case(
            "by hand",
            np.array([0.9, 0.8, 0.4]),
            {"A": np.array([0.1, 0.6]), "B": np.array([0.2, 0.3, 0.7])},
            0.5,
        )
    ]
    for seed, (live, printed, replayed, digits) in enumerate(
        [(50, 40, 60, 2), (200, 150, 130, 3), (31, 17, 23, 1), (500, 300, 400, 6), (12, 5, 300, 4)]
    ):
        attacks = {
            "print": scores(100 + seed, printed, 0.35, digits),
            "replay": scores(200 + seed, replayed, 0.45, digits),
        }
        cases.append(case(f"drawn {seed}", scores(seed, live, 0.7, digits), attacks, 0.55))
    lines = ",\n".join(json.dumps(c) for c in cases)
    text = f'{{"made_by": "bob.measure {version("bob.measure")}", "cases": [\n{lines}\n]}}\n'
    parser.parse_args().output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
