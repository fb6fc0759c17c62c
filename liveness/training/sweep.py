"""A search for settings: trainings one after another, chosen by Optuna from those before, kept in SQLite.

A stopped sweep goes on where it was, within the training that was running. Needs the extra ``sweep``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from liveness.config import TrainConfig
from liveness.errors import InputError, RunError
from liveness.training.options import parse_setting, with_changes
from liveness.training.runs import STUDY, RunFolder
from liveness.training.train import train
from liveness.types import Sample

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True, slots=True)
class Range:
    """Values of one setting: of a list, or numbers between two ends; ``log``: evenly in the logarithm."""

    name: str
    choices: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False

    @property
    def whole(self) -> bool:
        """Both ends were whole numbers, so all values are."""
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclass(frozen=True, slots=True)
class Tried:
    """One finished training of a sweep. auc: of its best epoch on dev."""

    number: int
    folder: Path
    settings: Mapping[str, Any]
    auc: float


def parse_range(text: str) -> Range:
    """``lr=1e-5..1e-3:log``, ``epochs=4..12`` or ``batch=16,32,64``. Raises InputError for anything else."""
    name, _, values = text.partition("=")
    word, _, log = values.partition(":")
    if not name or not values or log not in ("", "log"):
        raise InputError(f"a range is NAME=LOW..HIGH, NAME=LOW..HIGH:log or NAME=A,B,C, got {text!r}")
    if ".." not in word:
        return Range(name, tuple(parse_setting(f"{name}={value}")[1] for value in values.split(",")))
    low, high = (parse_setting(f"{name}={end}")[1] for end in word.split("..", 1))
    numbers = all(isinstance(end, (int, float)) and not isinstance(end, bool) for end in (low, high))
    if not numbers or not low < high or (log and low <= 0):
        raise InputError(f"{name} needs two rising numbers, above 0 for a logarithm, got {values!r}")
    return Range(name, (), low, high, bool(log))


def sweep(
    samples: Sequence[Sample],
    base: TrainConfig,
    ranges: Sequence[Range],
    folder: Path,
    trials: int,
    cache: Path | None = None,
) -> Iterator[Tried]:
    """Train until so many trainings are done, counting those of before; yields each as it ends.

    folder: of the sweep, ``study.db`` and ``trial-000`` ... in it. Raises InputError for a setting that there
    is not, RunError without Optuna.
    """
    if not ranges:
        raise InputError("a sweep needs at least one setting to vary")
    study = _study(folder)
    with_changes(base, {r.name: r.choices[0] if r.choices else r.low for r in ranges})
    while len(_finished(study)) < trials:
        number, settings = _next(study, ranges, base.seed)
        run = RunFolder(folder / f"trial-{number:03d}")
        config = with_changes(base, settings)
        if not (run.path / "config.json").is_file():
            run.create(config)
        for _ in train(samples, config, run.path, resume=True, cache=cache):
            pass
        auc = best_auc(run)
        study.tell(number, auc)
        yield Tried(number, run.path, settings, auc)


def best_auc(run: RunFolder) -> float:
    """AUC on dev of the best epoch. Raises RunError when nothing was evaluated."""
    rates = [row["auc"] for row in run.metrics() if "auc" in row]
    if not rates:
        raise RunError(f"{run.name} has no AUC on dev: the data set has no dev part?")
    return max(rates)


def _next(study: optuna.Study, ranges: Sequence[Range], seed: int) -> tuple[int, dict[str, Any]]:
    """The training that was interrupted, else a new one: its number in the study and its settings."""
    from optuna.samplers import TPESampler
    from optuna.trial import TrialState

    waiting = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    named = {r.name for r in ranges}
    for trial in waiting:
        if set(trial.params) == named:
            return trial.number, dict(trial.params)
        study.tell(trial.number, state=TrialState.FAIL)  # it stopped before its settings were drawn
    # Seeded anew each time: a sampler that starts again with the process would draw what was drawn before.
    study.sampler = TPESampler(seed=seed + len(study.get_trials(deepcopy=False)))
    asked = study.ask()
    return asked.number, {r.name: _drawn(asked, r) for r in ranges}


def _drawn(trial: optuna.Trial, of: Range) -> Any:
    if of.choices:
        return trial.suggest_categorical(of.name, list(of.choices))
    if of.whole:
        return trial.suggest_int(of.name, int(of.low), int(of.high), log=of.log)
    return trial.suggest_float(of.name, of.low, of.high, log=of.log)


def _finished(study: optuna.Study) -> list[Any]:
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _study(folder: Path) -> optuna.Study:
    try:
        import optuna
    except ImportError as error:
        raise RunError("a sweep needs Optuna: pip install 'liveness-workbench[sweep]'") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    return optuna.create_study(
        storage=f"sqlite:///{(folder / STUDY).as_posix()}",
        study_name="sweep",
        direction="maximize",
        load_if_exists=True,
    )
