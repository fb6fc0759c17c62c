"""What the Protocols tab works with: a protocol planned, run in a process of its own, found again, packed."""

from __future__ import annotations

import shlex
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from liveness.config import TrainConfig
from liveness.data.protocols import FOLDS, Choices, Named, Protocol, load_named, plan
from liveness.errors import InputError, RunError
from liveness.training import jobs
from liveness.training.options import as_options
from liveness.training.runs import PLAN, RESULTS, RunFolder, new_run_path
from liveness.ui.context import Context

State = Literal["running", "done", "stopped", "failed"]
COMMAND = "command.json"
_PACKED = ("results.*", PLAN, COMMAND, "*/evaluation/**/*", "*/run/config.json", "*/run/metrics.csv")


@dataclass(frozen=True)
class Asked:
    """What is asked for. data, test: a data set a line, ``DATA`` or ``NAME=DATA``; together: with commas."""

    kind: str
    data: str
    test: str
    folds: int
    together: str
    recipe: str
    config: TrainConfig


def planned(asked: Asked) -> Protocol:
    """The folds. Raises DatasetError, also for data that cannot be divided like that."""
    return _planned(asked, *_loaded(asked))


def command(asked: Asked) -> str:
    """The command line that does the same."""
    return shlex.join(["liveness", *_words(asked, _lines(asked.data), _lines(asked.test))])


def start(context: Context, asked: Asked, name: str) -> str:
    """Begin a protocol; the name of its folder. Raises InputError, DatasetError, and RunError while a
    training or another protocol is running."""
    if not context.admin:
        raise InputError("training is off on this address")
    _check_idle(context)
    data, test = _loaded(asked)
    _planned(asked, data, test)  # what is wrong with it is said here rather than in a log
    words = _words(asked, *([f"{d.name}={d.place}" for d in part] for part in (data, test)))
    run = RunFolder(
        new_run_path(f"protocol-{asked.kind}-{name.strip()}".rstrip("-"), context.runs()).resolve()
    )
    run.path.mkdir(parents=True)
    run.write_json(COMMAND, {"words": [*words, "--out", str(run.path)]})
    _spawn(run)
    return run.name


def resume(context: Context, name: str | None) -> None:
    """Go on with a protocol that was stopped or failed: finished folds are kept. Raises RunError."""
    run = find(context, name)
    _check_idle(context)
    _spawn(run)


def state(run: RunFolder) -> State:
    """Whether a protocol is at work, or how it ended."""
    if jobs.process_of(run) is not None:
        return "running"
    if (run.path / RESULTS).is_file():
        return "done"
    return "failed" if jobs.last_words(run).startswith("liveness: ") else "stopped"


def last_words(run: RunFolder) -> str:
    """Why a protocol is not at work, in words."""
    if not (run.path / COMMAND).is_file():
        return "It was begun on the command line and goes on there, with the same command"
    words = jobs.last_words(run).removeprefix("liveness: ")
    return "Interrupted: press Go on" if words.startswith(("fold ", "stopped")) else words


def kept(context: Context) -> list[str]:
    """Names of the protocols among the runs, the newest first."""
    root = context.runs()
    found = [p for p in root.iterdir() if _is_protocol(p)] if root.is_dir() else []
    return [p.name for p in sorted(found, key=lambda p: p.stat().st_ctime, reverse=True)]


def find(context: Context, name: str | None) -> RunFolder:
    """A protocol by its name; names do not lead out of the folder. Raises RunError."""
    if not name or name not in kept(context):
        raise RunError("choose a protocol first" if not name else f"there is no protocol called {name}")
    return RunFolder(context.runs() / name)


def packed(context: Context, name: str | None) -> Path:
    """A ZIP of tables, plan, scores and settings, without checkpoints, in the app's own cache."""
    run = find(context, name)
    if not (run.path / RESULTS).is_file():
        raise RunError(f"{run.name} has no results yet")
    with tempfile.TemporaryDirectory(prefix="liveness-protocol-") as folder:
        made = Path(folder) / f"{run.name}.zip"
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted({p for pattern in _PACKED for p in run.path.glob(pattern) if p.is_file()}):
                archive.write(path, path.relative_to(run.path))
        return Path(save_file_to_cache(made, get_upload_folder()))


def _is_protocol(path: Path) -> bool:
    return (path / PLAN).is_file() or (path / COMMAND).is_file()


def _check_idle(context: Context) -> None:
    busy = jobs.busy(context.runs())
    if busy:
        raise RunError(f"{busy[0].name} is still running: stop it first, or wait")


def _spawn(run: RunFolder) -> None:
    if not (run.path / COMMAND).is_file():
        raise RunError(f"{run.name} was begun on the command line: give the same command again there")
    jobs.spawn(run, run.read_json(COMMAND)["words"])


def _loaded(asked: Asked) -> tuple[list[Named], list[Named]]:
    lines, tested = _lines(asked.data), _lines(asked.test)
    if not lines:
        raise InputError("name a data set first, or make the demo data set")
    return [load_named(line) for line in lines], [load_named(line) for line in tested]


def _planned(asked: Asked, data: Sequence[Named], test: Sequence[Named]) -> Protocol:
    together = tuple(name.strip() for name in asked.together.split(",") if name.strip())
    return plan(asked.kind, data, Choices(asked.config.seed, asked.folds, tuple(test), together))


def _words(asked: Asked, data: Sequence[str], test: Sequence[str]) -> list[str]:
    words = ["protocol", asked.kind, *data]
    if asked.kind == "cross":
        words += [word for line in test for word in ("--test", line)]
    if asked.kind in ("k-fold", "leave-sources-out") and asked.folds != FOLDS:
        words += ["--folds", str(asked.folds)]
    if asked.kind == "leave-sources-out" and asked.together.strip():
        words += ["--together", ",".join(name.strip() for name in asked.together.split(","))]
    return [*words, *as_options(asked.config, asked.recipe, {})]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
