"""model.onnx -> bona fide scores. The only place where a liveness network runs at inference."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NotImplemented,
    RuntimeException,
)

from liveness.config import ModelInfo
from liveness.crop import crop, normalise
from liveness.errors import ModelError
from liveness.modelfile import default_model, load_info, read_model
from liveness.types import Face, Image

__all__ = ["OnnxClassifier", "default_model", "load_info"]

_BATCH = 32
_RUNTIME_ERRORS = (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NotImplemented, RuntimeException)


class OnnxClassifier:
    """A ``Classifier`` read from a model file. Safe to call from several threads at once.

    threads: how many one call may use; by default every core that this process may run on. Give 1 to each
    of several workers. info: stands for the sidecar JSON of a foreign model. taps: names of tensors inside
    the network whose values ``look`` gives besides the scores.
    Raises ModelError when the file is refused (see ``modelfile.read_model``) or does not load.
    """

    def __init__(
        self,
        path: Path | str,
        threads: int | None = None,
        info: ModelInfo | None = None,
        taps: Sequence[str] = (),
    ) -> None:
        self.path = Path(path)
        model, self.info = read_model(self.path, info)
        _spell_out_prelu(model)
        for name in taps:
            model.graph.output.add().name = name
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or usable_cores()
        # Spinning threads win microseconds and take the cores that detection and decoding need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            # From the bytes that were checked, so that the file cannot change in between.
            self._session = onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except _RUNTIME_ERRORS as error:
            raise ModelError(f"{self.path.name} does not load: {_first_line(error)}") from error
        self._input = self._session.get_inputs()[0]
        self._outputs = [self._session.get_outputs()[0].name, *taps]
        fixed = self._input.shape[0] if self._input.shape else None
        self._batch = fixed if isinstance(fixed, int) else _BATCH

    @property
    def threshold(self) -> float:
        return self.info.threshold

    @property
    def input_name(self) -> str:
        """What the graph calls its pictures."""
        return str(self._input.name)

    def __call__(self, image: Image, faces: Sequence[Face]) -> list[float]:
        """Scores in 0..1 of the faces of one picture, uint8 RGB (height, width, 3), in their order.

        Raises InputError when a box is empty or lies outside the picture.
        """
        if not faces:
            return []
        crops = np.stack([crop(image, face.box, self.info.input.crop) for face in faces])
        return [float(score) for score in self.score_crops(crops)]

    def score_crops(self, crops: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Scores in 0..1, (n,), of crops made by ``crop.crop`` with this model's settings.

        crops: uint8 RGB (n, height, width, 3). At most 32 go through the network at a time.
        Raises ModelError when the shape is another, or the network's output is not what its metadata says.
        """
        return self.look(crops)[0]

    def look(self, crops: NDArray[np.uint8]) -> tuple[NDArray[np.float64], list[NDArray[np.float32]]]:
        """``score_crops``, and what stands in each of the ``taps``: float32 (n, channels, rows, columns) or
        (n, channels).
        """
        height, width = self.info.input.crop.pixels
        if crops.ndim != 4 or crops.shape[1:] != (height, width, 3) or crops.dtype != np.uint8:
            raise ModelError(
                f"{self.path.name} takes uint8 crops (n, {height}, {width}, 3), "
                f"got {crops.dtype} {crops.shape}"
            )
        passes = [self._pass(crops[i : i + self._batch]) for i in range(0, len(crops), self._batch)]
        if not passes:
            return np.zeros(0), []
        scores, *inside = (np.concatenate(parts) for parts in zip(*passes))
        return scores, inside

    def _pass(self, crops: NDArray[np.uint8]) -> list[NDArray[Any]]:
        """One pass of the network: scores, then the taps; a network of a fixed batch size has its last batch
        filled up.
        """
        count = len(crops)
        fill = self._batch - count if isinstance(self._input.shape[0], int) else 0
        if fill:
            crops = np.concatenate([crops, np.repeat(crops[-1:], fill, axis=0)])
        try:
            inputs = {self._input.name: normalise(crops, self.info.input)}
            raw, *inside = self._session.run(self._outputs, inputs)
        except _RUNTIME_ERRORS as error:
            raise ModelError(f"{self.path.name} failed: {_first_line(error)}") from error
        scores = self._meaning(np.asarray(raw, dtype=np.float64).reshape(len(crops), -1))
        return [values[:count] for values in (scores, *inside)]

    def _meaning(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """The output, (n, values), as scores: what ``ModelInfo.output`` says."""
        info, name = self.info, self.path.name
        many = info.output in ("logits", "softmax")
        if not np.isfinite(raw).all():
            raise ModelError(f"{name} gave a value that is not a number")
        if (not many and raw.shape[1] != 1) or info.live_index >= raw.shape[1]:
            raise ModelError(
                f"{name} gives {raw.shape[1]} values a face, which its metadata does not explain"
            )
        if info.output == "logit":
            return np.asarray(0.5 + 0.5 * np.tanh(raw[:, 0] / 2))  # the sigmoid, without overflow
        if info.output == "logits":
            raw = np.exp(raw - raw.max(axis=1, keepdims=True))
            raw = raw / raw.sum(axis=1, keepdims=True)
        scores = raw[:, info.live_index]
        if scores.min() < 0 or scores.max() > 1 + 1e-6:
            raise ModelError(f"{name} gave {scores.min():.3g}..{scores.max():.3g}, scores lie in 0..1")
        return np.asarray(np.minimum(scores, 1.0))


def _spell_out_prelu(model: onnx.ModelProto) -> None:
    """PRelu as max(x, slope * x), the same where no slope is above 1: onnxruntime's own takes one value at a
    time, and with it more than half of the time of a network of small convolutions.
    """
    slopes = {t.name: t for t in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        slope = slopes.get(node.input[1]) if node.op_type == "PRelu" else None
        if slope is None or numpy_helper.to_array(slope).max() > 1:
            nodes.append(node)
            continue
        (x, by), (out,) = node.input, node.output
        nodes.append(helper.make_node("Mul", [x, by], [f"{out}/sloped"]))
        nodes.append(helper.make_node("Max", [x, f"{out}/sloped"], [out]))
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def usable_cores() -> int:
    """Cores that this process may run on, which a container may have narrowed."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300]
