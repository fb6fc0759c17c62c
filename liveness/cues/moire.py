"""Does the face carry a screen's grid? Sampled again by a camera it beats, and peaks stand in the spectrum.

After Garcia and Queiroz, "Face-spoofing 2D-detection based on Moire-pattern analysis", IEEE TIFS 2015: the
highest peak of the middle and high frequencies above their level, on the face in the frame's own pixels.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from liveness.cues.base import DETAIL, Grey, View

_LOWEST, _HIGHEST = 0.12, 0.5  # cycles per pixel
_RINGS = 12


def moire(views: Sequence[View]) -> float | None:
    """Decibels of the highest peak above the median of its ring of frequencies; the median of the views."""
    return float(np.median([peak(view.detail) for view in views])) if views else None


def peak(detail: Grey) -> float:
    """Of one picture, grey uint8 (128, 128)."""
    window = np.hanning(DETAIL)
    values = (detail.astype(np.float64) - detail.mean()) * np.outer(window, window)
    power = 20 * np.log10(np.abs(np.fft.fft2(values)) + 1e-3)
    across = np.fft.fftfreq(DETAIL)
    far = np.hypot(across[:, None], across[None, :])
    # Blocks of video compression leave peaks of their own on the axes.
    free = (np.abs(across)[:, None] > 0.02) & (np.abs(across)[None, :] > 0.02)
    edges = np.linspace(_LOWEST, _HIGHEST, _RINGS + 1)
    rings = [power[free & (far >= a) & (far < b)] for a, b in itertools.pairwise(edges)]
    return float(max(ring.max() - np.median(ring) for ring in rings))
