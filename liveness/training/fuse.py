"""A model and published networks in one file: their logits are added up, on the one crop of the model.

What a network learned from a million pictures is only partly passed on to one that copies it on a few
thousand (``docs/experiments.md``). Where the originals may be used, they can judge themselves: the file is
an ordinary model file for every part of the program, and slower by what they cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, compose, helper, numpy_helper, version_converter

from liveness.classify import OnnxClassifier
from liveness.config import InputConfig, ModelInfo
from liveness.errors import InputError, ModelError
from liveness.modelfile import read_model, write_info
from liveness.systems import System
from liveness.training.calibrate import Calibration
from liveness.training.teachers import resized

MOST_APART = 0.02  # of scores: a network's crop is rounded to whole numbers on its own, but not in the file
_SURE = 8.0  # a published network that is surer than this (a logit) has no more say for it
_OPSET, _IR_VERSION = 18, 10


def fuse(
    model: Path,
    system: System,
    output: Path,
    weight: float = 0.5,
    calibration: Calibration | None = None,
) -> ModelInfo:
    """Write ``model`` and the networks of a published system as one model file; what it says of itself.

    The logit is the model's plus ``weight`` times that of each other network, cut off at -8 and 8. They see
    the model's crop, averaged down to their size, in place of windows of their own. calibration: scales and
    shifts the sum, and sets the threshold; without one the threshold is the model's, which does not fit.
    Raises InputError for a weight of 0 or less, ModelError for a file that is refused, whose output is not
    understood, or when the written file does not judge as its parts do: then nothing is written.
    """
    if weight <= 0:
        raise InputError(f"the weight of the other networks must be above 0, got {weight}")
    main, info = read_model(model)
    if info.output != "logit":
        raise ModelError(f"{model.name} gives {info.output}: wanted one logit to add to")
    for given in (info, *(m.info for m in system.members)):
        if given.input.layout != "nchw":
            raise ModelError(f"{given.network} takes its channels last: wanted them before the rows")
    scale, shift = (calibration.scale, calibration.shift) if calibration else (1.0, 0.0)
    joined = compose.add_prefix(main, "main/")
    source, total = joined.graph.input[0].name, joined.graph.output[0].name
    for place, member in enumerate(system.members):
        logit = _attach(joined, source, info.input, member, f"other{place}/")
        total = _node(joined, "Add", [total, _times(joined, logit, weight)])
    total = _node(joined, "Add", [_times(joined, total, scale), _constant(joined, np.float32(shift))])
    del joined.graph.output[:]
    joined.graph.output.append(helper.make_tensor_value_info(total, TensorProto.FLOAT, ["batch", 1]))
    joined.ir_version = _IR_VERSION
    fused = replace(
        info,
        network=" + ".join([info.network, *(m.info.network for m in system.members)]),
        threshold=calibration.threshold if calibration else info.threshold,
        operating_point=(
            calibration.operating_point if calibration else f"that of {model.name} alone: not fitted"
        ),
        licence="; ".join(filter(None, [info.licence, f"parts of {system.name} under their own"])),
        metrics={},
    )
    write_info(joined, fused)
    partial = output.with_name(f".{output.name}.part")
    try:
        onnx.save(joined, partial)
        _prove(partial, OnnxClassifier(model), system, weight, scale, shift)
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
    return fused


def _attach(
    joined: onnx.ModelProto, source: str, given: InputConfig, member: OnnxClassifier, name: str
) -> str:
    """Put a network into the graph, behind what brings the model's input to its own: its logit's name."""
    wanted, graph = member.info.input, compose.add_prefix(_of_opset(member), name).graph
    # The model's normalised input back to 0..255, and on to the network's own numbers.
    seen = _node(joined, "Mul", [source, _per_channel(joined, np.multiply(given.std, given.divide_by))])
    seen = _node(joined, "Add", [seen, _per_channel(joined, np.multiply(given.mean, given.divide_by))])
    seen = _smaller(joined, seen, given.crop.size, wanted.crop.size)
    if wanted.colour != given.colour:
        seen = _node(joined, "Gather", [seen, _constant(joined, np.array([2, 1, 0]))], axis=1)
    seen = _node(joined, "Sub", [seen, _per_channel(joined, np.multiply(wanted.mean, wanted.divide_by))])
    seen = _node(joined, "Div", [seen, _per_channel(joined, np.multiply(wanted.std, wanted.divide_by))])
    joined.graph.initializer.extend(graph.initializer)
    for node in graph.node:
        for i, put in enumerate(node.input):
            if put == graph.input[0].name:
                node.input[i] = seen
    joined.graph.node.extend(graph.node)
    return _logit(joined, graph.output[0].name, member.info)


def _of_opset(member: OnnxClassifier) -> onnx.ModelProto:
    network, _ = read_model(member.path, member.info)
    batch = network.graph.input[0].type.tensor_type.shape.dim[0]
    if batch.dim_value:
        raise ModelError(f"{member.path.name} takes {batch.dim_value} faces at a time: wanted any number")
    return version_converter.convert_version(network, _OPSET)


def _smaller(joined: onnx.ModelProto, x: str, size: int, wanted: int) -> str:
    """The picture resized as ``teachers.resized`` does it: two products with matrices, alike everywhere."""
    if size == wanted:
        return x
    # What the resizing makes of each row alone is its matrix.
    how = cv2.INTER_AREA if wanted < size else cv2.INTER_LINEAR
    rows = np.asarray(cv2.resize(np.eye(size, dtype=np.float32), (size, wanted), interpolation=how))
    low = _node(joined, "MatMul", [_constant(joined, rows), x])
    return _node(joined, "MatMul", [low, _constant(joined, np.ascontiguousarray(rows.T))])


def _logit(joined: onnx.ModelProto, raw: str, info: ModelInfo) -> str:
    """The output of a network as the logit of being bona fide, (n, 1), cut off."""
    if info.output == "logits":
        probability = _node(joined, "Softmax", [raw], axis=1)
    elif info.output == "softmax":
        probability = raw
    else:
        raise ModelError(f"{info.network} gives {info.output}: wanted one value for each class")
    alive = _node(joined, "Gather", [probability, _constant(joined, np.array([info.live_index]))], axis=1)
    edge = float(1 / (1 + np.exp(-_SURE)))
    alive = _node(joined, "Max", [alive, _constant(joined, np.float32(1 - edge))])
    alive = _node(joined, "Min", [alive, _constant(joined, np.float32(edge))])
    other = _node(joined, "Sub", [_constant(joined, np.float32(1)), alive])
    return _node(joined, "Log", [_node(joined, "Div", [alive, other])])


def _prove(
    path: Path, main: OnnxClassifier, system: System, weight: float, scale: float, shift: float
) -> None:
    """Raises ModelError when the file does not score drawn crops as its parts do."""
    size = main.info.input.crop.size
    rng = np.random.default_rng(0)
    rough = rng.integers(0, 256, (16, 8, 8, 3), dtype=np.uint8)
    crops = np.stack([cv2.resize(c, (size, size), interpolation=cv2.INTER_CUBIC) for c in rough])
    total = _logits(main.score_crops(crops))
    for member in system.members:
        seen = resized(crops, member.info.input.crop.size)
        total = total + weight * np.clip(_logits(member.score_crops(seen)), -_SURE, _SURE)
    wanted = 1 / (1 + np.exp(-(scale * total + shift)))
    apart = float(np.abs(OnnxClassifier(path).score_crops(crops) - wanted).max())
    if not apart <= MOST_APART:
        raise ModelError(f"the joined file differs from its parts by {apart:.2g}: it was not written")


def _logits(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = np.clip(scores, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _node(joined: onnx.ModelProto, op: str, inputs: Sequence[str], axis: int | None = None) -> str:
    """Add a node; the name of its output."""
    out, attributes = f"fuse/{len(joined.graph.node)}", {} if axis is None else {"axis": axis}
    joined.graph.node.append(helper.make_node(op, list(inputs), [out], **attributes))  # type: ignore[arg-type]
    return out


def _constant(joined: onnx.ModelProto, value: NDArray[np.generic] | np.generic) -> str:
    name = f"fuse/constant{len(joined.graph.initializer)}"
    joined.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    return name


def _per_channel(joined: onnx.ModelProto, values: NDArray[np.generic]) -> str:
    return _constant(joined, np.asarray(values, dtype=np.float32).reshape(1, 3, 1, 1))


def _times(joined: onnx.ModelProto, x: str, factor: float) -> str:
    return _node(joined, "Mul", [x, _constant(joined, np.float32(factor))])
