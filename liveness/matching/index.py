"""Many templates side by side, so that a face is held against all of them in a few array operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.matching.template import Template

_Indices: TypeAlias = NDArray[np.int64]
_Words: TypeAlias = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class MatchConfig:
    """Which points correspond. Lengths are in units of the aligned square's side.

    radius: how far apart in the square two corresponding points may lie; ratio: the nearest descriptor
    must be nearer than this times the second nearest (Lowe, IJCV 2004), both within the radius; distance:
    bits of 256 that may differ at most; tolerance: how far from the common transform an inlier may lie
    (RANSAC); scale, degrees, shift: how far that transform may be from identity, as both faces are aligned.
    """

    radius: float = 0.1
    ratio: float = 0.85
    distance: int = 80
    tolerance: float = 0.04
    scale: float = 1.25
    degrees: float = 15.0
    shift: float = 0.12


@dataclass(frozen=True, slots=True)
class Likeness:
    """The best candidate: score = inliers / the number of points of the poorer of both templates, 0..1."""

    name: str
    score: float
    inliers: int


class Index:
    """Templates of faces aligned to ``size`` pixels. Immutable: threads may share it.

    Only points that lie near each other are ever compared (about 3 % of all pairs): the stored points are
    kept in cells as wide as the radius, and a point of the probe looks at its own cell and those around it.
    """

    def __init__(self, templates: Mapping[str, Sequence[Template]], size: int, config: MatchConfig) -> None:
        self.size = size
        self.config = config
        self._names = [name for name, several in templates.items() for _ in several]
        flat = [template for several in templates.values() for template in several]
        self._counts = np.array([len(t.points) for t in flat], dtype=np.int64)
        self._owner = np.repeat(np.arange(len(flat)), self._counts)
        self._points = np.concatenate([t.points for t in flat] or [np.empty((0, 2), np.float32)])
        words = np.concatenate([_words(t) for t in flat] or [np.empty((4, 0), np.uint64)], axis=1)
        self._cells = self._around(self._points, words)

    def __len__(self) -> int:
        return len(self._names)

    def best(self, probe: Template) -> Likeness | None:
        """The stored template most like the probe; None when none is stored.

        RANSAC runs only for templates that can still win: inliers cannot outnumber matches.
        """
        best: Likeness | None = None
        for candidate in sorted(self._candidates(probe), key=lambda c: (-c.bound, c.template)):
            if best is not None and candidate.bound <= best.score:
                break
            count = inliers(candidate.probe, candidate.stored, self.size, self.config)
            found = Likeness(self._names[candidate.template], count / candidate.points, count)
            best = found if best is None or found.score > best.score else best
        return best

    def _candidates(self, probe: Template) -> list[_Candidate]:
        """The matches of each template, by all tests but the geometric one."""
        rows, columns = self._matches(probe)
        cuts = np.searchsorted(self._owner[columns], np.arange(1, len(self)))
        pairs = zip(np.split(rows, cuts), np.split(columns, cuts), self._counts.tolist())
        n = len(probe.points)
        return [
            _Candidate(i, probe.points[r], self._points[c], min(n, m)) for i, (r, c, m) in enumerate(pairs)
        ]

    def _matches(self, probe: Template) -> tuple[_Indices, _Indices]:
        """Points of the probe and of the index that match, in the order of the templates."""
        rows, columns, differing = self._similar(probe)
        n, m, levels = len(probe.points), len(self._points), 257
        # The nearest probe point of each stored point, for the cross-check.
        back = np.full(m, levels * n)
        np.minimum.at(back, columns, differing * n + rows)
        # One number a pair, so that one sort brings the nearest and second nearest of each point together.
        coded = np.sort(((self._owner[columns] * n + rows) * levels + differing) * m + columns)
        group = coded // (levels * m)
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        rival = np.minimum(starts + 1, len(coded) - 1)
        columns, nearest = coded[starts] % m, coded[starts] // m % levels
        second = np.where((rival > starts) & (group[rival] == group[starts]), coded[rival] // m % levels, 512)
        rows = group[starts] % n
        good = (nearest <= self.config.distance) & (nearest < self.config.ratio * second)
        good &= back[columns] % n == rows
        return rows[good], columns[good]

    def _similar(self, probe: Template) -> tuple[_Indices, _Indices, _Indices]:
        """Pairs (probe point, stored point) within the radius, and the bits in which they differ.

        Pairs that differ so much that they can be neither a match nor the rival of one are left out.
        """
        reach = (self.config.radius * self.size) ** 2
        most = self.config.distance / self.config.ratio
        found = [(np.empty(0, np.int64),) * 3]
        words = _words(probe)
        for cell, mine in self._members(probe.points).items():
            near = self._cells.get(cell)
            if near is None:
                continue
            bits = sum(
                np.bitwise_count(a[mine, None] ^ b).astype(np.uint16) for a, b in zip(words, near.words)
            )
            row, column = np.nonzero(bits <= most)
            apart = probe.points[mine[row]] - self._points[near.indices[column]]
            inside = np.einsum("ij,ij->i", apart, apart) <= reach
            row, column = row[inside], column[inside]
            found.append((mine[row], near.indices[column], bits[row, column].astype(np.int64)))
        rows, columns, differing = (np.concatenate(parts) for parts in zip(*found))
        return rows, columns, differing

    def _members(self, points: NDArray[np.float32]) -> dict[tuple[int, int], _Indices]:
        """Cell -> indices of its points."""
        cells = np.floor(points / (self.config.radius * self.size)).astype(np.int64)
        members: dict[tuple[int, int], list[int]] = {}
        for i, (x, y) in enumerate(cells.tolist()):
            members.setdefault((x, y), []).append(i)
        return {cell: np.array(indices) for cell, indices in members.items()}

    def _around(self, points: NDArray[np.float32], words: _Words) -> dict[tuple[int, int], _Near]:
        """Cell -> the points in it and in the eight cells around it."""
        around: dict[tuple[int, int], list[_Indices]] = {}
        for (x, y), indices in self._members(points).items():
            for dx, dy in product((-1, 0, 1), repeat=2):
                around.setdefault((x + dx, y + dy), []).append(indices)
        joined = {cell: np.concatenate(several) for cell, several in around.items()}
        return {cell: _Near(indices, words[:, indices]) for cell, indices in joined.items()}


class _Near(NamedTuple):
    """Stored points in and around one cell: their indices (n,), their descriptors (4, n)."""

    indices: _Indices
    words: _Words


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """Matching points of the probe and of one template, float32 (n, 2) each; points: of the poorer one."""

    template: int
    probe: NDArray[np.float32]
    stored: NDArray[np.float32]
    points: int

    @property
    def bound(self) -> float:
        return len(self.probe) / self.points


def inliers(probe: NDArray[np.float32], stored: NDArray[np.float32], size: int, config: MatchConfig) -> int:
    """How many pairs agree on one similarity transform near identity; 0 when the best one is not near it.

    probe, stored: float32 (n, 2), pixels of squares of ``size``. Two pairs fix a transform, so fewer than
    four prove nothing and count as 0.
    """
    if len(probe) < 4:
        return 0
    matrix: Any  # None when the points lie in one place; OpenCV's own types do not say so
    matrix, mask = cv2.estimateAffinePartial2D(
        probe, stored, method=cv2.RANSAC, ransacReprojThreshold=config.tolerance * size
    )
    if matrix is None:
        return 0
    a = complex(matrix[0, 0], matrix[1, 0])
    middle = complex(size / 2, size / 2)
    moved = abs(a * middle + complex(matrix[0, 2], matrix[1, 2]) - middle)
    near = (
        1 / config.scale <= abs(a) <= config.scale
        and abs(np.degrees(np.angle(a))) <= config.degrees
        and moved <= config.shift * size
    )
    return int(np.count_nonzero(mask)) if near else 0


def _words(template: Template) -> _Words:
    """Descriptors as four words each: uint64 (4, n)."""
    return np.ascontiguousarray(np.ascontiguousarray(template.descriptors).view(np.uint64).T)
