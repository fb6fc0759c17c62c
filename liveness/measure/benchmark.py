"""Several systems on the same faces, side by side, beside what trivial cues can tell.

Sources are collections with people, cameras and attack devices of their own. AUC is averaged over sources;
pooled rates hold all presentations against one threshold, which is what an application must do. Attacks
are pooled for EER and BPCER at an APCER, for all systems alike.
"""

from __future__ import annotations

import csv
import statistics
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from liveness.errors import DatasetError, InputError
from liveness.intervals import Rate, bootstrap
from liveness.measure.joinframes import join_frames
from liveness.measure.judging import EvaluateOptions, Evaluating, judge
from liveness.measure.scored import COLUMNS
from liveness.measure.trivial import CUES, best_cue, left_out_scores, measure_cues
from liveness.metrics import PadReport, auc, eer, evaluate_scores, threshold_at_apcer
from liveness.results import whole_file
from liveness.systems import System, names_of
from liveness.types import Detector, Label, Sample

Floats = NDArray[np.float64]
SPLITS = {"train + dev": ("train", "dev"), "test": ("test",)}


@dataclass(frozen=True, slots=True)
class Limits:
    """From how many of each class a source counts in the mean AUC, and may be called the worst."""

    mean: int = 10
    worst: int = 50
    repeats: int = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A system on a part of the data.

    mean_auc: over ``sources``; worst: the source with the lowest AUC, "" when none is large enough; bpcer_at:
    (APCER, BPCER) with attacks pooled; eer_interval: sources drawn anew, 95 %; report: at the system's own
    threshold, None for cues, which have none.
    """

    part: str
    system: str
    sources: int
    mean_auc: float
    worst: str
    worst_auc: float
    auc: float
    eer: float
    eer_interval: tuple[float, float]
    bpcer_at: tuple[tuple[float, Rate], ...]
    report: PadReport | None


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source: counts, the cue that separates its classes best, and the AUC of each system."""

    source: str
    kind: str
    split: str
    bona_fide: int
    attacks: int
    cue: str
    cue_auc: float
    aucs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """lines: by part, then system; milliseconds: of one face, one at a time, by system."""

    systems: tuple[str, ...]
    lines: tuple[Line, ...]
    by_source: tuple[SourceLine, ...]
    milliseconds: tuple[float, ...]
    problems: int


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What was judged, a row a presentation. scores: (n, systems), NaN without a face; cues: (n, cues)."""

    samples: tuple[Sample, ...]
    scores: Floats
    cues: Floats

    @property
    def live(self) -> NDArray[np.bool_]:
        return np.array([s.label is Label.BONA_FIDE for s in self.samples])

    def column(self, name: str) -> NDArray[np.str_]:
        """A text field of the samples."""
        return np.array([getattr(s, name) for s in self.samples], dtype=np.str_)


def benchmark(
    systems: Sequence[System],
    samples: Sequence[Sample],
    detect: Detector | None = None,
    *,
    together: Sequence[str] = (),
    out: Path | None = None,
    limits: Limits = Limits(),
    options: EvaluateOptions = EvaluateOptions(),
) -> Generator[Evaluating, None, Benchmark]:
    """Judge every sample by every system; the generator's value is the result.

    together: sources that share people, and so are left out together for the cues; out: a folder for
    ``scores.csv``. Raises DatasetError when nothing could be judged.
    """
    kept: list[tuple[Sample, tuple[float, ...], tuple[float, ...]]] = []
    problems = 0
    for judged in judge(systems, samples, detect, options, measure_cues):
        if judged.problem:
            problems += 1
        else:
            kept.append((judged.sample, judged.scores, judged.cues or (float("nan"),) * len(CUES)))
        yield Evaluating(len(kept) + problems, len(samples))
    if not kept:
        raise DatasetError(f"none of {len(samples)} files could be judged")
    rows = _joined(kept, options)
    names = tuple(names_of(systems))
    if out is not None:
        write_scores(out / "scores.csv", rows, names)
    return Benchmark(
        names,
        tuple(_lines(rows, names, [system.threshold for system in systems], together, limits)),
        tuple(_source_lines(rows, limits)),
        tuple(face_milliseconds(system) for system in systems),
        problems,
    )


def face_milliseconds(system: System, repeats: int = 20) -> float:
    """Median time to score one face that is already cut."""
    rng = np.random.default_rng(0)
    sizes = [member.info.input.crop.pixels for member in system.members]
    cut = tuple(rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes)
    times = []
    for _ in range(repeats + 2):
        started = perf_counter()
        system.score([cut])
        times.append(perf_counter() - started)
    return statistics.median(times[2:]) * 1000


def write_scores(path: Path, rows: Table, names: Sequence[str]) -> None:
    """One row a presentation, one column a system, every digit; empty where no face was found."""
    with whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, *names])
        for sample, scores in zip(rows.samples, rows.scores):
            fields = [getattr(sample, name) for name in COLUMNS]
            fields[1] = sample.label.value
            values = ["" if np.isnan(score) else repr(float(score)) for score in scores]
            writer.writerow(["" if field is None else field for field in fields] + values)


def _joined(
    kept: Sequence[tuple[Sample, tuple[float, ...], tuple[float, ...]]], options: EvaluateOptions
) -> Table:
    """Frames of a presentation become one row; its cues are those of the first."""
    names = [sample.presentation for sample, _, _ in kept]
    scores = np.array([scores for _, scores, _ in kept])
    joined = [join_frames(column, names, options.join) for column in scores.T]
    first = joined[0][1]
    cues = np.array([kept[i][2] for i in first])
    return Table(tuple(kept[i][0] for i in first), np.stack([c for c, _ in joined], axis=1), cues)


def _parts(rows: Table) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Each kind of picture in each split and in all; parts without scores of both classes are left out."""
    kinds, splits, live = rows.column("kind"), rows.column("split"), rows.live
    named = {name: np.isin(splits, of) for name, of in SPLITS.items()}
    named = {name: some for name, some in named.items() if some.any() and not some.all()}
    found = ~np.isnan(rows.scores[:, 0])
    for kind in sorted(set(kinds), key=lambda k: ("frame", "portrait", "crop", k).index(k)):
        for split, chosen in {"all": np.ones(len(kinds), bool), **named}.items():
            part = (kinds == kind) & chosen
            if len(set(live[part & found])) == 2:
                yield f"{split}, {kind + 's' if kind else 'pictures'}", part


def _lines(
    rows: Table, names: Sequence[str], levels: Sequence[float], together: Sequence[str], limits: Limits
) -> Iterator[Line]:
    groups = np.array(["+" if s in together else s for s in rows.column("source")])
    judged = ~np.isnan(rows.cues[:, 0])
    for part, chosen in _parts(rows):
        for index, (name, level) in enumerate(zip(names, levels)):
            yield _line(part, name, rows.scores[:, index], rows, chosen, limits, level)
        used = chosen & judged
        if len(set(groups[used])) < 2:
            continue
        for name, scores in left_out_scores(rows.cues[used], rows.live[used], groups[used]).items():
            spread = np.full(len(rows.samples), np.nan)
            spread[used] = scores
            yield _line(part, name, spread, rows, chosen, limits, None)


def _line(
    part: str,
    name: str,
    scores: Floats,
    rows: Table,
    chosen: NDArray[np.bool_],
    limits: Limits,
    threshold: float | None,
) -> Line:
    everything = chosen
    chosen = chosen & ~np.isnan(scores)
    own, live, sources = scores[chosen], rows.live[chosen], rows.column("source")[chosen]
    aucs = {s: auc(own[sources == s], live[sources == s]) for s in _large(sources, live, limits.mean)}
    large = [s for s in _large(sources, live, limits.worst) if s in aucs]
    worst = min(large, key=lambda s: aucs[s], default="")
    points = []
    for level in (0.01, 0.05):
        refused = own[live] < threshold_at_apcer(own, live, apcer=level)
        points.append((level, Rate(int(refused.sum()), int(live.sum()))))
    return Line(
        part,
        name,
        len(aucs),
        float(np.mean(list(aucs.values()))) if aucs else float("nan"),
        worst,
        aucs[worst] if worst else float("nan"),
        auc(own, live),
        eer(own, live)[0],
        _eer_interval(own, live, sources, limits.repeats),
        tuple(points),
        None if threshold is None else _report(rows, scores, everything, threshold),
    )


def _report(rows: Table, scores: Floats, chosen: NDArray[np.bool_], threshold: float) -> PadReport:
    species = rows.column("pai_species")[chosen]
    return evaluate_scores(scores[chosen], rows.live[chosen], species, threshold=threshold)


def _eer_interval(
    scores: Floats, live: NDArray[np.bool_], sources: NDArray[np.str_], repeats: int
) -> tuple[float, float]:
    """Sources drawn anew; not known when there is only one."""

    def rate(rows: NDArray[np.intp]) -> float:
        return eer(scores[rows], live[rows])[0] if len(set(live[rows])) == 2 else float("nan")

    try:
        return bootstrap(rate, sources, repeats)
    except InputError:
        return float("nan"), float("nan")


def _large(sources: NDArray[np.str_], live: NDArray[np.bool_], least: int) -> list[str]:
    """Sources with at least so many of each class."""
    counts = {
        s: (int(live[sources == s].sum()), int((~live[sources == s]).sum())) for s in sorted(set(sources))
    }
    return [source for source, (bona_fide, attacks) in counts.items() if min(bona_fide, attacks) >= least]


def _source_lines(rows: Table, limits: Limits) -> Iterator[SourceLine]:
    sources, live = rows.column("source"), rows.live
    kinds, splits = rows.column("kind"), rows.column("split")
    for source in sorted(set(sources)):
        own = sources == source
        counts = int(live[own].sum()), int((~live[own]).sum())
        cue, rate, aucs = "", float("nan"), (float("nan"),) * rows.scores.shape[1]
        judged = own & ~np.isnan(rows.cues[:, 0])
        if min(counts) >= max(1, limits.mean) and len(set(live[judged])) == 2:
            best, rate = best_cue(rows.cues[judged], live[judged])
            cue = CUES[best]
            aucs = tuple(auc(column[own], live[own]) for column in rows.scores.T)
        kind, split = ("/".join(sorted(set(names[own]))) for names in (kinds, splits))
        yield SourceLine(source, kind, split, *counts, cue, rate, aucs)
