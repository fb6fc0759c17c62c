"""A look at a data set before training: what is in it, what cannot be used, what its crops look like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from liveness.config import CropConfig, TrainConfig
from liveness.crop import crop
from liveness.data.samples import Dataset, load_dataset
from liveness.data.splits import duplicates_across, split_samples
from liveness.detect import build_detector
from liveness.errors import DatasetError
from liveness.prepare import Example, Prepared, prepare, prepare_options
from liveness.types import Image, Label, Sample
from liveness.ui import cards

_SHEET = 24
_LINES = 12
_CROP = CropConfig(margin=2.0, size=160)


@dataclass(frozen=True)
class Checkup:
    """What was found. split: in words how it is divided, or why it cannot be."""

    samples: tuple[Sample, ...]
    prepared: Prepared
    problems: tuple[str, ...]
    duplicates: tuple[tuple[Sample, Sample], ...]
    split: str
    trainable: bool


def check(path: str, config: TrainConfig, tell: Callable[[int, int], None]) -> Checkup:
    """Read a data set and find its faces, as training would (its cache is filled on the way).

    Raises DatasetError when it is none, or one class is missing.
    """
    if not path.strip():
        raise DatasetError("name a data set first, or make the demo data set")
    dataset = load_dataset(Path(path.strip()).expanduser())
    steps = prepare(dataset.samples, lambda: build_detector(config.detector), prepare_options(config))
    while True:
        try:
            at = next(steps)
        except StopIteration as end:
            return _summed_up(dataset, end.value, config)
        tell(at.done, at.total)


def _summed_up(dataset: Dataset, prepared: Prepared, config: TrainConfig) -> Checkup:
    problems = [f"{p.where}: {p.reason}" for p in (*dataset.problems, *prepared.problems)]
    found = [e.sample for e in prepared.examples]
    try:
        split = split_samples(found, config.seed, hashes=prepared.hashes)
    except DatasetError as error:
        return Checkup(dataset.samples, prepared, tuple(problems), (), str(error), False)
    twins = tuple(duplicates_across(split.samples, prepared.hashes))
    return Checkup(split.samples, prepared, tuple(problems), twins, split.how, True)


def sheet(prepared: Prepared) -> list[tuple[Image, str]]:
    """Sample crops with captions, both classes and all species in turn."""
    kinds: dict[str, list[Example]] = {}
    for example in prepared.examples:
        kinds.setdefault(_kind(example.sample), []).append(example)
    picked: list[Example] = []
    for turn in range(_SHEET):
        # Spread over each kind, so that one video or one person does not fill the sheet.
        picked += [of[turn * max(1, len(of) // _SHEET)] for of in kinds.values() if turn < len(of)]
    return [(crop(e.image(), e.box, _CROP), _kind(e.sample)) for e in picked[:_SHEET]]


def report(result: Checkup) -> str:
    """HTML: counts per split, class and species; then everything that deserves a look."""
    parts = [_counts(result.samples)]
    kind = "" if result.trainable else "warn"
    word = "Split" if result.trainable else "It cannot be trained on"
    parts.append(cards.note(f"{word}: {result.split}.", kind))
    no_face = [str(s.path.name) for s in result.prepared.no_face]
    twins = [f"{a.path.name} ({a.split}) and {b.path.name} ({b.split})" for a, b in result.duplicates]
    for title, lines in (
        ("No face found, left out", no_face),
        ("Cannot be read, left out", result.problems),
        ("Near-duplicates in different splits: the rates on dev will look too good", twins),
    ):
        if lines:
            more = [f"and {len(lines) - _LINES} more"] if len(lines) > _LINES else []
            parts.append(cards.listed(f"{title} ({len(lines)})", [*lines[:_LINES], *more], "warn"))
    return f'<div class="lw-results">{"".join(parts)}</div>'


def _counts(samples: Sequence[Sample]) -> str:
    counts = Counter((_kind(s), s.split or "all") for s in samples)
    splits = sorted({split for _, split in counts}, key=["train", "dev", "test", "all"].index)
    head = "".join(f"<th scope=col>{escape(name)}</th>" for name in ("", *splits))
    rows = ""
    for kind in sorted({kind for kind, _ in counts}):
        cells = "".join(f"<td>{counts[kind, split]}</td>" for split in splits)
        rows += f"<tr><th scope=row>{escape(kind)}</th>{cells}</tr>"
    people = len({s.subject for s in samples if s.subject})
    sources = len({s.source for s in samples if s.source})
    known = f"{len(samples)} faces; {people} known subjects, {sources} known sources."
    table = f'<div class="lw-scroll"><table class="lw-table">{head}{rows}</table></div>'
    return f'<p class="lw-soft">{known}</p>{table}'


def _kind(sample: Sample) -> str:
    if sample.label is Label.BONA_FIDE:
        return "Live"
    return f"Spoof: {sample.pai_species or 'species unknown'}"
