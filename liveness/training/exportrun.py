"""A run or a checkpoint -> the model files to use, proved on crops of the data it was trained on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liveness.config import TrainConfig
from liveness.data.samples import load_dataset
from liveness.errors import InputError, RunError
from liveness.training.calibrate import Calibration
from liveness.training.export import ExportReport, Int8Report, export, export_int8
from liveness.training.network import calibrated, load_checkpoint, save_checkpoint
from liveness.training.parts import some_crops
from liveness.training.runs import RunFolder

PROOF_CROPS = 64
CALIBRATION_CROPS = 320  # a quarter of them is kept back to measure the agreement


@dataclass(frozen=True, slots=True)
class Handover:
    """path: the model to use (the int8 twin where one was asked for); text: how far it agrees, in words."""

    path: Path
    text: str


def export_best(
    run: RunFolder,
    output: Path | None = None,
    *,
    int8: bool = False,
    dataset: Path | None = None,
    keep_previous: bool = False,
    calibration: Calibration | None = None,
) -> Handover:
    """Export a run's best checkpoint, by default to ``model.onnx`` in its folder.

    dataset: where the crops are taken from, by default the data set of the run (never its test part);
    calibration: scale and threshold to give it first, see ``calibrate``.
    Raises RunError for a run without a checkpoint, and what ``export`` and ``load_dataset`` raise.
    """
    if not run.best.is_file():
        raise RunError(f"the run {run.name} has no checkpoint yet")
    place = dataset or Path(str(run.read_json("run.json")["dataset"]))
    return export_checkpoint(
        run.best,
        output or run.model,
        place,
        config=run.config(),
        int8=int8,
        keep_previous=keep_previous,
        calibration=calibration,
    )


def export_checkpoint(
    checkpoint: Path,
    output: Path,
    dataset: Path,
    *,
    config: TrainConfig | None = None,
    int8: bool = False,
    keep_previous: bool = False,
    calibration: Calibration | None = None,
) -> Handover:
    """Export a checkpoint; its twin goes beside it as ``NAME.int8.onnx``.

    config: of the run, for its detector; the crops follow the checkpoint. A calibrated checkpoint is kept
    beside the given one as ``NAME.calibrated.pt``. Raises as ``export`` does, and
    InputError when no face is found in the data set.
    """
    trained = load_checkpoint(checkpoint)
    info = trained.info
    if calibration is not None:
        checkpoint = checkpoint.with_name(f"{checkpoint.stem}.calibrated{checkpoint.suffix}")
        save_checkpoint(checkpoint, calibrated(trained, calibration))
    config = replace(config or TrainConfig(), input=info.input)
    crops = _crops(dataset, config, CALIBRATION_CROPS if int8 else PROOF_CROPS)
    report = export(checkpoint, output, crops[:PROOF_CROPS], keep_previous)
    if not int8:
        return Handover(output, describe(report))
    twin = export_int8(output, output.with_name(f"{output.stem}.int8{output.suffix}"), crops)
    return Handover(twin.path, f"{describe(report)}\n{describe_int8(twin)}")


def describe(report: ExportReport) -> str:
    return (
        f"{report.path.name}, {report.bytes / 1e6:.1f} MB: "
        f"scores within {report.max_difference:.1e} of torch on {report.samples} crops."
    )


def describe_int8(report: Int8Report) -> str:
    faster = (
        f"{report.speed:.1f} times as fast" if report.speed >= 1 else f"slower ({report.speed:.2f} times)"
    )
    return (
        f"{report.path.name}, {report.bytes / 1e6:.1f} MB: scores differ from float32 by "
        f"{report.mean_difference:.3f} on average and {report.max_difference:.3f} at most, "
        f"{report.flipped * 100:.1f} % of verdicts flip on {report.samples} crops; {faster} on this machine."
    )


def _crops(dataset: Path, config: TrainConfig, count: int) -> NDArray[np.uint8]:
    """Crops in a mixed order, so that a part of them has both classes and every source."""
    samples = load_dataset(dataset).samples
    order = np.random.default_rng(config.seed).permutation(len(samples))
    crops = some_crops([samples[i] for i in order], config, count)
    if not len(crops):
        raise InputError(f"no face was found in {dataset}: nothing to compare scores on")
    return crops
