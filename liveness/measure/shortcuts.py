"""Can a data set be solved without looking at the face? A probe on trivial cues, under grouped validation.

Network after network has learned that attacks are the darker, larger or more compressed pictures of the set
that it was trained on. The probe asks for that directly: a small classifier sees only what says nothing of
the face, and is tested on people (or, where nobody is named, sources) that it did not learn from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from liveness.data.folders import VIDEO_SUFFIXES
from liveness.errors import InputError
from liveness.intervals import bootstrap
from liveness.measure.trivial import CUES, best_cue, left_out_scores, single_cue_aucs
from liveness.measure.trivial import measure_cues as _trivial
from liveness.metrics import Bools, Floats, auc
from liveness.types import Box, Image, Sample

PROBE_CUES = (*CUES, "megapixels", "file_bytes", "jpeg_quality", "border_red", "border_green", "border_blue")
SOLVED, PARTLY = 0.8, 0.65
LEAST = 20  # of each class, for the probe to say anything
_LEAST_IN_SOURCE = 10
_WORDS = {
    "brightness": "brighter",
    "contrast": "richer in contrast",
    "saturation": "more colourful",
    "sharpness": "sharper",
    "bytes_px": "less compressed (bytes a pixel)",
    "width": "wider",
    "height": "taller",
    "face_share": "larger in the face's share of the width",
    "megapixels": "larger in pixels",
    "file_bytes": "larger as files",
    "jpeg_quality": "of higher JPEG quality",
    "border_red": "redder at the border",
    "border_green": "greener at the border",
    "border_blue": "bluer at the border",
}
# The mean of the luminance table in annex K of the JPEG standard (ITU-T T.81), which quality 50 stands for.
_STANDARD_TABLE_MEAN = 57.625
_LOSSLESS = 101.0


@dataclass(frozen=True, slots=True)
class SourceCue:
    """One source: the cue that separates its classes best when only this source is looked at, and its AUC."""

    source: str
    cue: str
    auc: float
    bona_fide_higher: bool
    bona_fide: int
    attacks: int


@dataclass(frozen=True, slots=True)
class Probe:
    """What trivial cues alone can tell.

    grouped_by: what was kept apart (subject, source, likeness); auc: of a small classifier on all cues, with
    a 95 % interval when groups are drawn anew; guilty: the single cue that tells most on groups left out,
    guilty_auc its AUC there; higher: whether bona fide pictures have more of it; by_source: see SourceCue.
    """

    grouped_by: str
    groups: int
    auc: float
    interval: tuple[float, float]
    guilty: str
    guilty_auc: float
    higher: bool
    by_source: tuple[SourceCue, ...] = ()

    @property
    def solved(self) -> bool:
        return max(self.auc, self.guilty_auc) >= SOLVED

    @property
    def verdict(self) -> str:
        """In a sentence."""
        best = max(self.auc, self.guilty_auc)
        if best >= SOLVED:
            start = "Your data set can be solved without looking at the face"
        elif best >= PARTLY:
            start = "Your data set can in part be solved without looking at the face"
        else:
            return (
                f"Trivial cues do not solve the data set across groups (AUC {best:.3f}; 0.5 is chance, "
                f"from {SOLVED:g} on they would)"
            )
        return (
            f"{start}: trivial cues alone reach AUC {best:.3f}. The guilty cue is {self.guilty} "
            f"(AUC {self.guilty_auc:.3f} alone): {'bona fide pictures' if self.higher else 'attacks'} are "
            f"{_WORDS[self.guilty]}"
        )


def probe_cues(sample: Sample, image: Image, box: Box | None) -> tuple[float, ...]:
    """The numbers of PROBE_CUES for one picture, uint8 RGB (height, width, 3).

    Beside ``trivial.measure_cues``: megapixels, bytes of the file, JPEG quality (of the luminance table, 1 to
    100; 101 for what is not JPEG), and the mean colour of the outermost twentieth, 0..255. Without a box the
    face's share counts as the whole picture.
    """
    height, width = image.shape[:2]
    edge = max(1, min(height, width) // 20)
    inner = image[edge:-edge]
    strips = (image[:edge], image[-edge:], inner[:, :edge], inner[:, -edge:])
    border = np.concatenate([strip.reshape(-1, 3) for strip in strips])
    red, green, blue = border.mean(axis=0)
    return (
        *_trivial(sample, image, box or Box(0, 0, width, height)),
        width * height / 1e6,
        float(sample.path.stat().st_size),
        jpeg_quality(sample.path),
        *(float(red), float(green), float(blue)),
    )


def jpeg_quality(path: Path) -> float:
    """The quality that a JPEG was probably saved with, from its luminance table; 101 for anything else."""
    if path.suffix.lower() in VIDEO_SUFFIXES:
        return _LOSSLESS
    with PIL.Image.open(path) as picture:
        tables = getattr(picture, "quantization", None)
    if not tables:
        return _LOSSLESS
    scale = float(np.mean(tables[0])) / _STANDARD_TABLE_MEAN * 100
    return min(100.0, (200 - scale) / 2 if scale <= 100 else 5000 / scale)


def probe(
    cues: Floats, live: Bools, groups: Sequence[int], grouped_by: str, sources: Sequence[str]
) -> Probe | None:
    """Judge the cues of pictures, float64 (n, PROBE_CUES), each group by what the other groups taught.

    sources: "" where unknown. None when there are too few pictures or groups to say anything.
    """
    names = np.array([str(group) for group in groups])
    if min(int(live.sum()), int((~live).sum())) < LEAST or len(set(names)) < 2:
        return None
    try:
        scores = left_out_scores(cues, live, names)["cues, boosted"]
        singles = single_cue_aucs(cues, live, names)
    except InputError:  # some groups left out leave a class without a picture to learn from
        return None
    guilty = int(np.argmax(singles))
    return Probe(
        grouped_by,
        len(set(names)),
        auc(scores, live),
        _interval(scores, live, names),
        PROBE_CUES[guilty],
        float(singles[guilty]),
        auc(cues[:, guilty], live) >= 0.5,
        tuple(_by_source(cues, live, np.asarray(sources, dtype=np.str_))),
    )


def _interval(scores: Floats, live: Bools, names: NDArray[np.str_]) -> tuple[float, float]:
    def of(rows: NDArray[np.intp]) -> float:
        return auc(scores[rows], live[rows]) if len(set(live[rows])) == 2 else float("nan")

    try:
        return bootstrap(of, names, 200)
    except InputError:
        return float("nan"), float("nan")


def _by_source(cues: Floats, live: Bools, sources: NDArray[np.str_]) -> list[SourceCue]:
    found = []
    for source in sorted(set(sources) - {""}):
        rows = sources == source
        counts = int(live[rows].sum()), int((~live[rows]).sum())
        if min(counts) >= _LEAST_IN_SOURCE:
            best, rate = best_cue(cues[rows], live[rows])
            higher = auc(cues[rows, best], live[rows]) >= 0.5
            found.append(SourceCue(source, PROBE_CUES[best], rate, higher, *counts))
    return found
