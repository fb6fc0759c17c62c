"""The folder of runs, trainings, evaluations and protocols: listed, compared, renamed, deleted, packed."""

from __future__ import annotations

import json
import re
import shutil
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from liveness.errors import RunError
from liveness.measure.evalfolder import FACTS, is_evaluation
from liveness.training import jobs
from liveness.training.runs import PLAN, RESULTS, RunFolder, run_paths

Kind = Literal["training", "evaluation", "protocol"]
SORTS = ("when", "name", "kind", "auc", "eer", "apcer", "bpcer")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SKIPPED = ("job.json", "mlflow.json")  # a process number or a store means nothing elsewhere


@dataclass(frozen=True, slots=True)
class Entry:
    """One training, evaluation or protocol.

    what: the network that was trained, the models and data of an evaluation, or kind and folds of a protocol;
    part: of the data that the rates are on; rates 0..1 (APCER of the worst species), of the best epoch on dev
    or of the first model; None where there are none: a protocol has tables of its own.
    """

    path: Path
    kind: Kind
    when: float
    state: str
    what: str
    part: str = ""
    auc: float | None = None
    eer: float | None = None
    apcer: float | None = None
    bpcer: float | None = None

    @property
    def name(self) -> str:
        return RunFolder(self.path).name

    @property
    def date(self) -> str:
        """When its settings were written, in local time."""
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(self.when))


def entries(folder: Path, sort: str = "when") -> list[Entry]:
    """All of a folder, sorted: the newest first, or by a rate with the best first.

    Raises RunError for a column that there is not.
    """
    if sort not in SORTS:
        raise RunError(f"runs are sorted by {', '.join(SORTS)}, not by {sort!r}")
    found = [entry for path in run_paths(folder) if (entry := _entry(path)) is not None]
    if sort in ("name", "kind"):
        return sorted(found, key=lambda e: str(getattr(e, sort)))
    if sort == "when":
        return sorted(found, key=lambda e: -e.when)
    sign = -1 if sort == "auc" else 1

    def by_rate(entry: Entry) -> tuple[bool, float]:
        value = getattr(entry, sort)
        return value is None, sign * (value or 0.0)

    return sorted(found, key=by_rate)


def find(folder: Path, name: str) -> Entry:
    """A run by its name; names do not lead out of the folder. Raises RunError when there is none."""
    entry = next(
        (e for path in run_paths(folder) if RunFolder(path).name == name and (e := _entry(path))), None
    )
    if entry is None:
        raise RunError(f"there is no run called {name!r} in {folder}")
    return entry


def settings_of(entry: Entry) -> dict[str, str]:
    """Dotted names to JSON values: settings of a training, facts of an evaluation, plan of a protocol."""
    name = {"training": "config.json", "evaluation": FACTS, "protocol": PLAN}[entry.kind]
    values = RunFolder(entry.path).read_json(name)
    if entry.kind == "evaluation":
        systems = {
            s["name"]: {k: v for k, v in s.items() if k != "sha256" and v not in ("", None)}
            for s in values.pop("systems")
        }
        values["models"] = list(systems)
        # One model alone is held against one of another name; several are told apart by their names.
        alone = len(systems) == 1
        values |= {"model" if alone else f"model {name}": about for name, about in systems.items()}
        values = {k: v for k, v in values.items() if k not in ("created", "left_out", "environment")}
    if entry.kind == "protocol":
        values["folds"] = {
            fold["name"]: [*fold.get("shown", ()), fold.get("fingerprint")] for fold in values["folds"]
        }
    return dict(_flat(values))


def changes(found: Sequence[Entry]) -> dict[str, list[str]]:
    """The settings in which runs of one kind are not all alike: name to a value for each run.

    A value is "" where a run has none, and for runs of another kind, whose settings are others.
    """
    made: dict[str, list[str]] = {}
    for kind in dict.fromkeys(entry.kind for entry in found):
        places = [place for place, entry in enumerate(found) if entry.kind == kind]
        for name, values in _differing([settings_of(found[place]) for place in places]).items():
            row = made.setdefault(name, [""] * len(found))
            for place, value in zip(places, values):
                row[place] = value
    return made


def _differing(settings: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    names = sorted({name for own in settings for name in own})
    columns = {name: [own.get(name, "") for own in settings] for name in names}
    return {n: v for n, v in columns.items() if len(set(v)) > 1 and not _of_some_models(n, settings)}


def _of_some_models(name: str, settings: Sequence[Mapping[str, str]]) -> bool:
    """Whether a setting is of a model that not all evaluations have: ``models`` says which have it."""
    model, _, _ = name.rpartition(".")
    return name.startswith(("model ", "model.")) and any(f"{model}.name" not in own for own in settings)


def rename(folder: Path, name: str, new: str) -> Entry:
    """Give a run another name. Raises RunError when it is taken, or is none, and while the run is running."""
    entry = _idle(folder, name)
    if not _NAME.fullmatch(new):
        raise RunError(f"a name has letters, digits, dots, dashes and underscores, got {new!r}")
    target = entry.path.with_name(new)
    if target.exists():
        raise RunError(f"{new} is taken already")
    entry.path.rename(target)
    return find(folder, RunFolder(target).name)


def delete(folder: Path, name: str) -> None:
    """Remove a run for good. Raises RunError when there is none, and while it is running."""
    shutil.rmtree(_idle(folder, name).path)


def pack(folder: Path, name: str, target: Path) -> Path:
    """Everything of a run as a ZIP, but for what means something on this machine only. Raises RunError."""
    entry = find(folder, name)
    partial = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
            for path in sorted(p for p in entry.path.rglob("*") if p.is_file()):
                if path.name not in _SKIPPED and not path.name.startswith("."):
                    archive.write(path, Path(entry.path.name) / path.relative_to(entry.path))
        partial.replace(target)
    except OSError as error:
        raise RunError(f"{target} could not be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def _entry(path: Path) -> Entry | None:
    if is_evaluation(path):
        return _evaluation(path)
    if (path / PLAN).is_file():
        return _protocol(path)
    return _training(RunFolder(path)) if (path / "config.json").is_file() else None


def _training(run: RunFolder) -> Entry:
    when = (run.path / "config.json").stat().st_mtime
    try:
        at, rows = jobs.progress(run), run.metrics()
        what = str(run.read_json("config.json").get("network", ""))
    except RunError as error:
        return Entry(run.path, "training", when, f"unreadable: {error}", "")
    best = next((row for row in rows if row["epoch"] == at.best_epoch), {})
    rates = {name: best.get(name) for name in ("auc", "eer", "apcer", "bpcer")}
    return Entry(run.path, "training", when, at.state, what, "dev", **rates)


def _evaluation(path: Path) -> Entry:
    when = (path / FACTS).stat().st_mtime
    try:
        folder = RunFolder(path)
        facts, report = folder.read_json(FACTS), folder.read_json("report.json")
        names = [system["name"] for system in facts["systems"]]
        overall = report["systems"][names[0]]["overall"]
        what = f"{', '.join(names)} on {facts['dataset']}"
        rates = {name: overall[name] for name in ("auc", "eer")}
        rates |= {name: overall[name]["rate"] for name in ("apcer", "bpcer")}
        part = str(facts["part"]).removeprefix("the ").removesuffix(" part")
    except (RunError, KeyError, IndexError, TypeError) as error:
        return Entry(path, "evaluation", when, f"unreadable: {error}", "")
    return Entry(path, "evaluation", when, "done", what, part, **rates)


def _protocol(path: Path) -> Entry:
    folder, when = RunFolder(path), (path / PLAN).stat().st_mtime
    try:
        plan = folder.read_json(PLAN)
        what = f"{plan['kind']}, folds: {len(plan['folds'])}"
    except (RunError, KeyError, TypeError) as error:
        return Entry(path, "protocol", when, f"unreadable: {error}", "")
    ended = "done" if (path / RESULTS).is_file() else "stopped"
    return Entry(path, "protocol", when, ended if jobs.process_of(folder) is None else "running", what)


def _idle(folder: Path, name: str) -> Entry:
    entry = find(folder, name)
    if entry.kind != "evaluation" and jobs.process_of(RunFolder(entry.path)) is not None:
        raise RunError(f"{name} is still running: stop it first")
    return entry


def _flat(values: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{before}{name}.")
        else:
            rows.append((before + name, json.dumps(value)))
    return rows
