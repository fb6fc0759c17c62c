"""What a model file says of itself, and the reasons to refuse one; nothing here runs a network.

``model.onnx`` carries one metadata property for each field of ``ModelInfo``: key ``liveness.<field>``, value
in JSON. A foreign model may carry none; then a sidecar ``NAME.json`` beside ``NAME.onnx`` holds the same
fields as one JSON object.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from liveness.config import FORMAT_VERSION, ModelInfo, from_dict, to_dict
from liveness.errors import InputError, ModelError

if TYPE_CHECKING:
    import onnx

PREFIX = "liveness."
MAX_BYTES = 200_000_000
_STANDARD_DOMAINS = ("", "ai.onnx")


def default_model() -> Path:
    """The model used when none is named: LIVENESS_MODEL, else ``model.onnx`` at the checkout's top level.

    The file need not exist; loading it says so.
    """
    named = os.environ.get("LIVENESS_MODEL")
    return Path(named) if named else Path(__file__).resolve().parent.parent / "model.onnx"


def default_trunk() -> Path:
    """The ResNet-18 without a head that training starts from where ImageNet weights cannot be had.

    ``trunk.pt`` at the checkout's top level, a state dict in float16; it need not exist.
    """
    return Path(__file__).resolve().parent.parent / "trunk.pt"


def load_info(path: Path | str) -> ModelInfo:
    """Read a model's metadata, or its sidecar, and check it against the file's graph.

    Raises ModelError when the file is not one that may be used, with the reason.
    """
    return read_model(path)[1]


def read_model(path: Path | str, info: ModelInfo | None = None) -> tuple[onnx.ModelProto, ModelInfo]:
    """The parsed file and its metadata; ``info``, if given, stands for the sidecar.

    Raises ModelError: no such file, more than 200 MB, not ONNX, weights in other files, operators outside
    the standard, metadata missing, newer than this version or at odds with the graph.
    """
    path = Path(path)
    model = _parse(path)
    _refuse_foreign_parts(model, path)
    embedded = _embedded(model, path)
    beside = info or _sidecar(path)
    if embedded is not None and beside is not None and embedded != beside:
        raise ModelError(f"{path.name}: the metadata in the file and the sidecar JSON contradict each other")
    found = embedded or beside
    if found is None:
        raise ModelError(
            f"{path.name} does not describe itself: it has no {PREFIX}* metadata and no {path.stem}.json "
            "beside it says how crops are made and what the output means"
        )
    _check_graph(model, found, path)
    return model, found


def write_info(model: onnx.ModelProto, info: ModelInfo) -> None:
    """Set the metadata of a parsed model in place; other properties are kept."""
    kept = {p.key: p.value for p in model.metadata_props if not p.key.startswith(PREFIX)}
    del model.metadata_props[:]
    ours = {PREFIX + key: json.dumps(value) for key, value in to_dict(info).items()}
    for key, value in {**kept, **ours}.items():
        model.metadata_props.add(key=key, value=value)


def state_from_onnx(path: Path | str) -> dict[str, NDArray[Any]]:
    """The trained weights of a file that ``export`` wrote, by the names that torch gives them, bit for bit.

    Raises ModelError for a file without them, such as an int8 twin.
    """
    from onnx import numpy_helper

    model = _parse(Path(path))
    # torch names a parameter by module and name; the exporter's own constants have no dot.
    named = [t for t in model.graph.initializer if "." in t.name]
    if not named or any(node.op_type == "DequantizeLinear" for node in model.graph.node):
        raise ModelError(f"{Path(path).name} holds no weights to train on: export them from a checkpoint")
    return {tensor.name: numpy_helper.to_array(tensor).copy() for tensor in named}


def info_from_json(values: Any, where: str) -> ModelInfo:
    """ModelInfo from plain JSON values. Raises ModelError; a newer format is named as such."""
    version = values.get("format_version", FORMAT_VERSION) if isinstance(values, dict) else FORMAT_VERSION
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise ModelError(
            f"{where} has format {version}, this version reads up to {FORMAT_VERSION}: update liveness"
        )
    try:
        return from_dict(ModelInfo, values)
    except InputError as error:
        raise ModelError(f"{where}: unusable metadata: {error}") from error


def _parse(path: Path) -> onnx.ModelProto:
    """The file as a protocol buffer that has a graph."""
    import onnx
    from google.protobuf.message import DecodeError

    if not path.is_file():
        raise ModelError(f"no model file at {path}")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ModelError(
            f"{path.name} has {size / 1e6:.0f} MB, models up to {MAX_BYTES / 1e6:.0f} MB are read"
        )
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except DecodeError as error:
        raise ModelError(f"{path.name} is not an ONNX model") from error
    if not model.graph.node or not model.opset_import:
        raise ModelError(f"{path.name} is not an ONNX model: it holds no network")
    return model


def _refuse_foreign_parts(model: onnx.ModelProto, path: Path) -> None:
    """Refuse weights in other files, and operators that only some runtimes know."""
    import onnx

    graphs = [model.graph, *_subgraphs(model.graph)]
    for graph in graphs:
        constants = [a.t for node in graph.node for a in node.attribute if a.type == a.TENSOR]
        for tensor in [*graph.initializer, *constants]:
            if tensor.data_location == onnx.TensorProto.EXTERNAL:
                raise ModelError(f"{path.name} keeps weights in another file: export it as one file")
    nodes = [node for part in [*graphs, *model.functions] for node in part.node]
    foreign = sorted({f"{n.domain}.{n.op_type}" for n in nodes if n.domain not in _STANDARD_DOMAINS})
    if foreign:
        raise ModelError(f"{path.name} needs operators outside the ONNX standard: {', '.join(foreign[:5])}")


def _subgraphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """The bodies of If, Loop and Scan, at any depth."""
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield inner
                yield from _subgraphs(inner)


def _embedded(model: onnx.ModelProto, path: Path) -> ModelInfo | None:
    """The metadata inside the file; None when there is none at all."""
    found = {p.key[len(PREFIX) :]: p.value for p in model.metadata_props if p.key.startswith(PREFIX)}
    if not found:
        return None
    try:
        values = {key: _loads(value) for key, value in found.items()}
    except ValueError as error:
        raise ModelError(f"{path.name}: the metadata is not JSON: {error}") from error
    if "format_version" not in values:
        raise ModelError(f"{path.name}: the metadata lacks {PREFIX}format_version")
    missing = {f.name for f in dataclasses.fields(ModelInfo)} - set(values) - _OPTIONAL
    if missing:
        raise ModelError(f"{path.name}: the metadata lacks {', '.join(PREFIX + m for m in sorted(missing))}")
    return info_from_json(values, path.name)


# What a score depends on must be said; what only informs may be left out.
_OPTIONAL = {
    "training_data",
    "data_fingerprint",
    "learned",
    "created",
    "package_version",
    "licence",
    "metrics",
}


def _sidecar(path: Path) -> ModelInfo | None:
    """The JSON file of the same name beside the model; None when there is none."""
    beside = path.with_suffix(".json")
    if not beside.is_file():
        return None
    try:
        values = _loads(beside.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{beside.name} is not JSON: {error}") from error
    return info_from_json(values, beside.name)


def _loads(text: str) -> Any:
    """JSON without its NaN and Infinity extensions, which no field may hold."""

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is not a number")

    return json.loads(text, parse_constant=refuse)


def _check_graph(model: onnx.ModelProto, info: ModelInfo, path: Path) -> None:
    """One picture input of the size that the metadata names, one output that holds the live index."""
    import onnx

    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in weights]
    if len(inputs) != 1 or len(model.graph.output) != 1:
        raise ModelError(
            f"{path.name} has {len(inputs)} inputs and {len(model.graph.output)} outputs, one each is wanted"
        )
    kind = inputs[0].type.tensor_type
    if kind.elem_type != onnx.TensorProto.FLOAT:
        raise ModelError(f"{path.name} does not take float32 pictures")
    height, width = info.input.crop.pixels
    dims = _dims(inputs[0])
    wanted = [3, height, width] if info.input.layout == "nchw" else [height, width, 3]
    if len(dims) != 4 or any(d not in (None, w) for d, w in zip(dims[1:], wanted)):
        says = ", ".join(map(str, wanted))
        raise ModelError(f"{path.name} takes the shape {_show(dims)}, but its metadata says (batch, {says})")
    _check_output(model.graph.output[0], info, path)


def _check_output(output: onnx.ValueInfoProto, info: ModelInfo, path: Path) -> None:
    dims = _dims(output)
    many = info.output in ("logits", "softmax")
    if info.live_index < 0 or (not many and info.live_index != 0):
        raise ModelError(
            f"{path.name}: live_index {info.live_index} does not exist in a {info.output} output"
        )
    last = dims[-1] if dims else None
    if many and last is not None and len(dims) > 1 and info.live_index >= last:
        raise ModelError(f"{path.name}: live_index {info.live_index} is beyond its {last} outputs")
    if not many and len(dims) > 1 and last not in (None, 1):
        raise ModelError(f"{path.name} gives {last} values a face, but its metadata says one {info.output}")


def _dims(value: onnx.ValueInfoProto) -> list[int | None]:
    """The declared shape; None where a dimension is free."""
    dims = value.type.tensor_type.shape.dim
    return [d.dim_value if d.HasField("dim_value") else None for d in dims]


def _show(dims: list[int | None]) -> str:
    return "(" + ", ".join("?" if d is None else str(d) for d in dims) + ")"
