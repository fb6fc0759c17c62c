"""What systems made of each presentation, and every rate that follows. Nothing here runs a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from liveness.errors import InputError
from liveness.measure.bootstrap import GROUP_COLUMNS, Spread, at_threshold, ranking_spread
from liveness.measure.joinframes import Join, join_frames
from liveness.metrics import Bools, Floats, PadReport, Texts, evaluate_scores
from liveness.sharing import Packed
from liveness.types import Box, Label, Landmarks

# Columns that every evaluation has; those of the manifest beyond them are kept as they are.
COLUMNS = ("path", "label", "pai_species", "subject", "source", "split", "kind", "presentation", "seconds")
BOX_COLUMNS = ("left", "top", "right", "bottom")
MARKS = "landmarks"  # of the face that was judged: ten numbers, x and y of eyes, nose and mouth; may be empty
_PLACES = ("path", "seconds", *BOX_COLUMNS, MARKS)  # where a row comes from; nothing is divided by them
_TABLES = ("kind", "source", "subject")  # also every extra column; species have rates of their own
MOST_GROUPS = 500
_NOT_GROUPS = frozenset(COLUMNS) - set(_TABLES)


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """One row a picture or frame: text by column name; float64 scores (n, systems), NaN without a face."""

    systems: tuple[str, ...]
    columns: Mapping[str, Sequence[str]]
    scores: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Presentations with the scores of one or several systems.

    columns: text (n,) by name, what presentations can be divided by; places: path, seconds, box and
    landmarks by name; both of a presentation's first picture. scores: float64 (n, systems), NaN where no face
    was found; thresholds: one a system; pictures: pictures and frames that were judged; join: how those of
    one presentation became one score.
    """

    systems: tuple[str, ...]
    thresholds: tuple[float, ...]
    columns: Mapping[str, Texts]
    places: Mapping[str, Sequence[str]]
    scores: Floats
    pictures: int
    join: Join = "mean"

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def live(self) -> Bools:
        return np.asarray(self.columns["label"] == Label.BONA_FIDE.value)

    @property
    def species(self) -> Texts:
        return self.columns["pai_species"]

    def index(self, system: str | int) -> int:
        """Where a system stands. Raises InputError when it is not here."""
        if isinstance(system, int):
            return system
        if system not in self.systems:
            raise InputError(f"{system!r} was not evaluated, only {', '.join(self.systems)}")
        return self.systems.index(system)

    def report(
        self, system: str | int = 0, threshold: float | None = None, rows: Bools | None = None
    ) -> PadReport:
        """The rates of a system, at its own threshold if no other is given; of some rows, or of all."""
        at = self.index(system)
        chosen = slice(None) if rows is None else rows
        return evaluate_scores(
            self.scores[chosen, at],
            self.live[chosen],
            self.species[chosen],
            threshold=self.thresholds[at] if threshold is None else threshold,
        )

    def by(self, column: str, system: str | int = 0, threshold: float | None = None) -> dict[str, PadReport]:
        """A report for each value of a column, sorted; rows without a value stand under "".

        Raises InputError when there is no such column.
        """
        if column not in self.columns:
            raise InputError(f"the data set has no column {column!r}, it has {', '.join(self.columns)}")
        values = self.columns[column]
        return {str(value): self.report(system, threshold, values == value) for value in sorted(set(values))}

    def groupings(self) -> list[str]:
        """Columns that divide the presentations: with two values at least, and not too many to read."""
        names = [*_TABLES, *(name for name in self.columns if name not in {*_NOT_GROUPS, *_TABLES})]
        return [n for n in names if 1 < len(set(self.columns[n])) <= MOST_GROUPS]

    def traits(self) -> list[str]:
        """Columns of the manifest beyond the format, where people may differ: skin tone, sex, device ..."""
        return [name for name in self.groupings() if name not in _TABLES]

    def spreads(self, system: str | int = 0, threshold: float | None = None) -> list[Spread]:
        """Intervals when subjects, or sources, are drawn anew: one for each of the two that is known."""
        at = self.index(system)
        level = self.thresholds[at] if threshold is None else threshold
        return [
            at_threshold(ranked, self.scores[:, at], self.live, self.columns[name], level)
            for name in GROUP_COLUMNS
            if (ranked := _ranked(self, at, name)) is not None
        ]

    def mistakes(self, system: str | int = 0, threshold: float | None = None, most: int = 24) -> list[int]:
        """Rows on the wrong side of the threshold, the furthest from it first."""
        at = self.index(system)
        level = self.thresholds[at] if threshold is None else threshold
        scores = self.scores[:, at]
        wrong = np.flatnonzero(np.where(self.live, scores < level, scores >= level))
        return [int(i) for i in wrong[np.argsort(-np.abs(scores[wrong] - level), kind="stable")][:most]]

    def box(self, row: int) -> Box | None:
        """The face that was judged, in pixels of its picture."""
        values = [self.places[name][row] for name in BOX_COLUMNS]
        return Box(*map(float, values)) if all(values) else None

    def landmarks(self, row: int) -> Landmarks | None:
        """The points of the face that was judged, where the data set or the detector gave them."""
        text = self.places[MARKS][row] if MARKS in self.places else ""
        numbers = [float(value) for value in text.split()]
        return Landmarks(*zip(numbers[::2], numbers[1::2])) if numbers else None


@lru_cache(maxsize=16)
def _ranked(scored: Scored, index: int, column: str) -> Spread | None:
    """What no threshold changes is drawn once, however often the threshold moves."""
    return ranking_spread(scored.scores[:, index], scored.live, scored.columns[column], column)


def presentations(pictures: Pictures, thresholds: Sequence[float], join: Join) -> Scored:
    """Frames joined into presentations."""
    columns, values = pictures.columns, pictures.scores
    joined = [join_frames(column, columns["presentation"], join) for column in values.T]
    first = joined[0][1]
    all_rows = len(first) == len(values)
    places = {name: columns[name] for name in _PLACES if name in columns}
    if not all_rows:
        places = {name: Packed(column[row] for row in first) for name, column in places.items()}
    dividing = {name: _shared(column) for name, column in columns.items() if name not in _PLACES}
    kept = dividing if all_rows else {name: text[first] for name, text in dividing.items()}
    stacked = np.stack([column for column, _ in joined], axis=1)
    return Scored(pictures.systems, tuple(thresholds), kept, places, stacked, len(values), join)


def _shared(column: Sequence[str]) -> Texts:
    """As an array in which equal texts are one; a column that says the same everywhere takes no room."""
    words: dict[str, str] = {}
    texts = np.array([words.setdefault(text, text) for text in column], dtype=object)
    return np.broadcast_to(texts[:1].copy(), texts.shape) if len(words) == 1 else texts
