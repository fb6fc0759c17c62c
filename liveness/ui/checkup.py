"""A look at a data set before training, as HTML: counts, and everything that deserves a second look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from liveness.config import TrainConfig
from liveness.data.samples import Dataset, load_dataset
from liveness.errors import DatasetError
from liveness.training.parts import Review, review
from liveness.ui import cards
from liveness.weights import cache_parts

_LINES = 12


def check(path: str, config: TrainConfig, tell: Callable[[int, int], None]) -> tuple[Dataset, Review]:
    """Read a data set and find its faces, as training would; its cache is filled on the way.

    tell: called with the files done and the files in all. Raises DatasetError when it cannot be trained on.
    """
    if not path.strip():
        raise DatasetError("name a data set first, or make the demo data set")
    dataset = load_dataset(Path(path.strip()).expanduser())
    steps = review(dataset.samples, config)
    while True:
        try:
            at = next(steps)
        except StopIteration as end:
            found: Review = end.value
            return dataset, found
        tell(at.done, at.total)


def report(dataset: Dataset, found: Review) -> str:
    """Counts by class, species and split; then what was left out, and near-duplicates across splits."""
    problems = [f"{_short(p.where)}: {p.reason}" for p in (*dataset.problems, *found.prepared.problems)]
    no_face = [_short(str(sample.path)) for sample in found.prepared.no_face]
    twins = [f"{a.path.name} ({a.split}) and {b.path.name} ({b.split})" for a, b in found.duplicates]
    parts = [_counts(found), cards.note(f"It can be trained on: {found.how}.")]
    for title, lines in (
        ("No face found, left out", no_face),
        ("Cannot be used, left out", problems),
        ("Near-duplicates in different splits, so the rates on dev will look too good", twins),
    ):
        if lines:
            parts.append(cards.listed(f"{title} ({len(lines)})", _first(lines), "warn"))
    parts.append(_kept())
    return f'<div class="lw-results">{"".join(parts)}</div>'


def _kept() -> str:
    """How much room the faces found so far take, and how to have it back."""
    size = cache_parts().get("regions", 0)
    text = f"Faces cut out for training, of all data sets so far: {size / 1e6:.0f} MB in the cache folder "
    return f'<p class="lw-fine">{text}(<code>liveness cache --clear regions</code> deletes them).</p>'


def _counts(found: Review) -> str:
    """A table: a row a kind, a column a split."""
    counts: dict[tuple[str, str], int] = {}
    for split, word, species, count in found.table():
        kind = word if word == "Live" else f"{word}: {species or 'species unknown'}"
        counts[kind, split] = counts.get((kind, split), 0) + count
    splits = sorted({split for _, split in counts}, key=("train", "dev", "test").index)
    head = "".join(f"<th scope=col>{escape(name)}</th>" for name in ("", *splits))
    rows = ""
    for kind in sorted({kind for kind, _ in counts}):
        cells = "".join(f"<td>{counts.get((kind, split), 0)}</td>" for split in splits)
        rows += f"<tr><th scope=row>{escape(kind)}</th>{cells}</tr>"
    return f'<div class="lw-scroll"><table class="lw-table"><tr>{head}</tr>{rows}</table></div>'


def _first(lines: Sequence[str]) -> list[str]:
    more = [f"and {len(lines) - _LINES} more"] if len(lines) > _LINES else []
    return [*lines[:_LINES], *more]


def _short(where: str) -> str:
    """The end of a path: enough to find the file."""
    return "/".join(Path(where).parts[-3:])
