"""Timing: ours and a named reference in turn, on drawn frames of two sizes.

Absolute times hang on the machine and on what else it does; ratios hold. Ours and the reference take turns,
so that load hits both, and medians are compared.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

import cv2
import numpy as np

from liveness.types import Box, Face, Image

FRAMES = {"480p": (640, 480), "1080p": (1920, 1080)}
_PHOTO = Box(178.0, 63.0, 268.0, 176.0)  # the face in scikit-image's astronaut, 512 x 512


@dataclass(frozen=True, slots=True)
class Measure:
    """One median. ratio: how many times faster than the reference; None without one."""

    stage: str
    what: str
    frame: str
    value: float
    unit: Literal["ms", "frames/s", "images/s"]
    n: int
    reference: str = ""
    ratio: float | None = None


def drawn_frame(width: int, height: int) -> tuple[Image, Face]:
    """A drawn room with scikit-image's astronaut in the middle, as tall as the frame; and her face."""
    from skimage import data

    down = np.linspace(70, 190, height)[:, None, None]
    across = np.linspace(-25, 25, width)[None, :, None]
    room = np.broadcast_to(np.clip(down + across, 0, 255), (height, width, 3)).astype(np.uint8)
    astronaut = np.asarray(data.astronaut(), dtype=np.uint8)  # type: ignore[no-untyped-call]
    photo = cv2.resize(astronaut, (height, height), interpolation=cv2.INTER_AREA)
    image, left, scale = room.copy(), (width - height) // 2, height / 512
    image[:, left : left + height] = photo
    return image, Face(_PHOTO.mapped(scale, scale, left, 0), 1.0)


def medians(calls: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Milliseconds of each call, the median of ``repeats`` after one unmeasured; the calls take turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(repeats + 1):
        for name, call in calls.items():
            started = perf_counter()
            call()
            if number:
                times[name].append((perf_counter() - started) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def compared(
    stage: str,
    ours: Mapping[str, Callable[[], object]],
    size: str,
    repeats: int,
    reference: str = "",
    call: Callable[[], object] | None = None,
) -> Iterator[Measure]:
    """Ours in turn with the reference, which gets a line of its own."""
    found = medians({**ours, **({reference: call} if call else {})}, repeats)
    for name in ours:
        ratio = found[reference] / found[name] if call else None
        yield Measure(stage, name, size, found[name], "ms", repeats, reference if call else "", ratio)
    if call:
        yield Measure(stage, reference, size, found[reference], "ms", repeats)
