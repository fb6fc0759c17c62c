"""Training in a child process, with the real command."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from liveness.config import RECIPES, AugmentConfig, CropConfig, InputConfig, TrainConfig
from liveness.errors import RunError
from liveness.training import jobs
from liveness.training.network import load_checkpoint
from liveness.training.runs import RunFolder
from tests.drawn import write_drawn

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

CONFIG = TrainConfig(
    init="none",
    input=InputConfig(CropConfig(size=32, margin=1.5)),
    augment=AugmentConfig(margin=(1.2, 1.8), wide=0.0, strength=0.3),
    epochs=3,
    batch=16,
    ema=0.8,
    precision="fp32",
)


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIVENESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    (tmp_path / "drawn").mkdir()
    return write_drawn(tmp_path / "drawn", count=8)


@pytest.fixture
def started(drawn: Path, tmp_path: Path) -> Iterator[Callable[..., RunFolder]]:
    """Starts runs, and ends what is left of them after the test."""
    runs: list[RunFolder] = []

    def start(name: str, **changes: object) -> RunFolder:
        run = jobs.start(drawn, replace(CONFIG, **changes), tmp_path / "runs" / name)  # type: ignore[arg-type]
        runs.append(run)
        return run

    yield start
    for run in runs:
        process = jobs.process_of(run)
        if process is not None:
            process.kill()
            process.wait()


def wait_for(condition: Callable[[], bool], seconds: float = 400) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def test_stopped_politely_it_keeps_its_best_and_its_model(
    started: Callable[..., RunFolder], tmp_path: Path
) -> None:
    run = started("polite", epochs=500)
    assert [r.name for r in jobs.running(tmp_path / "runs")] == ["polite"]
    with pytest.raises(RunError, match="still running"):
        jobs.resume(run)
    wait_for(lambda: jobs.progress(run).best_epoch >= 1)
    jobs.stop(run)
    wait_for(lambda: jobs.process_of(run) is None)
    assert jobs.progress(run).state == "stopped"
    assert load_checkpoint(run.best).info.metrics["dev_auc"] >= 0
    assert run.model.is_file(), jobs.last_words(run)
    assert jobs.running(tmp_path / "runs") == []
    jobs.stop(run)  # nothing to stop: nothing happens


def test_killed_at_a_random_step_and_resumed_it_ends_where_the_undisturbed_run_does(
    started: Callable[..., RunFolder],
) -> None:
    whole = started("whole")
    wait_for(lambda: jobs.process_of(whole) is None)
    assert jobs.progress(whole).state == "done"
    steps = jobs.progress(whole).steps

    run = started("killed", save_seconds=0.0)
    step = random.randint(1, steps - 2)
    wait_for(lambda: jobs.progress(run).step >= step or jobs.process_of(run) is None)
    process = jobs.process_of(run)
    assert process is not None, "it ended before it could be killed"
    os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: jobs.process_of(run) is None)
    assert jobs.progress(run).state == "failed"
    assert "can be resumed" in jobs.progress(run).message

    jobs.resume(run)
    wait_for(lambda: jobs.process_of(run) is None)
    assert jobs.progress(run).state == "done", jobs.last_words(run)
    for name in ("dev_loss", "train_loss"):
        assert run.metrics()[-1][name] == pytest.approx(whole.metrics()[-1][name], rel=0.01), name


def test_a_run_that_cannot_start_says_why(started: Callable[..., RunFolder]) -> None:
    run = started("bad", init="missing.pt")
    wait_for(lambda: jobs.process_of(run) is None)
    found = jobs.progress(run)
    assert found.state == "failed"
    assert "there is no file missing.pt" in found.message


def test_it_survives_its_parent(drawn: Path, tmp_path: Path) -> None:
    """A session of its own: what ends the app's process group does not reach it."""
    run = jobs.start(drawn, replace(CONFIG, epochs=500), tmp_path / "runs" / "own")
    process = jobs.process_of(run)
    assert process is not None
    try:
        assert os.getsid(process.pid) != os.getsid(0)
        jobs._children.clear()  # as an app that was started again
        assert jobs.process_of(run) == process
    finally:
        process.kill()
        process.wait()
    assert jobs.process_of(run) is None


def test_a_number_used_again_is_not_the_run(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.create(CONFIG)
    run.write_json("job.json", {"pid": os.getpid(), "created": psutil.Process().create_time() - 100})
    assert jobs.process_of(run) is None
    run.write_json("job.json", {"pid": os.getpid(), "created": psutil.Process().create_time()})
    assert jobs.process_of(run) == psutil.Process()


def test_command_line() -> None:
    line = jobs.command_line("my faces", replace(RECIPES["default"], epochs=7, seed=3))
    assert line == ["liveness", "train", "my faces", "--recipe", "default", "--epochs", "7", "--seed", "3"]
