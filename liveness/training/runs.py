"""The folder of training runs, and what lies in the folder of one run.

config.json        the settings (TrainConfig)          best.pt   the best checkpoint so far
environment.json   machine, versions, initialisation   last.pt   all that --resume needs
metrics.csv        one row an epoch                     progress.json   where the run is
dev_scores.csv     scores of the best checkpoint on dev                 log.txt, figures/*.png
tensorboard/       scalars, where TensorBoard is installed              mlflow.json   its run in MLflow
"""

from __future__ import annotations

import csv
import json
import os
import platform
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from liveness import __version__
from liveness.config import TrainConfig, from_dict, to_dict
from liveness.errors import InputError, RunError

State = Literal["preparing", "training", "done", "stopped", "failed"]
METRICS = ("epoch", "step", "train_loss", "dev_loss", "auc", "eer", "threshold", "apcer", "bpcer", "seconds")
PLAN, RESULTS = "plan.json", "results.json"  # of a protocol's folder, see liveness.measure.protocols
STUDY = "study.db"  # of a sweep's folder, which holds a run for each trial
_PACKAGES = ("numpy", "onnxruntime", "opencv-python-headless", "scikit-learn", "torch", "torchvision")


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is. Rates are of the last evaluation on dev; ``eta`` is in seconds."""

    state: State
    message: str = ""
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    steps: int = 0
    loss: float | None = None
    images_per_second: float | None = None
    eta: float | None = None
    dev: Mapping[str, float] = field(default_factory=dict)
    best_epoch: int = 0
    lr: float | None = None


class RunFolder:
    """Reads and writes the files of one run. Every file is replaced in one piece."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.best = self.path / "best.pt"
        self.last = self.path / "last.pt"
        self.model = self.path / "model.onnx"

    @property
    def name(self) -> str:
        """Its folder's; that of a sweep's trial with the sweep's before it."""
        sweep = self.path.parent
        return f"{sweep.name}/{self.path.name}" if (sweep / STUDY).is_file() else self.path.name

    def create(self, config: TrainConfig) -> None:
        """Make the folder and keep the settings. Raises RunError when a run lies there already."""
        if (self.path / "config.json").exists():
            raise RunError(f"{self.path} already holds a run: resume it or name another folder")
        self.path.mkdir(parents=True, exist_ok=True)
        self.write_json("config.json", to_dict(config))

    def config(self) -> TrainConfig:
        """The settings of the run. Raises RunError when they cannot be read."""
        try:
            return from_dict(TrainConfig, self.read_json("config.json"), f"{self.path / 'config.json'}")
        except InputError as error:
            raise RunError(str(error)) from error

    def progress(self) -> Progress | None:
        """Where the run was when it last said so; None before it said anything."""
        if not (self.path / "progress.json").is_file():
            return None
        values = self.read_json("progress.json")
        known = {k: v for k, v in values.items() if k in Progress.__dataclass_fields__}
        return Progress(**known)

    def metrics(self) -> list[dict[str, float]]:
        """One row an epoch, in order."""
        path = self.path / "metrics.csv"
        if not path.is_file():
            return []
        with path.open(newline="") as file:
            return [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(file)]

    def dev_scores(self) -> list[dict[str, str]]:
        """The rows of dev_scores.csv: path, label, pai_species, source, score."""
        path = self.path / "dev_scores.csv"
        if not path.is_file():
            return []
        with path.open(newline="") as file:
            return list(csv.DictReader(file))

    def write_progress(self, progress: Progress) -> None:
        self.write_json("progress.json", {**asdict(progress), "updated": time.time(), "pid": os.getpid()})

    def write_metrics(self, rows: Sequence[Mapping[str, float]]) -> None:
        self.write_csv("metrics.csv", METRICS, rows)

    def write_environment(self, **more: object) -> None:
        """Machine and versions, so that a figure can be traced to what made it."""
        self.write_json("environment.json", {**environment(), **more})

    def log(self, line: str) -> None:
        """Add a line with the time to log.txt."""
        with (self.path / "log.txt").open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n")

    def write_csv(self, name: str, columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
        partial = self._partial(name)
        with partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        partial.replace(self.path / name)

    def write_json(self, name: str, values: Mapping[str, Any]) -> None:
        partial = self._partial(name)
        partial.write_text(json.dumps(values, indent=1), encoding="utf-8")
        partial.replace(self.path / name)

    def read_json(self, name: str) -> dict[str, Any]:
        """Raises RunError when the file is missing or not a JSON object."""
        path = self.path / name
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise RunError(f"{self.path} is not a training run: it has no {name}") from error
        except ValueError as error:
            raise RunError(f"{path} is not JSON: {error}") from error
        if not isinstance(values, dict):
            raise RunError(f"{path} is not a JSON object")
        return values

    def _partial(self, name: str) -> Path:
        return self.path / f".{name}.{os.getpid()}.part"


def environment() -> dict[str, Any]:
    """Versions and machine, as plain values."""
    return {
        "liveness": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "packages": {name: v for name in _PACKAGES if (v := _version(name))},
    }


def runs_folder() -> Path:
    """Where runs go: LIVENESS_RUNS, else ``runs`` in the current folder."""
    return Path(os.environ.get("LIVENESS_RUNS") or "runs")


def list_runs(folder: Path | None = None) -> list[RunFolder]:
    """All runs in a folder, trials of its sweeps too, the newest first."""
    found = [p for p in run_paths(folder or runs_folder()) if (p / "config.json").is_file()]
    return [RunFolder(p) for p in sorted(found, key=lambda p: -(p / "config.json").stat().st_mtime)]


def run_paths(folder: Path) -> list[Path]:
    """Folders in which a run may lie, links left out: those in a folder, and those in its sweeps."""
    found = [p for p in folder.iterdir() if p.is_dir() and not p.is_symlink()] if folder.is_dir() else []
    sweeps = [p for p in found if (p / STUDY).is_file()]
    return [*found, *(p for sweep in sweeps for p in sweep.iterdir() if p.is_dir() and not p.is_symlink())]


def new_run_path(name: str = "", folder: Path | None = None) -> Path:
    """A path for a new run: the time and the name, numbered where it is taken."""
    folder = folder or runs_folder()
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")
    base = time.strftime("%Y%m%d-%H%M%S") + (f"-{word}" if word else "")
    path, number = folder / base, 2
    while path.exists():
        path, number = folder / f"{base}-{number}", number + 1
    return path


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
