"""The values that flow through the package: frozen, slotted, plain numbers.

An image is uint8 RGB, shape (height, width, 3). BGR exists only inside the line that calls OpenCV.
Coordinates are pixels of the image that they belong to, x to the right, y downwards; edges, not
pixel centres: a box that covers a whole image is ``Box(0, 0, width, height)``.

Words follow ISO/IEC 30107-3: *bona fide* and *attack* presentations, *PAI species* for the kind of
attack instrument. Scores are bona fide scores: higher means more bona fide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]
Point: TypeAlias = tuple[float, float]


class Label(str, Enum):
    """What a presentation is: a living person, or an attack."""

    BONA_FIDE = "bona_fide"
    ATTACK = "attack"

    @property
    def word(self) -> str:
        """The word shown to people: Live or Spoof."""
        return "Live" if self is Label.BONA_FIDE else "Spoof"


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in pixels; may leave the image, must not be empty when used to crop."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    @property
    def centre(self) -> Point:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def longer_side(self) -> float:
        return max(self.width, self.height)

    def intersection(self, other: Box) -> float:
        """Area shared with the other box, in square pixels."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)

    def overlap(self, other: Box) -> float:
        """Intersection over union with the other box, 0..1."""
        shared = self.intersection(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def mapped(self, scale_x: float, scale_y: float, dx: float = 0.0, dy: float = 0.0) -> Box:
        """The box scaled about the origin, then moved."""
        return Box(
            self.left * scale_x + dx,
            self.top * scale_y + dy,
            self.right * scale_x + dx,
            self.bottom * scale_y + dy,
        )

    def as_tuple(self) -> tuple[float, float, float, float]:
        return self.left, self.top, self.right, self.bottom


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Five points of a face; left and right as seen in the picture."""

    left_eye: Point
    right_eye: Point
    nose: Point
    left_mouth: Point
    right_mouth: Point

    def points(self) -> tuple[Point, Point, Point, Point, Point]:
        return self.left_eye, self.right_eye, self.nose, self.left_mouth, self.right_mouth

    def mapped(self, scale_x: float, scale_y: float, dx: float = 0.0, dy: float = 0.0) -> Landmarks:
        """The points scaled about the origin, then moved."""
        return Landmarks(*((x * scale_x + dx, y * scale_y + dy) for x, y in self.points()))


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture, or one frame of a video or stream.

    image: uint8 RGB (height, width, 3); seconds: time since the start of the clip or stream.
    """

    image: Image
    index: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Face:
    """A detected face. score: the detector's own, 0..1."""

    box: Box
    score: float
    landmarks: Landmarks | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """Reasons why a verdict on this face may not be worth much.

    size: longer side of the box in pixels; sharpness: variance of the Laplacian of the grey face at
    a fixed size; brightness: mean grey level 0..255; visible: share of the box inside the image.
    problems: what is wrong, in words that can be shown; empty when nothing is.
    """

    size: float
    sharpness: float
    brightness: float
    visible: float
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class Verdict:
    """A bona fide score in 0..1 beside the threshold that it is held against."""

    score: float
    threshold: float

    @property
    def label(self) -> Label:
        """Derived, so that it cannot disagree with the score."""
        return Label.BONA_FIDE if self.score >= self.threshold else Label.ATTACK


@dataclass(frozen=True, slots=True)
class Match:
    """The best candidate of the gallery. score: 0..1, higher is more alike."""

    name: str
    score: float
    threshold: float

    @property
    def known(self) -> bool:
        return self.score >= self.threshold


@dataclass(frozen=True, slots=True)
class FaceResult:
    """What is known of one face. No verdict means "no decision": ``quality`` says why.

    track: number of the face while it is followed through a clip or stream, None for photos.
    """

    face: Face
    verdict: Verdict | None = None
    quality: Quality | None = None
    match: Match | None = None
    track: int | None = None

    @property
    def live(self) -> bool:
        return self.verdict is not None and self.verdict.label is Label.BONA_FIDE

    @property
    def granted(self) -> bool:
        """Access: only a live *and* known face. A spoofed known face is never welcomed."""
        return self.live and self.match is not None and self.match.known


@dataclass(frozen=True, slots=True)
class FrameResult:
    """All faces of one frame, largest first. timings: stage -> milliseconds."""

    index: int
    seconds: float
    faces: tuple[FaceResult, ...]
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """One file of a data set. Unknown is empty: "" or None; extra manifest columns are kept.

    presentation: pictures or frames with the same value are one presentation and count once.
    box, landmarks: of the face to judge, in pixels of the stored image, where the manifest has them.
    """

    path: Path
    label: Label
    pai_species: str = ""
    subject: str = ""
    source: str = ""
    split: str = ""
    presentation: str = ""
    kind: str = ""
    box: Box | None = None
    landmarks: Landmarks | None = None
    seconds: float | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


class Detector(Protocol):
    """Finds faces. image: uint8 RGB (height, width, 3); boxes in its pixels, largest first."""

    def __call__(self, image: Image) -> Sequence[Face]: ...


class Classifier(Protocol):
    """Gives each face of an image a bona fide score in 0..1, in the order of ``faces``."""

    @property
    def threshold(self) -> float: ...

    def __call__(self, image: Image, faces: Sequence[Face]) -> Sequence[float]: ...


class Matcher(Protocol):
    """Names the face, or gives None when the gallery is empty or the face has no features."""

    def __call__(self, image: Image, face: Face) -> Match | None: ...
