"""Photos of one person -> templates of the gallery; the command and the app enrol through this alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from liveness.errors import GalleryError
from liveness.frames import read_photo
from liveness.matching.gallery import MOST_TEMPLATES
from liveness.matching.match import make_template
from liveness.matching.template import Template
from liveness.quality import assess
from liveness.types import Detector


def templates_of(photos: Sequence[Path], detect: Detector) -> list[Template]:
    """One template a photo; all photos show one person.

    Raises GalleryError, naming the photo, when it shows no face, more than one, or one that is too small,
    blurred, dark or cut off to be recognised by: then nobody is enrolled, rather than somebody badly.
    Raises ImageError for a file that is not a readable picture.
    """
    if not 1 <= len(photos) <= MOST_TEMPLATES:
        raise GalleryError(f"1 to {MOST_TEMPLATES} photos of the face are wanted, got {len(photos)}")
    return [_template(photo, detect) for photo in photos]


def _template(photo: Path, detect: Detector) -> Template:
    image = read_photo(photo).image
    faces = detect(image)
    if len(faces) != 1:
        found = f"{len(faces)} faces were found" if faces else "no face was found"
        raise GalleryError(f"{photo.name}: {found}; a photo to enrol from shows one face")
    problems = assess(image, faces[0]).problems
    if problems:
        raise GalleryError(f"{photo.name}: the face is {'; '.join(problems)}")
    try:
        return make_template(image, faces[0])
    except GalleryError as error:
        raise GalleryError(f"{photo.name}: {error}") from error
