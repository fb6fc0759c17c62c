"""Who is it? ORB features of the aligned face, held against a gallery.

ORB: Rublee et al., "ORB: an efficient alternative to SIFT or SURF", ICCV 2011. It describes texture around
single points and was not made to tell people apart: docs/matching.md says what it does and where it fails.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.errors import GalleryError, InputError
from liveness.intervals import Rate
from liveness.matching.align import align
from liveness.matching.gallery import Gallery
from liveness.matching.index import Index, MatchConfig
from liveness.matching.template import Template
from liveness.types import Face, Image, Match

THRESHOLD = 0.1
# Counted at this threshold by tools/measure_matcher.py on people that no setting was chosen on:
REFUSED = Rate(229, 486)  # pairs of pictures of one person that were not accepted
ACCEPTED = Rate(4, 1088)  # pairs of pictures of two people that were
NAMED = Rate(15, 170)  # pictures of strangers that a gallery of 17 people gave a name
FEWEST_POINTS = 40  # a face with fewer is not described: blurred, dark or hidden

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OrbConfig:
    """How a face is described.

    size: side of the aligned square in pixels; clip: limit of CLAHE, on 4 x 4 tiles; points: at most so
    many; fast: difference of grey levels that makes a corner; levels: of the pyramid, each 1.2 x smaller
    than the last; patch: side of what a descriptor sees, in pixels of its level.
    """

    size: int = 160
    clip: float = 2.0
    points: int = 300
    fast: int = 5
    levels: int = 4
    patch: int = 31

    @property
    def method(self) -> str:
        """The settings in one line, kept with each template."""
        return f"orb1 {self.size} {self.clip:g} {self.points} {self.fast} {self.levels} {self.patch}"


ORB = OrbConfig()


def describe(image: Image, face: Face, config: OrbConfig = ORB) -> Template | None:
    """The ORB features of a face; None when it shows fewer than 40, or lies outside the picture.

    image: uint8 RGB (height, width, 3). Points are looked for in an ellipse that leaves out hair and
    background. All have the angle 0: the face is upright already, and a turned eyebrow is another one.
    """
    try:
        square = align(image, face, config.size)
    except InputError:
        return None
    return describe_aligned(square, config)


def describe_aligned(square: NDArray[np.uint8], config: OrbConfig = ORB) -> Template | None:
    """As ``describe``, of a face that ``align`` has brought to the square: grey uint8 (size, size)."""
    square = np.asarray(cv2.createCLAHE(config.clip, (4, 4)).apply(square), dtype=np.uint8)
    orb = cv2.ORB.create(
        nfeatures=config.points,
        nlevels=config.levels,
        edgeThreshold=config.patch // 2 + 1,
        patchSize=config.patch,
        fastThreshold=config.fast,
    )
    found = orb.detect(square, _ellipse(config.size))
    upright = [cv2.KeyPoint(k.pt[0], k.pt[1], k.size, 0.0, k.response, k.octave) for k in found]
    kept, descriptors = orb.compute(square, upright)
    if descriptors is None or len(kept) < FEWEST_POINTS:
        return None
    points = np.array([k.pt for k in kept], dtype=np.float32)
    return Template(points, np.asarray(descriptors, dtype=np.uint8), config.method)


def make_template(image: Image, face: Face, config: OrbConfig = ORB) -> Template:
    """What is stored of a face when it is enrolled; as ``describe``, but GalleryError in place of None."""
    template = describe(image, face, config)
    if template is None:
        raise GalleryError(
            f"the face shows fewer than {FEWEST_POINTS} ORB features: take a sharper, brighter picture"
        )
    return template


class OrbMatcher:
    """Names a face by the enrolled template that it is most like; implements ``Matcher``.

    score: the inliers of the best template divided by the number of features of the poorer of the two
    faces, 0..1. An inlier is a pair of features that lie near each other in the aligned squares, are each
    other's nearest descriptor, pass the ratio test, and agree with the others on one similarity transform
    close to identity (RANSAC). score >= threshold is known. Of several templates of a person the best counts.

    The gallery is read again whenever it has changed. May be called from many threads.
    """

    def __init__(
        self,
        gallery: Gallery,
        threshold: float = THRESHOLD,
        config: OrbConfig = ORB,
        matching: MatchConfig = MatchConfig(),
    ) -> None:
        if not 0 <= threshold <= 1:
            raise InputError(f"a match threshold must lie in 0..1, got {threshold}")
        self.gallery = gallery
        self.threshold = threshold
        self.config = config
        self.matching = matching
        self._lock = threading.Lock()
        self._etag = ""
        self._index: Index | None = None

    def __call__(self, image: Image, face: Face) -> Match | None:
        """The best candidate, known or not; None when nobody is enrolled or the face shows too few features.

        Raises GalleryError when the gallery cannot be read.
        """
        index = self._current()
        probe = describe(image, face, self.config) if len(index) else None
        found = index.best(probe) if probe is not None else None
        return Match(found.name, found.score, self.threshold) if found is not None else None

    def _current(self) -> Index:
        """The gallery as it is now."""
        etag = self.gallery.etag()
        with self._lock:
            if self._index is None or etag != self._etag:
                self._index = self._load()
                self._etag = etag
            return self._index

    def _load(self) -> Index:
        usable = {}
        for name, templates in self.gallery.templates().items():
            usable[name] = [t for t in templates if t.method == self.config.method]
            if len(usable[name]) < len(templates):
                log.warning("%s was enrolled by another version of the matcher: enrol again", name)
        return Index(usable, self.config.size, self.matching)


def measured() -> str:
    """What the matcher is worth, in words for people: the figures of docs/matching.md."""
    low, high = ACCEPTED.interval
    return (
        "ORB matching is a demonstration, not face recognition. On pairs of pictures, each person's from one "
        f"camera, it refused {REFUSED.errors} of {REFUSED.total} pairs of the same person "
        f"({REFUSED.value:.0%}) and accepted {ACCEPTED.errors} of {ACCEPTED.total} pairs of different people "
        f"({ACCEPTED.value:.1%}, 95 % interval {low:.1%} to {high:.1%}). Of {NAMED.total} pictures of "
        f"strangers, a gallery of 17 people gave {NAMED.errors} a name. "
        "With days between the pictures, or another camera, it does worse."
    )


def _ellipse(size: int) -> NDArray[np.uint8]:
    """255 where a face's features lie in the aligned square, 0 elsewhere."""
    mask = np.zeros((size, size), dtype=np.uint8)
    middle, axes = (size // 2, size // 2), (round(size * 0.4), round(size * 0.48))
    cv2.ellipse(mask, middle, axes, 0, 0, 360, 255, -1)
    return mask
