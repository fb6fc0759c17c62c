"""Measure the ORB matcher on pairs of pictures of the same and of different people.

    python tools/measure_matcher.py [--shared ../shared] [--variants]

The data stays outside the repository and has no column that names people; docs/matching.md says what is
assumed instead, and has the figures. ``--variants`` tries other settings on the tuning sources alone.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from liveness.data.manifest import read_manifest
from liveness.frames import read_photo
from liveness.intervals import Rate, clopper_pearson
from liveness.matching.align import align
from liveness.matching.index import Index, MatchConfig
from liveness.matching.match import ORB, THRESHOLD, OrbConfig, describe
from liveness.matching.template import Template
from liveness.types import Face, Label, Sample

# Sources that show one person each, judged by looking at sixteen faces of each. Left out: those with
# several people (s01 s03 s04 s10 s11 s14 s16 s18 s21 s25 s39 s40 s47) and those with attacks alone.
TUNING = "s02 s05 s08 s13 s15 s17 s19 s22 s24 s30 s33 s35 s37 s41 s43 s45 s49"
TEST = "s06 s07 s09 s12 s20 s23 s29 s31 s32 s34 s36 s38 s42 s44 s46 s48 s50"
PICTURES = 10  # of each source
GENUINE = 30  # pairs of each source
IMPOSTOR = 8  # pairs of each two sources
ENROLLED = 3  # pictures a person in the gallery of the identification test
TWINS = 0.97  # correlation above which two aligned faces are taken for one moment: no pair

Pair = tuple[Sample, Sample]


@dataclass(frozen=True)
class Figures:
    """What was counted on one set of sources at one threshold."""

    genuine: Rate  # refused
    impostor: Rate  # accepted
    auc: float


class Scorer:
    """Describes each picture once and compares pairs. A face without features scores -1: it is refused."""

    def __init__(self, orb: OrbConfig = ORB, matching: MatchConfig = MatchConfig()) -> None:
        self.orb, self.matching = orb, matching
        self._templates: dict[Path, Template | None] = {}
        self._small: dict[Path, np.ndarray] = {}

    def template(self, sample: Sample) -> Template | None:
        if sample.path not in self._templates:
            image, face = read_photo(sample.path).image, face_of(sample)
            self._templates[sample.path] = describe(image, face, self.orb)
            self._small[sample.path] = cv2.resize(align(image, face, 96), (24, 24)).ravel().astype(float)
        return self._templates[sample.path]

    def score(self, pair: Pair) -> float:
        one, other = map(self.template, pair)
        if one is None or other is None:
            return -1.0
        found = Index({"": [one]}, self.orb.size, self.matching).best(other)
        return found.score if found else -1.0

    def scores(self, pairs: Iterable[Pair]) -> np.ndarray:
        return np.array([self.score(pair) for pair in pairs])

    def twins(self, pair: Pair) -> bool:
        """Whether the two pictures are as good as one."""
        for sample in pair:
            self.template(sample)
        return bool(np.corrcoef(*(self._small[s.path] for s in pair))[0, 1] > TWINS)


def face_of(sample: Sample) -> Face:
    if sample.box is None:
        raise SystemExit(f"{sample.path}: the manifest has no box")
    return Face(sample.box, 1.0, sample.landmarks)


def choose(samples: Sequence[Sample], sources: Sequence[str], seed: int) -> dict[str, list[Sample]]:
    """At most ten live pictures of each source, drawn at random."""
    rng = random.Random(seed)
    chosen = {}
    for source in sources:
        live = [s for s in samples if s.source == source and s.label is Label.BONA_FIDE]
        chosen[source] = rng.sample(live, min(PICTURES, len(live)))
    return chosen


def pairs(chosen: Mapping[str, Sequence[Sample]], scorer: Scorer, seed: int) -> tuple[list[Pair], list[Pair]]:
    """Pairs of one source (but no twins), and pairs of two sources."""
    rng = random.Random(seed)
    genuine, impostor = [], []
    for several in chosen.values():
        apart = [pair for pair in itertools.combinations(several, 2) if not scorer.twins(pair)]
        genuine += rng.sample(apart, min(GENUINE, len(apart)))
    for one, other in itertools.combinations(chosen.values(), 2):
        impostor += [(rng.choice(one), rng.choice(other)) for _ in range(IMPOSTOR)]
    return genuine, impostor


def count(genuine: np.ndarray, impostor: np.ndarray, threshold: float) -> Figures:
    wins = np.sign(genuine[:, None] - impostor[None]).mean()
    return Figures(
        Rate(int((genuine < threshold).sum()), len(genuine)),
        Rate(int((impostor >= threshold).sum()), len(impostor)),
        float(wins / 2 + 0.5),
    )


def threshold_for(impostor: np.ndarray, rate: float) -> float:
    """The lowest threshold in steps of 0.005 that accepts at most this share of the impostor pairs."""
    steps = np.arange(0, 1.0001, 0.005)
    return float(next(t for t in steps if (impostor >= t).mean() <= rate))


def identify(
    gallery: Mapping[str, Sequence[Sample]], strangers: Iterable[Sample], scorer: Scorer
) -> tuple[Rate, Rate, Rate]:
    """A gallery of three pictures a person: own people not named, own people misnamed, strangers named."""
    enrolled = {
        name: [t for t in map(scorer.template, several[:ENROLLED]) if t is not None]
        for name, several in gallery.items()
    }
    index = Index(enrolled, scorer.orb.size, scorer.matching)

    def name(sample: Sample) -> str:
        template = scorer.template(sample)
        found = index.best(template) if template is not None else None
        return found.name if found is not None and found.score >= THRESHOLD else ""

    own = [(source, name(s)) for source, several in gallery.items() for s in several[ENROLLED:]]
    others = [name(s) for s in strangers]
    return (
        Rate(sum(not found for _, found in own), len(own)),
        Rate(sum(bool(found) and found != source for source, found in own), len(own)),
        Rate(sum(map(bool, others)), len(others)),
    )


def text(rate: Rate) -> str:
    low, high = clopper_pearson(rate.errors, rate.total)
    return f"{rate.errors} of {rate.total} ({rate.value:.1%}, 95 % interval {low:.1%} to {high:.1%})"


def measure(shared: Path) -> dict[str, Rate | float]:
    """All figures of docs/matching.md, printed and given back by name."""
    samples, _ = read_manifest(shared / "data" / "faces" / "manifest.csv")
    scorer = Scorer()
    found: dict[str, Rate | float] = {}
    sets = {"tuning": choose(samples, TUNING.split(), 1), "test": choose(samples, TEST.split(), 2)}
    for name, chosen in sets.items():
        genuine, impostor = (scorer.scores(p) for p in pairs(chosen, scorer, 3))
        figures = count(genuine, impostor, THRESHOLD)
        found |= {
            f"{name} genuine refused": figures.genuine,
            f"{name} impostor accepted": figures.impostor,
            f"{name} auc": figures.auc,
            f"{name} threshold for 5 %": threshold_for(impostor, 0.05),
            f"{name} threshold for 1 %": threshold_for(impostor, 0.01),
        }
    strangers = itertools.chain.from_iterable(sets["tuning"].values())
    unnamed, misnamed, welcomed = identify(sets["test"], strangers, scorer)
    found |= {"gallery unnamed": unnamed, "gallery misnamed": misnamed, "gallery strangers named": welcomed}
    print(f"threshold {THRESHOLD}")
    for name, value in found.items():
        print(f"{name}: {text(value) if isinstance(value, Rate) else f'{value:.3f}'}", flush=True)
    return found


VARIANTS: Mapping[str, tuple[OrbConfig, MatchConfig]] = {
    "as shipped": (ORB, MatchConfig()),
    **{f"size {s}": (replace(ORB, size=s), MatchConfig()) for s in (128, 192)},
    **{f"points {n}": (replace(ORB, points=n), MatchConfig()) for n in (150, 500)},
    **{f"fast {f}": (replace(ORB, fast=f), MatchConfig()) for f in (2, 12)},
    **{f"patch {p}": (replace(ORB, patch=p), MatchConfig()) for p in (21, 41)},
    **{f"ratio {r}": (ORB, MatchConfig(ratio=r)) for r in (0.75, 0.95)},
    **{f"radius {r}": (ORB, MatchConfig(radius=r)) for r in (0.06, 0.15, 1.0)},
}


def compare(shared: Path) -> None:
    """One line a variant, on tuning sources alone: what it refuses where it accepts 5 % and 1 %."""
    samples, _ = read_manifest(shared / "data" / "faces" / "manifest.csv")
    chosen = choose(samples, TUNING.split(), 1)
    for name, (orb, matching) in VARIANTS.items():
        scorer = Scorer(orb, matching)
        genuine, impostor = (scorer.scores(p) for p in pairs(chosen, scorer, 3))
        line = [f"{name}: AUC {count(genuine, impostor, 0).auc:.3f}"]
        for rate in (0.05, 0.01):
            threshold = threshold_for(impostor, rate)
            refused = (genuine < threshold).mean()
            line.append(f"refuses {refused:.1%} where it accepts {rate:.0%} (threshold {threshold:.3f})")
        print(", ".join(line), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--shared", type=Path, default=Path("../shared"), help="folder of the development data"
    )
    parser.add_argument("--variants", action="store_true", help="try other settings on the tuning sources")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    if args.variants:
        compare(args.shared)
    else:
        measure(args.shared)
    return 0


if __name__ == "__main__":
    sys.exit(main())
