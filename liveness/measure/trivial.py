"""What can be told without looking at the face: the row that every benchmark must beat.

Simple cues of a picture (how bright, how sharp, how large ...) often separate the classes of one source
perfectly, with another direction in the next. A model that is no better than they are on sources left
out has learned nothing of use.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import GroupKFold

from liveness.errors import InputError
from liveness.metrics import auc
from liveness.types import Box, Image, Sample

CUES = ("brightness", "contrast", "saturation", "sharpness", "bytes_px", "width", "height", "face_share")
Floats = NDArray[np.float64]


def measure_cues(sample: Sample, image: Image, box: Box) -> tuple[float, ...]:
    """The numbers of CUES for one picture, uint8 RGB (height, width, 3).

    Mean and spread of the grey level, mean saturation, variance of the Laplacian, bytes of the file for each
    pixel, size in pixels, and the width of the face as a share of the picture's.
    """
    height, width = image.shape[:2]
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    saturation = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)[..., 1]
    return (
        float(grey.mean()),
        float(grey.std()),
        float(saturation.mean()),
        float(cv2.Laplacian(grey, cv2.CV_32F).var()),
        sample.path.stat().st_size / (width * height),
        float(width),
        float(height),
        box.width / width,
    )


def best_cue(cues: Floats, bona_fide: NDArray[np.bool_]) -> tuple[int, float]:
    """The cue (a column of (n, cues)) that separates the classes best, and its AUC in its better direction.

    Raises InputError when a class is missing.
    """
    rates = [auc(column, bona_fide) for column in cues.T]
    best = int(np.argmax(np.abs(np.array(rates) - 0.5)))
    return best, max(rates[best], 1 - rates[best])


def left_out_scores(
    cues: Floats, bona_fide: NDArray[np.bool_], groups: NDArray[np.str_], folds: int = 4, seed: int = 0
) -> dict[str, Floats]:
    """Scores in 0..1 from cues alone, each group (source) judged by what the other groups taught.

    ``best cue``: the cue and direction that separate the other groups best, as its rank among them;
    ``cues, boosted``: a small gradient boosting on all cues.
    Raises InputError with fewer than two groups, or when the groups of a fold leave out a class.
    """
    count = min(folds, len(set(groups)))
    if count < 2:
        raise InputError(f"leaving sources out needs at least two of them, got {count}")
    single, boosted = np.full(len(cues), np.nan), np.full(len(cues), np.nan)
    for learn, judge in GroupKFold(count).split(cues, groups=groups):
        known = bona_fide[learn]
        column, _ = best_cue(cues[learn], known)
        falling = auc(cues[learn, column], known) < 0.5
        ranks = np.searchsorted(np.sort(cues[learn, column]), cues[judge, column]) / len(learn)
        single[judge] = 1 - ranks if falling else ranks
        weights = np.where(known, 0.5 / known.mean(), 0.5 / (1 - known.mean()))
        model = GradientBoostingClassifier(n_estimators=60, max_depth=3, subsample=0.5, random_state=seed)
        boosted[judge] = model.fit(cues[learn], known, weights).predict_proba(cues[judge])[:, 1]
    return {"best cue": single, "cues, boosted": boosted}


def single_cue_aucs(
    cues: Floats, bona_fide: NDArray[np.bool_], groups: NDArray[np.str_], folds: int = 4
) -> Floats:
    """The AUC of each cue by itself, (cues,): its direction is taken from the other groups.

    Below 0.5 where the direction changes from group to group. Raises InputError as ``left_out_scores``.
    """
    count = min(folds, len(set(groups)))
    if count < 2:
        raise InputError(f"leaving groups out needs at least two of them, got {count}")
    ranks = np.full(cues.shape, np.nan)
    for learn, judge in GroupKFold(count).split(cues, groups=groups):
        for column in range(cues.shape[1]):
            falling = auc(cues[learn, column], bona_fide[learn]) < 0.5
            order = np.sort(cues[learn, column])
            left, right = (np.searchsorted(order, cues[judge, column], side) for side in ("left", "right"))
            rank = (left + right) / (2 * len(learn))
            ranks[judge, column] = 1 - rank if falling else rank
    return np.array([auc(column, bona_fide) for column in ranks.T])
