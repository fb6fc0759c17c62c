"""Work in a child process: it outlives the browser tab and the app, and is found again by its folder.

For training the child is ``python -m liveness train --resume --run DIR``; everything it says is in files of
DIR. It is known by its process number together with its start time, because numbers are used again.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psutil

from liveness.config import TrainConfig
from liveness.data.samples import absolute
from liveness.errors import RunError
from liveness.training.options import as_options
from liveness.training.runs import Progress, RunFolder, list_runs, new_run_path, runs_folder

_OUTPUT = "output.txt"
_CLOCK_DRIFT = 10.0  # seconds: Linux derives start times from the clock, which is set now and then
_children: dict[int, subprocess.Popen[bytes]] = {}


def start(dataset: Path | str, config: TrainConfig, path: Path | None = None, name: str = "") -> RunFolder:
    """Begin a run in a process of its own. Raises RunError when the folder holds a run already."""
    run = RunFolder(path or new_run_path(name))
    run.create(config)
    run.write_json("run.json", {"dataset": absolute(dataset)})
    _train(run)
    return run


def resume(run: RunFolder) -> None:
    """Go on with a run that was stopped, killed or failed. Raises RunError while it is running."""
    if process_of(run) is not None:
        raise RunError(f"{run.name} is still running")
    run.config()
    _train(run)


def stop(run: RunFolder, wait: float = 0.0) -> None:
    """Ask a run to stop at its next step; it keeps its best checkpoint. wait: seconds for it to end.

    Does nothing when it is not running.
    """
    process = process_of(run)
    if process is None:
        return
    try:
        process.terminate()
        if wait:
            process.wait(wait)
    except (psutil.NoSuchProcess, psutil.TimeoutExpired):
        pass


def process_of(run: RunFolder) -> psutil.Process | None:
    """The process that is working on a run, or None."""
    if not (run.path / "job.json").is_file():
        return None
    job = run.read_json("job.json")
    child = _children.get(int(job.get("pid", -1)))
    if child is not None:
        child.poll()  # a child that ended stays a zombie until it is asked
    try:
        process = psutil.Process(int(job["pid"]))
        same = abs(process.create_time() - float(job["created"])) < _CLOCK_DRIFT
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (psutil.NoSuchProcess, KeyError):
        return None


def progress(run: RunFolder) -> Progress:
    """Where a run is. One that says it works while its process is gone was interrupted: ``failed``."""
    found = run.progress() or Progress("preparing", "starting")
    if found.state in ("preparing", "training") and process_of(run) is None:
        found = run.progress() or found  # it may have ended between the two looks
        if found.state in ("preparing", "training"):
            reason = last_words(run) or "the process ended without a word"
            return replace(found, state="failed", message=f"interrupted, can be resumed: {reason}", eta=None)
    return found


def running(folder: Path | None = None) -> list[RunFolder]:
    """The runs of a folder that are being worked on now."""
    return [run for run in list_runs(folder) if process_of(run) is not None]


def busy(folder: Path | None = None) -> list[RunFolder]:
    """All folders that a child process works in now: trainings, protocols."""
    folder = folder or runs_folder()
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    return [run for path in inside if process_of(run := RunFolder(path)) is not None]


def last_words(run: RunFolder) -> str:
    """The last line that the process printed."""
    path = run.path / _OUTPUT
    if not path.is_file():
        return ""
    lines = [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "")


def command_line(dataset: Path | str, config: TrainConfig, recipe: str = "default") -> list[str]:
    """What to type to get the same run."""
    return ["liveness", "train", str(dataset), *as_options(config, recipe)]


def spawn(run: RunFolder, words: Sequence[str]) -> None:
    """``liveness WORDS`` in a process of its own, whose output and number are kept in the folder."""
    command = (sys.executable, "-m", "liveness", *words)
    with (run.path / _OUTPUT).open("wb") as output:
        child = subprocess.Popen(  # noqa: S603 - our own command, no shell
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    _children[child.pid] = child
    created = psutil.Process(child.pid).create_time()
    run.write_json("job.json", {"pid": child.pid, "created": created})


def _train(run: RunFolder) -> None:
    spawn(run, ["train", "--resume", "--run", str(run.path)])
