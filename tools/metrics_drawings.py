"""The drawings of docs/metrics.md, one for each trap: make_metrics_pictures.py writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from liveness.intervals import Rate
from liveness.measure.curves import COLOURS
from liveness.measure.joinframes import JOINS
from liveness.metrics import auc, det_points, eer, evaluate_scores, threshold_at_apcer

LIVE, SPOOF, THIRD = COLOURS[:3]


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def axes_of(columns: int, height: float = 2.7) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(7.6, height), layout="constrained")
    return figure, list(np.atleast_1d(figure.subplots(1, columns)))


def bar(axes: Axes, place: float, rate: Rate, colour: str) -> None:
    """A rate in per cent with its interval and counts."""
    low, high = rate.interval
    axes.plot([low * 100, high * 100], [place, place], color=colour, linewidth=2)
    axes.plot(rate.value * 100, place, "o", color=colour)
    axes.annotate(f"{rate.errors}/{rate.total}", (high * 100 + 1.5, place), va="center", fontsize=8)


def species() -> Figure:
    """Pooled, a hundred easy prints hide the mask that always passes."""
    rates = {"print": Rate(2, 300), "replay": Rate(9, 150), "mask": Rate(10, 10)}
    pooled = Rate(sum(r.errors for r in rates.values()), sum(r.total for r in rates.values()))
    figure, (axes,) = axes_of(1, 2.2)
    for place, rate in enumerate(rates.values()):
        bar(axes, place, rate, SPOOF)
    bar(axes, len(rates), pooled, "grey")
    names = [f"APCER {name}" for name in rates]
    axes.set_yticks(range(len(rates) + 1), [*names, "all pooled"])
    axes.margins(y=0.15)
    axes.invert_yaxis()
    axes.set_xlim(-2, 112)
    axes.set_xlabel("attacks accepted (%), 95 % interval")
    axes.set_title(f"APCER is {rates['mask'].value:.0%}, not {pooled.value:.1%}: the worst species counts")
    return figure


def intervals() -> Figure:
    """No error among few says little; pictures of one person are not independent."""
    figure, (left, right) = axes_of(2)
    counts = np.unique(np.geomspace(5, 3000, 60).round().astype(int))
    left.plot(counts, [Rate(0, int(n)).interval[1] * 100 for n in counts], color=LIVE)
    for n in (20, 300):
        high = Rate(0, n).interval[1] * 100
        left.plot(n, high, "o", color=LIVE)
        left.annotate(f"0 of {n}: up to {high:.1f} %", (n * 1.15, high), va="bottom", fontsize=8)
    left.set_xscale("log")
    left.set_ylim(0, 40)
    left.set_xlim(4, 20000)
    left.set_xlabel("presentations, none of them wrong")
    left.set_ylabel("upper end of the interval (%)")
    rng = np.random.default_rng(1)
    people = rng.random((20, 20)) < rng.beta(0.15, 1.2, (20, 1))  # a few people are refused nearly always
    whole = Rate(int(people.sum()), people.size)
    drawn = people.mean(1)[rng.integers(0, 20, (2000, 20))].mean(1)
    bar(right, 0, whole, LIVE)
    low, high = np.percentile(drawn, (2.5, 97.5)) * 100
    right.plot([low, high], [1, 1], color=SPOOF, linewidth=2)
    right.plot(whole.value * 100, 1, "o", color=SPOOF)
    right.set_yticks([0, 1], ["400 pictures", "20 people\ndrawn anew"])
    right.set_ylim(1.6, -0.6)
    right.set_xlim(0, 40)
    right.set_xlabel("BPCER (%), 95 % interval")
    return figure


def threshold() -> Figure:
    """Cameras that dev has not seen: threshold from dev, and from the very data that gives the rate."""
    rng = np.random.default_rng(2)
    live = np.arange(120) < 60
    honest, flattered = [], []
    for _ in range(400):
        dev, test = (rng.normal(np.where(live, 1.5, -1.5), 1.1) for _ in range(2))
        test = test + rng.normal(0, 1.0)  # another camera moves all scores
        for source, kept in ((dev, honest), (test, flattered)):
            kept.append(evaluate_scores(sigmoid(test), live, threshold=eer(sigmoid(source), live)[1]).hter)
    figure, (axes,) = axes_of(1)
    bins = np.arange(0, 48, 2.5)
    for values, name, colour in ((honest, "dev", LIVE), (flattered, "the test data itself", SPOOF)):
        mean = np.mean(values) * 100
        axes.hist(np.array(values) * 100, bins, alpha=0.55, color=colour, label=f"threshold from {name}")
        axes.axvline(mean, color=colour, linestyle="--", label=f"mean {mean:.1f} %")
    axes.set_xlabel("HTER (%) of one model in 400 draws: 60 + 60 presentations of another camera")
    axes.set_ylabel("draws")
    axes.legend(fontsize=8)
    return figure


def no_face() -> Figure:
    """Faces that are not found, left out and counted."""
    live = np.arange(200) < 100
    scores = np.where(live, 0.9, 0.1)
    scores[:3], scores[100:104] = 0.1, 0.9
    scores[85:100], scores[170:200] = np.nan, np.nan
    report = evaluate_scores(scores, live, threshold=0.5)
    rows = {
        "BPCER, faces found": (report.bpcer, LIVE),
        "no face, bona fide (BPNRR)": (report.bpnrr, "grey"),
        "BPCER end to end": (report.bpcer_end_to_end, LIVE),
        "APCER, faces found": (report.apcer, SPOOF),
        "no face, attacks (APNRR)": (report.apnrr, "grey"),
        "APCER end to end": (report.apcer_end_to_end, SPOOF),
    }
    figure, (axes,) = axes_of(1)
    for place, (rate, colour) in enumerate(rows.values()):
        bar(axes, place, rate, colour)
    axes.set_yticks(range(len(rows)), list(rows))
    axes.margins(y=0.15)
    axes.invert_yaxis()
    axes.set_xlim(0, 50)
    axes.set_xlabel("rate (%), 95 % interval")
    return figure


def ranking() -> Figure:
    """Two models, by AUC and EER nearly alike or the other way round than where an application works."""
    rng = np.random.default_rng(5)
    live = np.arange(8000) < 4000
    plain = rng.normal(np.where(live, 1.45, -1.45), 1.0)
    tailed = rng.normal(np.where(live, 2.1, -2.1), 0.8)
    tailed[4000:4170] = rng.normal(2.6, 0.7, 170)  # one attack in 24 looks better than most people
    figure, (left, right) = axes_of(2, 3.0)
    for logits, name, colour in ((plain, "A", LIVE), (tailed, "B", SPOOF)):
        scores = sigmoid(logits)
        _, apcer, bpcer = det_points(scores, live)
        label = f"{name}: AUC {auc(scores, live):.3f}, EER {eer(scores, live)[0]:.1%}"
        left.plot(np.maximum(apcer, 1e-4) * 100, bpcer * 100, color=colour, label=label)
        at = [
            evaluate_scores(scores, live, threshold=threshold_at_apcer(scores, live, apcer=share)).bpcer
            for share in (0.01, 0.05, 0.1)
        ]
        shift = -0.18 if name == "A" else 0.18
        right.bar(np.arange(3) + shift, [r.value * 100 for r in at], 0.34, color=colour, label=name)
    left.set_xscale("log")
    left.set_xlim(0.1, 100)
    for share in (1, 5, 10):
        left.axvline(share, color="grey", linewidth=0.7, linestyle=":")
    left.set_xlabel("APCER (%)")
    left.set_ylabel("BPCER (%)")
    left.legend(fontsize=7)
    right.set_xticks(range(3), ["1 %", "5 %", "10 %"])
    right.set_xlabel("BPCER at APCER")
    right.set_ylabel("bona fide refused (%)")
    right.legend(fontsize=8)
    return figure


def means() -> Figure:
    """Left: what a mean of two rates hides. Right: what a rate over all attacks hides."""
    figure, (left, right) = axes_of(2, 2.6)
    for place, (apcer, bpcer) in enumerate(((0.5, 15.5), (8, 8), (15.5, 0.5))):
        left.barh(place - 0.17, apcer, 0.32, color=SPOOF, label=None if place else "APCER")
        left.barh(place + 0.17, bpcer, 0.32, color=LIVE, label=None if place else "BPCER")
    left.axvline(8, color="black", linewidth=0.8, linestyle="--", label="ACER, of all three")
    left.set_yticks(range(3), ["A", "B", "C"])
    left.invert_yaxis()
    left.set_xlim(0, 27)
    left.set_xlabel("rate (%)")
    left.legend(fontsize=7, loc="center right")
    rng = np.random.default_rng(10)
    kinds = np.repeat(["bona fide", "print", "replay", "mask"], (1000, 700, 250, 50))
    scores = sigmoid(rng.normal([{"b": 2.0, "p": -3.0, "r": -2.2, "m": 0.4}[k[0]] for k in kinds], 1.0))
    live = kinds == "bona fide"
    level = threshold_at_apcer(scores, live, apcer=0.01)
    groups = {"all attacks": ~live} | {name: kinds == name for name in ("print", "replay", "mask")}
    for place, rows in enumerate(groups.values()):
        bar(
            right,
            place,
            Rate(int((scores[rows] >= level).sum()), int(rows.sum())),
            SPOOF if place else "grey",
        )
    right.set_yticks(range(4), list(groups))
    right.invert_yaxis()
    right.set_xlim(-1, 60)
    right.set_xlabel("accepted where FPR is 1 % (%)")
    right.set_title(f"TPR at FPR 1 %: {np.mean(scores[live] >= level):.1%}", fontsize=10)
    return figure


def frames() -> Figure:
    """The same clips, four ways to make one score of a clip's frames."""
    rng = np.random.default_rng(6)
    live = np.arange(400) < 200
    clips = rng.normal(np.where(live, 1.4, -1.4), 0.8)[:, None] + rng.normal(0, 1.6, (400, 8))
    figure, (axes,) = axes_of(1)
    for place, join in enumerate(JOINS.values()):
        report = evaluate_scores(np.array([join(row) for row in sigmoid(clips)]), live, threshold=0.5)
        for shift, rate, colour in ((-0.13, report.bpcer, LIVE), (0.13, report.apcer, SPOOF)):
            bar(axes, place + shift, rate, colour)
    axes.set_yticks(range(len(JOINS)), list(JOINS))
    axes.margins(y=0.15)
    axes.invert_yaxis()
    axes.plot([], [], "o-", color=LIVE, label="BPCER")
    axes.plot([], [], "o-", color=SPOOF, label="APCER")
    axes.legend(fontsize=8)
    axes.set_xlim(-2, 100)
    axes.set_xlabel("rate at threshold 0.5 (%): one model, 400 clips of 8 frames")
    return figure


def reliability() -> Figure:
    """Scores that are chances on the data they were set on, and not where attacks are rarer or more."""
    rng = np.random.default_rng(7)
    figure, (axes,) = axes_of(1, 3.0)
    for share, colour in ((0.5, LIVE), (0.9, THIRD), (0.1, SPOOF)):
        live = rng.random(30000) < share
        scores = sigmoid(rng.normal(np.where(live, 1.0, -1.0), np.sqrt(2)))
        bins = np.minimum((scores * 10).astype(int), 9)
        points = [(scores[bins == b].mean(), live[bins == b].mean()) for b in range(10)]
        axes.plot(*zip(*points), "o-", color=colour, label=f"{share:.0%} bona fide", markersize=4)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle=":")
    axes.set_xlabel("score")
    axes.set_ylabel("bona fide among them")
    axes.legend(fontsize=8)
    return figure


def matcher() -> Figure:
    """What an attacker gains: to be taken for somebody, and alive; and what a strict matcher costs."""
    rng = np.random.default_rng(8)
    live, alike, own = sigmoid(rng.normal(-1.6, 1.6, 150)), rng.beta(5, 3, 150), rng.beta(9, 2.5, 300)
    passed = (live >= 0.5) & (alike >= 0.6)
    figure, (left, right) = axes_of(2, 3.2)
    left.scatter(live[~passed], alike[~passed], s=12, color="grey", label="refused")
    left.scatter(live[passed], alike[passed], s=18, color=SPOOF, label="accepted as its target")
    left.axvline(0.5, color="black", linewidth=0.8, linestyle="--")
    left.axhline(0.6, color="black", linewidth=0.8, linestyle="--")
    left.set_xlabel("bona fide score of 150 attacks")
    left.set_ylabel("match score with the target")
    apcer, iapar = Rate(int((live >= 0.5).sum()), 150), Rate(int(passed.sum()), 150)
    left.set_title(f"APCER {apcer.value:.1%}, IAPAR {iapar.value:.1%}", fontsize=10)
    left.legend(fontsize=8, loc="lower right")
    grid = np.linspace(0, 1, 201)
    taken = np.array([np.mean((live >= 0.5) & (alike >= t)) for t in grid]) * 100
    lost = np.array([np.mean(own < t) for t in grid]) * 100
    for values, name, colour, line in (
        (taken, "IAPAR", SPOOF, "-"),
        (lost, "FRR", LIVE, "-"),
        (taken + lost, "RIAPAR, their sum", "black", "--"),
    ):
        right.plot(grid, values, line, color=colour, label=name)
    right.set_ylim(-1, 40)
    right.set_xlabel("threshold of the match score")
    right.set_ylabel("rate (%)")
    right.legend(fontsize=8, loc="upper left")
    return figure


def groups() -> Figure:
    """Eight groups drawn from one and the same BPCER of 5 %."""
    rng = np.random.default_rng(9)
    figure, (axes,) = axes_of(1)
    sizes = (400, 200, 100, 60, 40, 30, 20, 15)
    for place, size in enumerate(sizes):
        bar(axes, place, Rate(int(rng.binomial(size, 0.05)), size), LIVE)
    axes.axvline(5, color="grey", linestyle=":", label="true for all: 5 %")
    axes.set_yticks(range(len(sizes)), [f"group {chr(65 + i)}" for i in range(len(sizes))])
    axes.margins(y=0.15)
    axes.invert_yaxis()
    axes.set_xlim(-1, 50)
    axes.set_xlabel("BPCER (%), 95 % interval")
    axes.legend(fontsize=8)
    return figure


PICTURES: Mapping[str, Callable[[], Figure]] = {
    "metrics-species": species,
    "metrics-intervals": intervals,
    "metrics-threshold": threshold,
    "metrics-no-face": no_face,
    "metrics-ranking": ranking,
    "metrics-means": means,
    "metrics-frames": frames,
    "metrics-reliability": reliability,
    "metrics-matcher": matcher,
    "metrics-groups": groups,
}
