"""Model files that visitors bring: checked, kept apart from Gradio's own files while they may be in use."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from gradio.utils import get_upload_folder

from liveness.config import ModelInfo
from liveness.errors import InputError, ModelError
from liveness.modelfile import MAX_BYTES, load_info

_KEPT = 8


def take(files: Sequence[str] | None) -> Path:
    """Keep an uploaded model (and the sidecar JSON beside it) and give its path.

    Raises InputError when there is not exactly one model among the files, ModelError when it is refused.
    """
    paths = [Path(name) for name in files or ()]
    models = [path for path in paths if path.suffix.lower() != ".json"]
    if len(models) != 1:
        raise InputError(f"one model file is wanted (and its .json, if it has one), got {len(models)}")
    model = models[0]
    if model.stat().st_size > MAX_BYTES:
        raise ModelError(f"{model.name} has more than {MAX_BYTES / 1e6:.0f} MB")
    folder = _folder(paths)
    for path in paths:
        name = f"{model.stem}.json" if path.suffix.lower() == ".json" else path.name
        shutil.copyfile(path, folder / name)
    kept = folder / model.name
    try:
        load_info(kept)
    except ModelError:
        shutil.rmtree(folder)
        raise
    return kept


def described(info: ModelInfo) -> dict[str, str]:
    """Everything that a model says of itself, in words."""
    crop, given = info.input.crop, info.input
    mean, std = (", ".join(f"{v:g}" for v in values) for values in (given.mean, given.std))
    output = {
        "logit": "one logit; the score is its sigmoid",
        "score": "the score itself",
        "logits": f"logits; the score is the softmax at index {info.live_index}",
        "softmax": f"softmax; the score is the value at index {info.live_index}",
    }[info.output]
    rows = {
        "Network": info.network,
        "Threshold": f"{info.threshold:g}: a score at or above it is Live",
        "The threshold stands for": info.operating_point,
        "Sees": f"{crop.margins} × the face box ({crop.shape}), {crop.size} × {crop.size} pixels"
        f"{' each' if crop.inner else ''}, "
        f"border: {crop.border}",
        "Input": f"{given.colour.upper()}, (value / {given.divide_by:g} - mean) / std",
        "Mean, std": f"{mean}; {std}",
        "Output": output,
        "Training data": info.training_data,
        "Data fingerprint": info.data_fingerprint,
        "Made": " with liveness ".join(filter(None, [info.created, info.package_version])),
        "Licence": info.licence,
        "File format": str(info.format_version),
    }
    rows.update({f"Measured: {name}": f"{value:.4g}" for name, value in sorted(info.metrics.items())})
    return {key: value or "not said" for key, value in rows.items()}


def _folder(paths: Sequence[Path]) -> Path:
    """A folder of its own for these contents; the oldest beyond the last few go."""
    shelf = Path(get_upload_folder()) / "models"
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + path.read_bytes())
    folder = shelf / digest.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    folder.touch()
    kept = sorted(shelf.iterdir(), key=lambda p: p.stat().st_mtime_ns)
    for old in kept[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return folder
