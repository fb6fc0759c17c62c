"""Everything this package raises on purpose.

    LivenessError               base: one clear sentence, what was wanted and what came
    ├── InputError              a picture, video, path or value given by the user is unusable
    │   ├── ImageError          not a readable picture, or too large or too small
    │   ├── VideoError          not a readable video, or a video without frames
    │   └── DatasetError        a data set that cannot be trained or evaluated on
    ├── ModelError              a model file that must not or cannot be used
    ├── WeightsError            weights that are missing, or whose checksum is wrong
    ├── GalleryError            enrolment or the gallery's database failed
    └── RunError                a training run that cannot be started, resumed or read

The CLI prints the message and exits with status 1; the app shows it in place of a result.
"""

from __future__ import annotations


class LivenessError(Exception):
    """Base of all errors that users are meant to read."""


class InputError(LivenessError):
    """What the user gave cannot be used."""


class ImageError(InputError):
    """Not a picture that can be read."""


class VideoError(InputError):
    """Not a video that can be read."""


class DatasetError(InputError):
    """A data set that cannot be used."""


class ModelError(LivenessError):
    """A model file that is refused, with the reason."""


class WeightsError(LivenessError):
    """Weights are missing or are not the expected file."""


class GalleryError(LivenessError):
    """The gallery could not be read or changed."""


class RunError(LivenessError):
    """A training run cannot be started, resumed or read."""
