"""Which pictures a model has learned from: a few kilobytes in its file, and no picture can be had from them.

Of all files' SHA-256 the smallest are kept. Whether another file was among those that were learned can be
told wherever its own is as small, which is a fair sample of any data set.
"""

from __future__ import annotations

from collections.abc import Iterable

_KEPT, _DIGITS = 2048, 12


def traces(digests: Iterable[str], *before: str) -> str:
    """What a model file keeps of the SHA-256 (hex) of all files that it learned from.

    before: traces of models that it started from; theirs are kept too. The same files give the same text.
    """
    known = {digest[:_DIGITS] for digest in digests if digest}
    known.update(trace for text in before for trace in _split(text))
    return "".join(sorted(known)[:_KEPT])


class Overlap:
    """Counts files that a model has learned from, among those that can be told. traces: of the model."""

    def __init__(self, traces: str) -> None:
        self.told = self.learned = 0
        self._known = frozenset(_split(traces))
        full = len(self._known) >= _KEPT
        self._highest = max(self._known) if full else "g"  # beyond every hex digit: all can be told

    def look(self, digest: str) -> None:
        """digest: SHA-256 of a file, in hex."""
        trace = digest[:_DIGITS]
        if self._known and trace <= self._highest:
            self.told += 1
            self.learned += trace in self._known

    @property
    def share(self) -> float | None:
        """0..1 of the files were learned from; None where the model does not say what it learned from, or
        none of the files can be told."""
        return self.learned / self.told if self.told else None


def _split(text: str) -> list[str]:
    return [text[i : i + _DIGITS] for i in range(0, len(text), _DIGITS)]
