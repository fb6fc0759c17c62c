"""A protocol as the page shows it: where it is, its folds, both tables of results. HTML is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from liveness.data.protocols import FOLD_HEADER, Protocol
from liveness.errors import RunError
from liveness.measure.folds import HONEST_TITLE, PAPER_TITLE, honest_table, paper_table
from liveness.measure.protocols import Planned, last_step, read_plan, scored_folds
from liveness.training.runs import RunFolder
from liveness.ui import cards, protocoldata
from liveness.ui.evalview import grid

_WORDS = {"running": "Running", "done": "Done", "stopped": "Stopped", "failed": "Failed"}
_KINDS = {"done": "live", "failed": "spoof"}
_PAPER_HELP = (
    "HTER, AUC and TPR at FPR 1 %, attacks pooled, at the threshold where the two error rates of the test "
    "data meet. Comparable with tables in papers; nobody has this threshold before the test."
)
_HONEST_HELP = (
    "What would happen: every threshold comes from dev of the training side. APCER is that of the worst PAI "
    "species, with counts. The gap between the two HTERs is what a change of camera costs."
)


def status(run: RunFolder) -> str:
    """HTML: state, a bar over all folds, and what is being done."""
    word = protocoldata.state(run)
    step = last_step(run.path)
    share = 1.0 if word == "done" else 0.0
    said = (
        "Reading the data sets and planning the folds" if word == "running" else protocoldata.last_words(run)
    )
    if step is not None and word != "done":
        share = (step.number - 1 + (step.done / step.total if step.total else 0)) / step.folds
        where = f"Fold {step.number} of {step.folds}, {step.fold}: {step.message}"
        said = where if word == "running" else f"{where}. {said}"
    if word == "done":
        said = f"All folds are trained and scored: {len(scored_folds(run.path))}."
    return (
        f'<article class="lw-face {_KINDS.get(word, "none")}"><header><h3>{escape(run.name)}</h3>'
        f'<span class="lw-pill">{_WORDS[word]}</span></header>'
        f'<div class="lw-bar"><i style="width:{share:.1%}"></i></div><p>{escape(said)}</p></article>'
    )


def folds(protocol: Protocol, notes: Sequence[str] = ()) -> str:
    """HTML: the folds of a plan with their counts; notes: what the folds know before their first step."""
    count = len(protocol.folds)
    about = f"{protocol.about[:1].upper()}{protocol.about[1:]}. Folds, each of them one training: {count}."
    return cards.note(about) + _beware(notes) + grid(FOLD_HEADER, [fold.row() for fold in protocol.folds])


def results(run: RunFolder) -> str:
    """HTML: the folds, and both tables of those that are scored so far."""
    try:
        planned = read_plan(run.path)
    except RunError:
        return ""  # it has just begun, or ended before it had a plan: the status says which
    parts = [
        _heading("Folds"),
        _beware(planned.notes),
        grid(FOLD_HEADER, [list(row) for row in planned.rows]),
    ]
    return "".join(parts + _tables(run, planned))


def _tables(run: RunFolder, planned: Planned) -> list[str]:
    rates = scored_folds(run.path)
    if not rates:
        return [cards.empty("No fold is scored yet. The tables fill up fold by fold.")]
    parts = []
    if len(rates) < len(planned.names):
        parts.append(cards.note(f"{len(rates)} of {len(planned.names)} folds so far."))
    paper, honest = paper_table(rates), honest_table(rates, planned.target_apcer)
    parts += [_heading(PAPER_TITLE), _help(_PAPER_HELP), grid(*paper)]
    return [*parts, _heading(HONEST_TITLE), _help(_HONEST_HELP), grid(*honest)]


def _beware(notes: Sequence[str]) -> str:
    return "".join(cards.note(note, "warn") for note in notes)


def _heading(text: str) -> str:
    return f'<h3 class="lw-part">{escape(text)}</h3>'


def _help(text: str) -> str:
    return f'<p class="lw-fine">{escape(text)}</p>'
