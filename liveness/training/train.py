"""Samples -> a trained checkpoint, as a generator of progress. The CLI, the app and the tests run this one.

    for progress in train(samples, config, Path("runs/first")):
        print(progress.epoch, progress.loss, progress.dev)

Closing the generator stops the run and keeps the best checkpoint.
"""

from __future__ import annotations

import pickle
import random
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from liveness.config import TrainConfig, to_dict
from liveness.data.prepare import Prepared
from liveness.errors import RunError
from liveness.training.engine import Engine
from liveness.training.ledger import Ledger
from liveness.training.loader import Loader
from liveness.training.network import build, initialise, learned_before, save_atomically
from liveness.training.parts import data_fingerprint, divide, find_faces
from liveness.training.runlogs import RunLog, run_logs
from liveness.training.runs import Progress, RunFolder
from liveness.training.teachers import load_teachers, taught
from liveness.types import Sample

_WRITE_SECONDS = 0.5
_MAY_CHANGE = frozenset({"workers", "device", "precision", "save_seconds", "patience", "mlflow"})


def train(
    samples: Sequence[Sample], config: TrainConfig, run: Path, resume: bool = False, cache: Path | None = None
) -> Generator[Progress, None, None]:
    """Train a network and leave it in the folder ``run`` as best.pt.

    The threshold is picked on dev; samples of the test split are not looked at. resume: go on from
    last.pt where there is one. cache: folder for the regions, see ``prepare``. Raises DatasetError for
    data that cannot be trained on, RunError for a run that cannot be started, resumed or that diverges.
    """
    folder = RunFolder(run)
    if resume and (folder.path / "config.json").is_file():
        _check_settings(folder.config(), config)
    else:
        folder.create(config)
    reporter = _Reporter(folder)
    try:
        reporter.logs = run_logs(folder, config)
        yield from _train(samples, config, folder, reporter, resume, cache)
    except GeneratorExit:
        reporter.say(replace(reporter.last, state="stopped", message="stopped; the best checkpoint is kept"))
        raise
    except BaseException as error:
        reporter.say(replace(reporter.last, state="failed", message=str(error) or type(error).__name__))
        raise
    finally:
        reporter.close()


def _train(
    samples: Sequence[Sample],
    config: TrainConfig,
    folder: RunFolder,
    reporter: _Reporter,
    resume: bool,
    cache: Path | None,
) -> Iterator[Progress]:
    random.seed(config.seed)
    torch.manual_seed(config.seed)

    # --- faces: found once, kept on disk ---
    prepared = yield from _faces([s for s in samples if s.split != "test"], config, reporter, cache)

    # --- splits: by source and subject ---
    parts = divide(prepared, config)
    folder.log(parts.how)
    fingerprint = data_fingerprint(parts)

    # --- network ---
    yield reporter.say(replace(reporter.last, message="building the network"))
    saved = _read_state(folder, fingerprint) if resume else {}
    teachers, without = load_teachers(config)
    for sentence in without:
        folder.log(sentence)
        yield reporter.say(replace(reporter.last, message=sentence))
    network = build(config.network, 1 + len(teachers))
    start = str(saved["initialisation"]) if saved else initialise(network, config.network, config.init)
    shown = config if teachers else replace(config, mixed=0.0)  # mixed pictures have no label but theirs
    loader = Loader(parts.train, shown, [t.window for t in teachers if t.window])
    steps = loader.batches * config.epochs
    precision = str(saved.get("engine", {}).get("precision", ""))
    votes = [config.teacher_votes.get(teacher.name, 0.5) for teacher in teachers]
    engine = Engine(network, config, steps, precision, votes, [t.widths for t in teachers])
    ledger = Ledger(config, parts, fingerprint, folder, learned_before(config.init))
    if saved:
        engine.restore(saved["engine"])
        ledger.restore(saved["ledger"])
    folder.write_environment(
        initialisation=start,
        teachers=[teacher.name for teacher in teachers],
        device=str(engine.device),
        precision=engine.precision,
        split=parts.how,
    )
    folder.log(
        f"{start}; {engine.precision} on {engine.device}; {len(parts.train)} train, {len(parts.dev)} dev"
    )
    yield reporter.say(
        Progress(
            "training",
            start,
            epochs=config.epochs,
            step=engine.step,
            steps=steps,
            best_epoch=ledger.best_epoch,
        )
    )

    # --- epochs ---
    clock = _Clock()
    try:
        for epoch in range(engine.step // loader.batches + 1, config.epochs + 1):
            for batch in loader.epoch(epoch, engine.step % loader.batches):
                loss = engine.learn(batch, taught(teachers, batch))
                ledger.losses.append(loss)
                rate = clock.rate()
                yield reporter.say(
                    replace(
                        reporter.last,
                        message="",
                        epoch=epoch,
                        step=engine.step,
                        loss=float(np.mean(ledger.losses[-20:])),
                        lr=engine.rate,
                        images_per_second=rate * loader.batch,
                        eta=(steps - engine.step) / rate if rate else None,
                    )
                )
                if clock.due(config.save_seconds) and engine.step % loader.batches:
                    _write_state(folder, engine, ledger, start, fingerprint)

            # --- evaluate on dev, keep the best, remember where we are ---
            yield reporter.say(replace(reporter.last, message="scoring dev"))
            ledger.close_epoch(epoch, engine)
            clock.pause()
            if clock.due(config.save_seconds) or epoch == config.epochs:
                _write_state(folder, engine, ledger, start, fingerprint)
            yield reporter.say(
                replace(reporter.last, message="", dev=ledger.rows[-1], best_epoch=ledger.best_epoch)
            )
            if config.patience and epoch - ledger.best_epoch >= config.patience:
                folder.log(f"no better for {config.patience} epochs: stopped early")
                break
    except GeneratorExit:
        if engine.step % loader.batches:
            _write_state(folder, engine, ledger, start, fingerprint)
        if not folder.best.exists():  # stopped before the first epoch was over: keep what there is
            ledger.close_epoch(engine.step // loader.batches + 1, engine)
        folder.log("stopped")
        raise
    folder.log(f"done; best epoch {ledger.best_epoch}")
    yield reporter.say(replace(reporter.last, state="done", message="done", eta=0.0))


# ------------------------------------------------------------------ data


def _faces(
    samples: Sequence[Sample], config: TrainConfig, reporter: _Reporter, cache: Path | None
) -> Generator[Progress, None, Prepared]:
    """``find_faces`` with its progress as that of the run, and its problems in the run's log."""
    steps = find_faces(samples, config, cache)
    while True:
        try:
            at = next(steps)
        except StopIteration as end:
            prepared: Prepared = end.value
            break
        yield reporter.say(Progress("preparing", f"finding faces: {at.done} of {at.total}"))
    for problem in prepared.problems:
        reporter.folder.log(f"left out: {problem.where}: {problem.reason}")
    for sample in prepared.no_face:
        reporter.folder.log(f"left out, no face found: {sample.path}")
    return prepared


# ------------------------------------------------------------------ state and progress


def _write_state(folder: RunFolder, engine: Engine, ledger: Ledger, start: str, fingerprint: str) -> None:
    state = {"engine": engine.state(), "ledger": ledger.state(), "initialisation": start}
    save_atomically(folder.last, {**state, "data": fingerprint})


def _read_state(folder: RunFolder, fingerprint: str) -> dict[str, Any]:
    """What last.pt holds, or nothing when the run ended before it was written. Raises RunError."""
    if not folder.last.exists():
        return {}
    try:
        state: dict[str, Any] = torch.load(folder.last, map_location="cpu", weights_only=True)
        data = state["data"]
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise RunError(f"{folder.last} cannot be read: {error}") from error
    if data != fingerprint:
        raise RunError("the run cannot be resumed: the data set is not the one that it started with")
    return state


def _check_settings(kept: TrainConfig, now: TrainConfig) -> None:
    """Raises RunError when a run is to be resumed with settings that would make it another run."""
    before, after = to_dict(kept), to_dict(now)
    changed = [k for k in after if k not in _MAY_CHANGE and after[k] != before[k]]
    if changed:
        raise RunError(f"the run cannot be resumed with other settings: {', '.join(changed)}")


class _Clock:
    """Steps a second of late, and when the state was last saved."""

    def __init__(self) -> None:
        self._times: deque[float] = deque([time.monotonic()], maxlen=40)
        self._saved = time.monotonic()

    def rate(self) -> float:
        """Steps a second; call it once a step."""
        self._times.append(time.monotonic())
        passed = self._times[-1] - self._times[0]
        return (len(self._times) - 1) / passed if passed > 0 else 0.0

    def due(self, seconds: float) -> bool:
        """Whether it is time to save; counts as saved then."""
        now = time.monotonic()
        if now - self._saved < seconds:
            return False
        self._saved = now
        return True

    def pause(self) -> None:
        """What was done meanwhile was not training."""
        self._times = deque([time.monotonic()], maxlen=40)


class _Reporter:
    """Hands progress on, to the run's logs too, and writes it down: every change of state, else not more than
    twice a second.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.last = Progress("preparing")
        self.logs: list[RunLog] = []
        self._written = 0.0

    def say(self, progress: Progress) -> Progress:
        now = time.monotonic()
        changed = progress.state != self.last.state or progress.dev != self.last.dev
        if changed or now - self._written > _WRITE_SECONDS:
            self.folder.write_progress(progress)
            self._written = now
        self.last = progress
        for log in self.logs:
            log.say(progress)
        return progress

    def close(self) -> None:
        for log in self.logs:
            log.close(self.last.state)
