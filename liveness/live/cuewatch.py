"""The cues of a stream as it goes: a window of the last seconds, measured anew twice a second."""

from __future__ import annotations

from collections import deque
from statistics import median

from liveness.cues import CUES, View, see
from liveness.errors import InputError
from liveness.live.cueclip import CueWindow
from liveness.types import Face, Image

_STEP = 0.1  # seconds between two views: as many as in clips
_EVERY = 0.5


class CueWatch:
    """For one presentation's frames in order of time. Keeps small grey views of a window, no picture.

    seconds: length of the window. A window is measured once it is half full.
    """

    def __init__(self, seconds: float = 2.0) -> None:
        self.seconds = seconds
        self.forget()

    def forget(self) -> None:
        """Begin anew: another face, or the camera was away."""
        self._views: deque[tuple[View, float | None]] = deque()
        self._window: CueWindow | None = None
        self._due = 0.0

    def push(self, image: Image, face: Face, seconds: float, score: float | None) -> CueWindow | None:
        """The last window that was measured, None before the first. image: uint8 RGB (height, width, 3)."""
        if self._views and seconds - self._views[-1][0].seconds < _STEP * 0.9:
            return self._window
        try:
            self._views.append((see(image, face, seconds), score))
        except InputError:  # a box outside the picture shows nothing
            return self._window
        while self._views and self._views[0][0].seconds < seconds - self.seconds:
            self._views.popleft()
        start = self._views[0][0].seconds
        if seconds - start >= self.seconds / 2 and seconds >= self._due:
            self._due = seconds + _EVERY
            views = [view for view, _ in self._views]
            scores = [value for _, value in self._views if value is not None]
            values = {name: cue(views) for name, cue in CUES.items()}
            self._window = CueWindow(start, seconds, len(views), values, median(scores) if scores else None)
        return self._window
