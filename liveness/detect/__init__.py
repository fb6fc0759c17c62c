"""Face detectors behind one protocol. Importing this loads neither torch nor ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from liveness.detect.mtcnn import Mtcnn
from liveness.detect.yolov5_face import Yolov5Face
from liveness.detect.yunet import YuNet
from liveness.errors import InputError
from liveness.types import Detector

DEFAULT_DETECTOR = "mtcnn"
DETECTORS: Mapping[str, type[Detector]] = MappingProxyType(
    {"mtcnn": Mtcnn, "yunet": YuNet, "yolov5-face": Yolov5Face}
)

__all__ = ["DEFAULT_DETECTOR", "DETECTORS", "build_detector"]


def build_detector(name: str = DEFAULT_DETECTOR, **options: Any) -> Detector:
    """The detector of that name; options as its class documents them.

    Raises InputError for a name or an option's value that is not known, WeightsError when its weights
    are neither here nor to be had.
    """
    if name not in DETECTORS:
        raise InputError(f"no detector is called {name!r}, known are: {', '.join(DETECTORS)}")
    return DETECTORS[name](**options)
