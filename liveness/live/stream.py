"""What a camera's frames say of the camera: black, frozen, torn apart in time. Pure and deterministic."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liveness.types import Image

_KEPT = 30


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """black: no pixel of a black frame is brighter (0..255); frozen: seconds of frames that are equal to the
    last bit, which a sensor's noise never lets happen; gap, longest_gap: seconds between two frames that tear
    a stream apart, the second where frames come slowly; uneven: longest step of late, in median steps."""

    black: int = 16
    frozen: float = 1.0
    gap: float = 2.0
    longest_gap: float = 6.0
    uneven: float = 3.0


@dataclass(frozen=True, slots=True)
class StreamState:
    """rate: frames per second of late, 0 while unknown; uneven: the rate varies; resized: the frames changed
    size; gap: seconds since the frame before, when too long, else 0."""

    rate: float = 0.0
    black: bool = False
    frozen: bool = False
    uneven: bool = False
    resized: bool = False
    gap: float = 0.0

    @property
    def problem(self) -> str:
        """What is wrong, in words that can be shown; empty when frames can be judged."""
        if self.black:
            return "the camera shows black: is it covered or switched off?"
        if self.frozen:
            return "the camera's picture is frozen: start it again"
        return ""


class StreamWatch:
    """Call it with each frame in order of time; keeps a grid of pixels of the last frame, no picture."""

    def __init__(self, limits: StreamLimits = StreamLimits()) -> None:
        self.limits = limits
        self._times: deque[float] = deque(maxlen=_KEPT)
        self._last: NDArray[np.uint8] | None = None
        self._size: tuple[int, int] | None = None
        self._changed = 0.0

    def __call__(self, image: Image, seconds: float) -> StreamState:
        """image: uint8 RGB (height, width, 3); seconds: of the stream. Time run backwards starts afresh."""
        if self._times and seconds < self._times[-1]:
            self._times.clear()
            self._last = self._size = None
        gap = seconds - self._times[-1] if self._times else 0.0
        torn = gap > self._patience()
        if torn:
            self._times.clear()
        self._times.append(seconds)
        grid = image[3::8, 3::8].copy()
        if self._last is None or torn or not np.array_equal(grid, self._last):
            self._changed = seconds
        resized = self._size is not None and self._size != image.shape[:2]
        self._last, self._size = grid, (image.shape[0], image.shape[1])
        return StreamState(
            rate=self.rate,
            black=int(grid.max(initial=0)) <= self.limits.black,
            frozen=seconds - self._changed >= self.limits.frozen,
            uneven=self._uneven(),
            resized=resized,
            gap=gap if torn else 0.0,
        )

    @property
    def rate(self) -> float:
        """Frames per second of late, 0 while unknown."""
        span = self._times[-1] - self._times[0] if self._times else 0.0
        return (len(self._times) - 1) / span if span > 0 else 0.0

    def _patience(self) -> float:
        """Seconds without a frame that this stream's own pace allows."""
        usual = 3 / self.rate if self.rate else 0.0
        return min(max(self.limits.gap, usual), self.limits.longest_gap)

    def _uneven(self) -> bool:
        steps = np.diff(np.array(self._times))
        return len(steps) >= 5 and float(steps.max()) > self.limits.uneven * float(np.median(steps))
