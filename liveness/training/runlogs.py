"""Logs of a training for other programs: TensorBoard's where it is installed, MLflow's where one is named.

``train`` hands every Progress on to them; they change nothing about the run.
"""

from __future__ import annotations

import importlib.util
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from liveness.config import TrainConfig, to_dict
from liveness.errors import RunError
from liveness.training.options import flat
from liveness.training.runs import Progress, RunFolder, State

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric
    from torch.utils.tensorboard import SummaryWriter

TENSORBOARD = "tensorboard"  # folder of the run
_LINK = "mlflow.json"
_EXPERIMENT = "liveness"
_STATUS = {"done": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}
# Not dev_scores.csv: names of files may be names of people, and the store may be a server.
_FILES = ("config.json", "environment.json", "metrics.csv", "best.pt")
_MADE_LATER = ("model.onnx", "figures")
_MOST_AT_ONCE = 900  # MLflow takes 1000


class RunLog(Protocol):
    """Something that is told how a run goes."""

    def say(self, progress: Progress) -> None:
        """Called for every change, steps and epochs among them."""

    def close(self, state: State) -> None:
        """The run is over, for now."""


def run_logs(folder: RunFolder, config: TrainConfig) -> list[RunLog]:
    """What is to be told of a run. Raises RunError when MLflow is asked for and cannot be used."""
    logs: list[RunLog] = []
    if importlib.util.find_spec("tensorboard") is not None:
        logs.append(TensorBoardLog(folder))
    if config.mlflow:
        logs.append(MlflowLog(folder, config))
    return logs


class _News:
    """What is new since the last call, by step: each step once, each epoch once."""

    def __init__(self) -> None:
        self._step, self._epoch = -1, -1.0

    def of(self, at: Progress) -> list[tuple[str, float, int]]:
        """Name, value and step of what has not been told yet."""
        found: list[tuple[str, float, int]] = []
        if at.loss is not None and at.step > self._step:
            self._step = at.step
            steps = {"loss": at.loss, "lr": at.lr, "images_per_second": at.images_per_second}
            found += [(f"train/{name}", value, at.step) for name, value in steps.items() if value is not None]
        if at.dev and at.dev["epoch"] > self._epoch:
            self._epoch = at.dev["epoch"]
            step = int(at.dev["step"])
            found += [
                (f"epoch/{name}", value, step)
                for name, value in at.dev.items()
                if name not in ("step", "seconds")
            ]
        return found


class TensorBoardLog:
    """Scalars into the folder ``tensorboard`` of a run; ``tensorboard --logdir runs`` shows all runs."""

    def __init__(self, folder: RunFolder) -> None:
        self._path = folder.path / TENSORBOARD
        self._writer: SummaryWriter | None = None
        self._news = _News()

    def say(self, progress: Progress) -> None:
        for name, value, step in self._news.of(progress):
            if self._writer is None:
                self._writer = self._open(step)
            self._writer.add_scalar(name, value, step)

    def close(self, state: State) -> None:
        if self._writer is not None:
            self._writer.close()

    def _open(self, step: int) -> SummaryWriter:
        """purge_step hides what a killed run wrote after the state that it goes on from."""
        from torch.utils.tensorboard import SummaryWriter

        first = None if not self._path.exists() else step
        return SummaryWriter(str(self._path), purge_step=first, flush_secs=20)


class MlflowLog:
    """One MLflow run for a training: settings, metrics, and its files at the end.

    A resumed training goes on with its MLflow run. A store that fails later than at the start is named in
    log.txt, and the training goes on without it.
    """

    def __init__(self, folder: RunFolder, config: TrainConfig) -> None:
        """Raises RunError without MLflow, or when the store cannot be used."""
        self._folder, self._news = folder, _News()
        self._waiting: list[Metric] = []
        self._usable = True
        try:
            from mlflow.exceptions import MlflowException
        except ImportError as error:
            raise RunError("logging to MLflow needs it: pip install 'liveness-workbench[mlflow]'") from error
        self._failure = MlflowException
        uri, artifacts = _store(config.mlflow)
        try:
            self._client = _client(uri)
            self._run = self._known(uri) or self._create(uri, artifacts, config)
        except MlflowException as error:
            raise RunError(f"the MLflow store {uri} cannot be used: {error}") from error

    def say(self, progress: Progress) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        news = self._news.of(progress)
        self._waiting += [Metric(name, value, now, step) for name, value, step in news]
        if any(name.startswith("epoch/") for name, _, _ in news) or len(self._waiting) > _MOST_AT_ONCE:
            self._send()

    def close(self, state: State) -> None:
        self._send()
        try:
            if self._usable:
                _upload(self._client, self._run, self._folder, _FILES)
                self._client.set_terminated(self._run, _STATUS.get(state, "FAILED"))
        except self._failure as error:
            self._give_up(error)

    def _send(self) -> None:
        """Rows one by one are slow: a data base commits each."""
        waiting, self._waiting = self._waiting, []
        try:
            if self._usable and waiting:
                self._client.log_batch(self._run, metrics=waiting)
        except self._failure as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._usable = False
        self._folder.log(f"no more is sent to MLflow: {error}")

    def _known(self, uri: str) -> str:
        """The MLflow run of a training that is resumed, running again; "" for a new one."""
        if not (self._folder.path / _LINK).is_file():
            return ""
        link = self._folder.read_json(_LINK)
        if link.get("uri") != uri:
            return ""
        self._client.update_run(link["run"], status="RUNNING")
        return str(link["run"])

    def _create(self, uri: str, artifacts: str | None, config: TrainConfig) -> str:
        from mlflow.entities import Param

        there = self._client.get_experiment_by_name(_EXPERIMENT)
        experiment = there.experiment_id if there else self._client.create_experiment(_EXPERIMENT, artifacts)
        run = str(self._client.create_run(experiment, run_name=self._folder.name).info.run_id)
        settings = [Param(name, json.dumps(value)) for name, value in flat(to_dict(config)).items()]
        self._client.log_batch(run, params=settings)
        self._folder.write_json(_LINK, {"uri": uri, "run": run})
        return run


def upload_finished(folder: RunFolder) -> None:
    """Add what was made after the training, model.onnx and figures, to its MLflow run if it has one.

    Raises RunError when the store refuses.
    """
    if not (folder.path / _LINK).is_file():
        return
    from mlflow.exceptions import MlflowException

    link = folder.read_json(_LINK)
    try:
        _upload(_client(link["uri"]), link["run"], folder, _MADE_LATER)
    except MlflowException as error:
        raise RunError(f"the MLflow store {link['uri']} cannot be used: {error}") from error


def _upload(client: MlflowClient, run: str, folder: RunFolder, names: tuple[str, ...]) -> None:
    for path in (folder.path / name for name in names):
        if path.is_dir():
            client.log_artifacts(run, str(path), path.name)
        elif path.is_file():
            client.log_artifact(run, str(path))


def _client(uri: str) -> MlflowClient:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri)


def _store(where: str) -> tuple[str, str | None]:
    """URI of the store and of its artifacts (None where the store knows): a folder holds both.

    Raises RunError for ``env`` without MLFLOW_TRACKING_URI.
    """
    if where == "env":
        uri = os.environ.get("MLFLOW_TRACKING_URI", "")
        if not uri:
            raise RunError("mlflow is env, but MLFLOW_TRACKING_URI is not set")
        return uri, None
    if "://" in where:
        return where, None
    folder = Path(where).expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{(folder / 'mlflow.db').as_posix()}", (folder / "artifacts").as_uri()
