"""What several commands share."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from types import FrameType

R = TypeVar("R")


class Counted(Protocol):
    """Progress that knows its end."""

    @property
    def done(self) -> int: ...

    @property
    def total(self) -> int: ...


def finish(work: Generator[Counted, None, R], verb: str) -> R:
    """Run a generator to its result, with a bar and the time left on stderr when that is a terminal."""
    from tqdm import tqdm

    with tqdm(desc=verb, disable=None) as bar:
        while True:
            try:
                progress = next(work)
            except StopIteration as end:
                result: R = end.value
                return result
            bar.total = progress.total
            bar.update(progress.done - bar.n)


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Ctrl-C or a polite kill fills the list, and the loop ends at its next step. A second one interrupts."""
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = [(number, signal.signal(number, ask)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield asked
    finally:
        for number, handler in before:
            signal.signal(number, handler)
