"""A planned protocol -> every fold trained and scored -> one table. Fold by fold, so that it can go on.

OUT/plan.json               what is run: kind, settings, folds and their fingerprints
OUT/progress.json           where it is, rewritten twice a second at most
OUT/01-NAME/run/            the training of a fold, as ``liveness train`` leaves it
OUT/01-NAME/evaluation/     its dev and test parts scored, as ``liveness evaluate`` leaves it
OUT/results.md, results.json    the table, when all folds are done
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from liveness.config import TrainConfig, to_dict
from liveness.data.protocols import KINDS, Fold, Protocol
from liveness.errors import RunError
from liveness.measure.beforehand import known_beforehand
from liveness.measure.evalfolder import is_evaluation, load_evaluation, write_evaluation
from liveness.measure.evaluate import Setting, evaluate
from liveness.measure.folds import FoldRates, fold_rates, folds_text, folds_values
from liveness.measure.judging import EvaluateOptions
from liveness.results import write_json, write_text
from liveness.training.runs import PLAN, RESULTS, RunFolder

PROGRESS = "progress.json"
_SAID_EVERY = 0.5  # seconds
_PROOF_CROPS = 64


@dataclass(frozen=True, slots=True)
class Step:
    """Progress. number: of the fold, from 1; done, total: of what ``message`` says, 0 when unknown."""

    number: int
    folds: int
    fold: str
    message: str
    done: int = 0
    total: int = 0


def run_protocol(
    protocol: Protocol,
    config: TrainConfig,
    out: Path,
    cache: Path | None = None,
    notes: Sequence[str] | None = None,
) -> Generator[Step, None, tuple[FoldRates, ...]]:
    """Train and score every fold; the generator's value are the rates, which are written too.

    A fold that is already scored in ``out`` is not run again, one that was stopped goes on. cache: folder of
    the faces that were found, see ``prepare``; notes: of ``known_beforehand``, where the caller has asked
    already; they stand in the plan and above the tables. Raises RunError when ``out`` holds another
    protocol, and what training and evaluation raise.
    """
    if notes is None and not (out / PLAN).is_file():
        notes = known_beforehand(protocol, config)
    _check_plan(out / PLAN, _planned(protocol, config), notes or ())
    found = yield from _written(_folds(protocol, config, out, cache), out)
    write_results(out, read_plan(out), found)
    return found


def _folds(
    protocol: Protocol, config: TrainConfig, out: Path, cache: Path | None
) -> Generator[Step, None, tuple[FoldRates, ...]]:
    rates = []
    for number, fold in enumerate(protocol.folds, 1):
        place = _place(out, number, fold.name)
        said = Step(number, len(protocol.folds), fold.name, "scored before")
        if not is_evaluation(place / "evaluation"):
            yield from _train(fold, config, place / "run", said, cache)
            yield from _score(fold, config, place, said)
        rates.append(fold_rates(fold.name, load_evaluation(place / "evaluation").scored, config.target_apcer))
        yield Step(number, len(protocol.folds), fold.name, "done")
    return tuple(rates)


def _written(
    steps: Generator[Step, None, tuple[FoldRates, ...]], out: Path
) -> Generator[Step, None, tuple[FoldRates, ...]]:
    """The steps, told to who watches the folder too."""
    written, fold = 0.0, 0
    with closing(steps):
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                found: tuple[FoldRates, ...] = end.value
                return found
            if time.monotonic() - written >= _SAID_EVERY or step.number != fold:
                written, fold = time.monotonic(), step.number
                write_json(out / PROGRESS, asdict(step))
            yield step


def last_step(out: Path) -> Step | None:
    """Where a protocol was when it last said so. Raises RunError when that cannot be read."""
    if not (out / PROGRESS).is_file():
        return None
    return Step(**_read(out / PROGRESS))


@dataclass(frozen=True, slots=True)
class Planned:
    """What ``plan.json`` says. names: of the folds, in order; rows: as ``Fold.row`` has them; notes: what the
    folds knew before their first step, see ``known_beforehand``."""

    kind: str
    about: str
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    target_apcer: float
    notes: tuple[str, ...] = ()


def read_plan(out: Path) -> Planned:
    """The plan that a folder holds. Raises RunError when there is none."""
    if not (out / PLAN).is_file():
        raise RunError(f"{out} holds no protocol: it has no {PLAN}")
    kept = _read(out / PLAN)
    try:
        folds = kept["folds"]
        return Planned(
            kept["kind"],
            KINDS[kept["kind"]][0],
            tuple(fold["name"] for fold in folds),
            tuple((fold["name"], *fold["shown"], fold["how"]) for fold in folds),
            kept["config"]["target_apcer"],
            tuple(kept.get("beforehand", ())),
        )
    except (KeyError, TypeError) as error:
        raise RunError(f"{out / PLAN} is not the plan of a protocol: it has no {error}") from error


def scored_folds(out: Path) -> list[FoldRates]:
    """The rates of the folds that are scored so far. Raises RunError as ``read_plan`` does."""
    planned = read_plan(out)
    places = [
        (name, _place(out, number, name) / "evaluation") for number, name in enumerate(planned.names, 1)
    ]
    return [
        fold_rates(name, load_evaluation(place).scored, planned.target_apcer)
        for name, place in places
        if is_evaluation(place)
    ]


def _place(out: Path, number: int, name: str) -> Path:
    return out / f"{number:02}-{_slug(name)}"


def write_results(out: Path, planned: Planned, folds: tuple[FoldRates, ...]) -> None:
    """``results.md`` and ``results.json``."""
    text = folds_text(folds, planned.target_apcer)
    about = f"{planned.about[:1].upper()}{planned.about[1:]}."
    notes = "".join(f"Beware: {note}\n\n" for note in planned.notes)
    write_text(out / "results.md", f"# {planned.kind}\n\n{about}\n\n{notes}```\n{text}\n```\n")
    facts = {"protocol": planned.kind, "about": planned.about, "beforehand": list(planned.notes)}
    write_json(out / RESULTS, {**facts, **folds_values(folds, planned.target_apcer)})


def _train(
    fold: Fold, config: TrainConfig, run: Path, said: Step, cache: Path | None
) -> Generator[Step, None, None]:
    """best.pt of the fold, and model.onnx made of it."""
    from liveness.training.export import export
    from liveness.training.parts import some_crops
    from liveness.training.train import train

    learned = [*fold.part("train"), *fold.part("dev")]
    with closing(train(learned, config, run, resume=True, cache=cache)) as progresses:
        for at in progresses:
            message = at.message or f"training, epoch {at.epoch} of {at.epochs}"
            message = "trained" if at.state == "done" else message
            yield Step(said.number, said.folds, said.fold, message, at.step, at.steps)
    folder = RunFolder(run)
    if not folder.model.is_file():
        yield Step(said.number, said.folds, said.fold, "exporting")
        export(folder.best, folder.model, some_crops(learned, config, _PROOF_CROPS, cache))


def _score(fold: Fold, config: TrainConfig, place: Path, said: Step) -> Generator[Step, None, None]:
    """The fold's dev and test parts by its model, written whole."""
    from liveness.detect.boxcache import remembering
    from liveness.systems import load_system

    samples = [*fold.part("dev"), *fold.part("test")]
    detect = remembering(config.detector) if any(s.box is None for s in samples) else None
    system = load_system(RunFolder(place / "run").model, threads=1)
    setting = Setting(
        dataset=fold.name, part="dev and test", faces=config.detector if detect else "given boxes"
    )
    options = EvaluateOptions(video_frames=config.video_frames)
    steps = evaluate([system], samples, detect, options=options, setting=setting)
    while True:
        try:
            at = next(steps)
        except StopIteration as end:
            write_evaluation(place / "evaluation", end.value)
            return
        yield Step(said.number, said.folds, said.fold, "scoring dev and test", at.done, at.total)


def _planned(protocol: Protocol, config: TrainConfig) -> dict[str, Any]:
    return {
        "kind": protocol.kind,
        "config": to_dict(config),
        "folds": [
            {
                "name": fold.name,
                "how": fold.how,
                "shown": fold.row()[1:-1],
                "fingerprint": _fingerprint(fold),
            }
            for fold in protocol.folds
        ],
    }


def _fingerprint(fold: Fold) -> str:
    """The same for the same files, labels, species and sides."""
    rows = [(s.path.as_posix(), s.label.value, s.pai_species, s.split, s.seconds) for s in fold.samples]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


def _check_plan(path: Path, planned: dict[str, Any], notes: Sequence[str]) -> None:
    """Keep the plan, or raise RunError when another one is kept."""
    if not path.is_file():
        write_json(path, {**planned, "beforehand": list(notes)})
        return
    kept = _read(path)
    other = [name for name in planned if kept.get(name) != planned[name]]
    if other:
        raise RunError(
            f"{path.parent} holds another protocol ({', '.join(other)} differ): name another folder"
        )


def _read(path: Path) -> dict[str, Any]:
    return RunFolder(path.parent).read_json(path.name)


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", name).strip("-.")
