"""Face liveness workbench: train, measure, export and try presentation attack detection models.

    from liveness import OnnxClassifier, Pipeline, build_detector, read_photo
    pipeline = Pipeline(build_detector("mtcnn"), OnnxClassifier("model.onnx"))
    result = pipeline(read_photo("face.jpg"))

Names load on first use, so that ``import liveness`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "Box": "types",
    "CropConfig": "config",
    "Face": "types",
    "FaceResult": "types",
    "Frame": "types",
    "FrameResult": "types",
    "Gallery": "matching.gallery",
    "InputConfig": "config",
    "Label": "types",
    "Landmarks": "types",
    "LivenessError": "errors",
    "Match": "types",
    "ModelInfo": "config",
    "OnnxClassifier": "classify",
    "OrbMatcher": "matching.match",
    "PadReport": "metrics",
    "Pipeline": "pipeline",
    "Quality": "types",
    "RunFolder": "training.runs",
    "Sample": "types",
    "Session": "live.session",
    "SessionConfig": "live.session",
    "Tracker": "live.temporal",
    "TrainConfig": "config",
    "Verdict": "types",
    "VideoWriter": "video",
    "analyse": "live.clips",
    "build_detector": "detect",
    "evaluate_scores": "metrics",
    "load_dataset": "data.samples",
    "load_system": "systems",
    "read_photo": "frames",
    "read_video": "video",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"liveness.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module 'liveness' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
