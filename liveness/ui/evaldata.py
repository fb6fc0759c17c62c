"""What the Evaluate tab works with: models to choose from, an evaluation run, kept and opened again."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from liveness.data.samples import choose_split, load_dataset
from liveness.data.ziparchive import sha256_of
from liveness.detect.boxcache import remembering
from liveness.errors import DatasetError, InputError
from liveness.measure.evalfolder import is_evaluation, load_evaluation, write_evaluation
from liveness.measure.evaluate import Evaluation, Setting, dataset_name, evaluate
from liveness.measure.joinframes import Join
from liveness.measure.judging import EvaluateOptions, Evaluating
from liveness.systems import System, load_system, read_published
from liveness.training.runs import list_runs, new_run_path
from liveness.ui.context import Context
from liveness.ui.detectors import make_ready

MOST_MODELS = 8
IN_USE = "the model in use"
PEERS = Path(__file__).resolve().parents[2] / "benchmarks" / "peers"


@dataclass(frozen=True)
class Asked:
    """What is asked for. models: choices of ``model_choices``, or paths; part: a split, all or auto."""

    dataset: str
    models: Sequence[str]
    part: str
    detector: str
    accepted: bool
    always_detect: bool
    join: Join
    frames: int
    model_in_use: str | None = None


def model_choices(context: Context) -> list[tuple[str, str]]:
    """What can be chosen: the model in use, exported runs, published systems that the project describes."""
    runs = [(f"run {r.name}", str(r.model)) for r in list_runs(context.runs()) if r.model.is_file()]
    peers = [(f"published: {path.stem}", str(path)) for path in sorted(PEERS.glob("*.json"))]
    return [(IN_USE.capitalize(), IN_USE), *runs, *peers]


def run_evaluation(context: Context, asked: Asked) -> Generator[Evaluating, None, Path]:
    """Evaluate and keep the result among the runs; the generator's value is its folder.

    Raises InputError and DatasetError for what cannot be evaluated, ModelError for a model that is refused.
    """
    if not context.admin:
        raise InputError("evaluating is off on this address")
    if not asked.dataset.strip():
        raise DatasetError("name a data set first, or make the demo data set")
    path = Path(asked.dataset.strip()).expanduser()
    dataset = load_dataset(path)
    systems, models = _systems(context, asked)
    samples, part = choose_split(dataset.samples, None if asked.part == "auto" else asked.part)
    needed = asked.always_detect or any(sample.box is None for sample in samples)
    if needed:
        make_ready(asked.detector, asked.accepted)
    found = "by the data set's boxes" + (f", else by {asked.detector}" if needed else "")
    setting = Setting(
        dataset=dataset_name(path),
        root=dataset.root.resolve(),
        part=part,
        faces=f"faces by {asked.detector}" if asked.always_detect else f"faces {found}",
        command=_command(asked, path, models),
    )
    options = EvaluateOptions(asked.always_detect, asked.frames, asked.join)
    detect = remembering(asked.detector) if needed else None
    done = yield from evaluate(systems, samples, detect, options=options, setting=setting)
    folder = new_run_path(f"evaluate-{setting.dataset}", context.runs())
    write_evaluation(folder, done)
    return folder


def evaluations(context: Context) -> list[str]:
    """Names of the kept evaluations, the newest first."""
    root = context.runs()
    found = [p for p in root.iterdir() if is_evaluation(p)] if root.is_dir() else []
    return [p.name for p in sorted(found, key=lambda p: p.stat().st_mtime, reverse=True)]


def opened(context: Context, name: str | None) -> Evaluation:
    """A kept evaluation by its name; names do not lead out of the folder. Raises InputError."""
    if not name or name not in evaluations(context):
        raise InputError(
            "choose an evaluation first" if not name else f"there is no evaluation called {name}"
        )
    folder = context.runs() / name
    return _loaded(folder, (folder / "evaluation.json").stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _loaded(folder: Path, changed: int) -> Evaluation:
    return load_evaluation(folder)


def system_of(context: Context, done: Evaluation, index: int, model_in_use: str | None) -> System:
    """The system that gave the scores, from where it can still be found. Raises InputError."""
    about = done.facts.systems[index]
    words = shlex.split(done.facts.command)
    places = [context.model_path(model_in_use), *(Path(p) for _, p in model_choices(context) if p != IN_USE)]
    places += [Path(word) for word in words if Path(word).suffix in (".onnx", ".json")]
    for place in places:
        if place.is_file() and _files(place) == set(about.sha256.values()):
            return load_system(place)
    raise InputError(f"the file of {about.name} is no longer here, or has changed")


def _files(path: Path) -> set[str]:
    """SHA-256 of what a system is made of."""
    if path.suffix == ".json":
        return {model.sha256 for model in read_published(path).models}
    return {sha256_of(path)}


def _systems(context: Context, asked: Asked) -> tuple[list[System], list[Path]]:
    """The chosen systems, and where they lie. Raises InputError, ModelError."""
    if not asked.models:
        raise InputError("choose a model first")
    if len(asked.models) > MOST_MODELS:
        raise InputError(f"at most {MOST_MODELS} models are compared, got {len(asked.models)}")
    paths = [
        context.model_path(asked.model_in_use) if name == IN_USE else Path(name).expanduser()
        for name in asked.models
    ]
    return [load_system(path, threads=1) for path in paths], paths


def _command(asked: Asked, dataset: Path, models: Sequence[Path]) -> str:
    """The same on the command line."""
    words = ["liveness", "evaluate", str(dataset)]
    words += [word for path in models for word in ("--model", str(path))]
    words += [] if asked.part == "auto" else ["--split", asked.part]
    words += ["--detector", asked.detector] if asked.always_detect else []
    words += [] if asked.join == "mean" else ["--join", asked.join]
    words += [] if asked.frames == 8 else ["--frames", str(asked.frames)]
    return shlex.join(words)
