"""checkpoint -> model.onnx: one file that describes itself, proved equal to torch; and its int8 twin.

Parameters keep their names and batch norms stay nodes of their own (onnxruntime folds them when it loads
the file), so ``modelfile.state_from_onnx`` gets back exactly what was trained and training can go on
from a ``model.onnx``.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from time import perf_counter

import numpy as np
import onnx
import onnxscript.optimizer
import torch
from numpy.typing import NDArray
from torch.export import Dim

from liveness import __version__
from liveness.classify import OnnxClassifier
from liveness.config import ModelInfo
from liveness.crop import normalise
from liveness.errors import InputError, ModelError
from liveness.modelfile import write_info
from liveness.training.network import load_checkpoint

MAX_DIFFERENCE = 1e-4
# Read by onnxruntime 1.23 and later.
_OPSET, _IR_VERSION = 18, 10
_CALIBRATION_BATCH = 16


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written. max_difference: between scores of torch and of the file, on ``samples`` crops."""

    path: Path
    max_difference: float
    samples: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Int8Report:
    """What int8 changed, on ``samples`` crops, and what it gained on this machine.

    Differences are between scores; flipped: share of verdicts at the model's threshold that changed;
    speed: time of a float32 pass over that of an int8 pass, one face at a time.
    """

    path: Path
    max_difference: float
    mean_difference: float
    flipped: float
    speed: float
    samples: int
    bytes: int


def export(
    checkpoint: Path, output: Path, crops: NDArray[np.uint8], keep_previous: bool = False
) -> ExportReport:
    """Write a checkpoint as a model file, after it gave the same scores as torch on real crops.

    crops: uint8 RGB (n, height, width, 3), made with the checkpoint's crop settings. keep_previous: a file
    that is replaced stays as ``NAME.previous.onnx``.
    Raises ModelError, and leaves what was there, when the scores differ by more than 1e-4 or the checkpoint
    cannot be used; InputError without crops.
    """
    trained = load_checkpoint(checkpoint)
    network, info = trained.network(), trained.info
    _check_crops(crops, info)
    model = _to_onnx(network, *info.input.crop.pixels)
    with _beside(output) as partial:
        write_info(model, info)
        onnx.save(model, partial)
        written = OnnxClassifier(partial).score_crops(crops)
        worst = float(np.abs(written - _torch_scores(network, info, crops)).max())
        if not worst <= MAX_DIFFERENCE:
            raise ModelError(
                f"the exported network differs from torch by {worst:.2g} on {len(crops)} crops, "
                f"at most {MAX_DIFFERENCE:g} is allowed: {output.name} was not written"
            )
        proof = {"export_max_difference": worst, "export_crops": float(len(crops))}
        write_info(model, _stamped(info, proof))
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, partial)
        install(partial, output, keep_previous)
    return ExportReport(output, worst, len(crops), output.stat().st_size)


def export_int8(
    model: Path, output: Path, calibration: NDArray[np.uint8], crops: NDArray[np.uint8] | None = None
) -> Int8Report:
    """Write the int8 twin of a model file: unsigned activations, signed weights per channel, QDQ nodes.

    calibration: training crops, uint8 RGB (n, height, width, 3), that fix the range of each activation; a few
    hundred do. crops: others to measure the agreement on; without them every fourth crop is kept back for it.
    Whether int8 is faster depends on the processor (VNNI): ``speed`` of the report says so for this one.
    Raises InputError for fewer than 8 crops, ModelError when the model is refused.
    """
    plain = OnnxClassifier(model)
    _check_crops(calibration, plain.info, least=8)
    if crops is None:
        kept_back = np.arange(len(calibration)) % 4 == 3
        calibration, crops = calibration[~kept_back], calibration[kept_back]
    _check_crops(crops, plain.info)
    with _beside(output) as partial:
        _quantise(plain, partial, calibration)
        _describe(partial, plain.info)
        small = OnnxClassifier(partial)
        before, after = plain.score_crops(crops), small.score_crops(crops)
        off = np.abs(before - after)
        flipped = float(np.mean((before >= plain.threshold) != (after >= plain.threshold)))
        report = Int8Report(
            output, float(off.max()), float(off.mean()), flipped, _speed(plain, small, crops), len(crops), 0
        )
        _describe(partial, _stamped(plain.info, _int8_metrics(report)))
        install(partial, output)
    return replace(report, bytes=output.stat().st_size)


def install(new: Path, target: Path, keep_previous: bool = False) -> None:
    """Put a file in the place of another at once; readers see the old one or the new one, never neither.

    keep_previous: the old one stays as ``NAME.previous.onnx``.
    """
    if keep_previous and target.is_file():
        with _beside(target, "old") as copy:
            shutil.copyfile(target, copy)
            copy.replace(target.with_name(f"{target.stem}.previous{target.suffix}"))
    new.replace(target)


def _to_onnx(network: torch.nn.Module, height: int, width: int) -> onnx.ModelProto:
    """The network as a graph of standard operators with a free batch size, no trace of this machine in it."""
    program = torch.onnx.export(
        network,
        (torch.zeros(2, 3, height, width),),
        dynamo=True,
        optimize=False,  # it would fold the batch norms into the convolutions
        external_data=False,
        opset_version=_OPSET,
        input_names=["x"],
        output_names=["logit"],
        dynamic_shapes=({0: Dim("batch")},),
        verbose=False,
    )
    if program is None:
        raise ModelError("torch did not export the network")
    onnxscript.optimizer.fold_constants(program.model)
    onnxscript.optimizer.remove_unused_nodes(program.model)
    model: onnx.ModelProto = program.model_proto
    model.ir_version = _IR_VERSION
    # The exporter notes stack traces with paths.
    graph = model.graph
    for part in (
        model,
        graph,
        *graph.node,
        *graph.input,
        *graph.output,
        *graph.value_info,
        *graph.initializer,
    ):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return model


def _torch_scores(network: torch.nn.Module, info: ModelInfo, crops: NDArray[np.uint8]) -> NDArray[np.float64]:
    batches = [crops[i : i + 32] for i in range(0, len(crops), 32)]
    with torch.inference_mode():
        logits = [network(torch.from_numpy(normalise(batch, info.input))).double() for batch in batches]
    scores: NDArray[np.float64] = torch.sigmoid(torch.cat(logits)).reshape(-1).numpy()
    return scores


def _quantise(plain: OnnxClassifier, output: Path, calibration: NDArray[np.uint8]) -> None:
    # Imported here: it costs a second, and only int8 needs it.
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Crops(CalibrationDataReader):  # type: ignore[misc]
        """Normalised training crops, a batch at a time."""

        def __init__(self) -> None:
            starts = range(0, len(calibration), _CALIBRATION_BATCH)
            self._batches = (calibration[i : i + _CALIBRATION_BATCH] for i in starts)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            batch = next(self._batches, None)
            return None if batch is None else {plain.input_name: normalise(batch, plain.info.input)}

    with tempfile.TemporaryDirectory() as folder:
        folded = Path(folder, "folded.onnx")
        quant_pre_process(str(plain.path), str(folded), skip_symbolic_shape=True)
        quantize_static(
            str(folded),
            str(output),
            Crops(),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
        )


def _describe(path: Path, info: ModelInfo) -> None:
    model = onnx.load(path)
    write_info(model, info)
    onnx.save(model, path)


def _speed(
    plain: OnnxClassifier, small: OnnxClassifier, crops: NDArray[np.uint8], repeats: int = 15
) -> float:
    """Median time of a float32 pass over that of an int8 pass, taken in turns so that load hits both."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(repeats + 2):
        one = crops[number % len(crops)][None]
        for classifier, spent in zip((plain, small), times):
            started = perf_counter()
            classifier.score_crops(one)
            if number >= 2:
                spent.append(perf_counter() - started)
    return statistics.median(times[0]) / statistics.median(times[1])


def _int8_metrics(report: Int8Report) -> dict[str, float]:
    return {
        "int8_max_difference": report.max_difference,
        "int8_mean_difference": report.mean_difference,
        "int8_flipped": report.flipped,
        "int8_speed": report.speed,
        "int8_crops": float(report.samples),
    }


def _stamped(info: ModelInfo, metrics: dict[str, float]) -> ModelInfo:
    created = info.created or datetime.now(timezone.utc).isoformat(timespec="seconds")
    return replace(info, created=created, package_version=__version__, metrics={**info.metrics, **metrics})


def _check_crops(crops: NDArray[np.uint8], info: ModelInfo, least: int = 1) -> None:
    height, width = info.input.crop.pixels
    if crops.ndim != 4 or crops.shape[1:] != (height, width, 3) or crops.dtype != np.uint8:
        raise InputError(f"wanted uint8 crops (n, {height}, {width}, 3), got {crops.dtype} {crops.shape}")
    if len(crops) < least:
        raise InputError(f"at least {least} crops are needed to compare scores on, got {len(crops)}")


@contextmanager
def _beside(target: Path, role: str = "new") -> Iterator[Path]:
    """A path in the same folder to write to first; what is left there is removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.stem}.{os.getpid()}.{role}.onnx")
    try:
        yield partial
    finally:
        partial.unlink(missing_ok=True)
