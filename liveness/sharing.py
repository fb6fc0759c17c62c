"""Large tables say the same again and again: equal texts are kept once, rows are kept packed."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TypeVar, overload

T = TypeVar("T")

# Bounded, so that texts which never come again (paths) cost nothing in the end; those that do stay.
_REMEMBERED = 1 << 15
_CHUNK = 256  # rows packed together: enough to share their words, few enough to unpack one of them

number = lru_cache(_REMEMBERED)(float)


@lru_cache(_REMEMBERED)
def once(text: str) -> str:
    """The same text, and the same object whenever it was asked for lately."""
    return text


class Packed(Sequence[T]):
    """Rows that only grow in number, packed in memory: some ten bytes each instead of some hundred.

    A row is read as a new, equal object. Reading in order unpacks every chunk once.
    """

    def __init__(self, rows: Iterable[T] = ()) -> None:
        self._chunks: list[bytes] = []
        self._last: list[T] = []
        self._open: tuple[int, list[T]] = (-1, [])
        for row in rows:
            self.append(row)

    def append(self, row: T) -> None:
        self._last.append(row)
        if len(self._last) == _CHUNK:
            self._chunks.append(zlib.compress(pickle.dumps(self._last, pickle.HIGHEST_PROTOCOL), 1))
            self._last = []

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(mine == its for mine, its in zip(self, other))

    def __len__(self) -> int:
        return _CHUNK * len(self._chunks) + len(self._last)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        number, place = divmod(range(len(self))[index], _CHUNK)
        return self._rows(number)[place]

    def __iter__(self) -> Iterator[T]:
        for number in range(len(self._chunks)):
            yield from self._rows(number)
        yield from self._last

    def _rows(self, number: int) -> list[T]:
        """A chunk unpacked; the one that was asked for last stays so."""
        if number == len(self._chunks):
            return self._last
        held, rows = self._open  # one tuple: several threads may read
        if held != number:
            rows = pickle.loads(zlib.decompress(self._chunks[number]))  # noqa: S301 - written above
            self._open = number, rows
        return rows
