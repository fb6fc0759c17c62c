"""An evaluation, or a training run on its dev part, as one HTML page to hand in: no script, no other file.

The page is made from the folder's files alone: the same folder gives the same bytes. It shows no face unless
asked to.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from liveness.errors import InputError
from liveness.measure.compare import DIFFERENCE_HEAD, MOST, difference_row, difference_text, differences
from liveness.measure.evalfigures import OF_ALL, evaluation_figures, svg
from liveness.measure.evalfolder import is_evaluation, load_evaluation, load_matching
from liveness.measure.evaluate import Evaluation, Facts, SystemFacts
from liveness.measure.memory import memory_notes
from liveness.measure.recognition import SystemReport, matching_lines
from liveness.measure.scored import BOX_COLUMNS, COLUMNS, Pictures, Scored, presentations
from liveness.measure.tables import (
    GROUP_HEAD,
    MODEL_HEAD,
    drawn_text,
    group_row,
    model_row,
    rate_rows,
    unbroken,
)
from liveness.training.runs import RunFolder
from liveness.types import Image

STYLE = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
_MOST_GROUPS = 60
_WORDS = {
    "det": "DET: BPCER against APCER of all attacks pooled, on normal-deviate axes; dots: the thresholds.",
    "roc": "ROC: bona fide accepted against attacks accepted; the dotted line is FPR 1 %.",
    "scores": "Scores of both classes, and the threshold. The count axis is logarithmic above 1.",
    "rates": "APCER of each species and BPCER at every threshold.",
    "reliability": "Reliability: share of bona fide among faces of a score, with 95 % intervals. On the line "
    "a score is a chance, at this data's mix of classes only.",
    "confusion": "Verdicts at the threshold.",
}
_NOTES = (
    "A presentation is accepted when its score is at or above the threshold. APCER: accepted attacks of a "
    "species / its attacks; the headline is the worst species (ISO/IEC 30107-3). BPCER: refused bona fide / "
    "bona fide. APNRR, BPNRR: presentations without a found face. Attacks of no single known species count "
    "as unknown and never as the worst species, unless no species is known.",
    "Intervals are 95 %: Clopper-Pearson for counts, which takes every presentation for an independent "
    "trial; where people or sources are known, also the percentile bootstrap over whole people or sources, "
    "which does not.",
    "BPCER at an APCER, EER, AUC and TPR at FPR 1 % are measured at thresholds that this very data chose: "
    "they compare score distributions. Rates at the threshold are what an application would see. ACER, "
    "HTER, EER and TPR are given to compare with papers.",
)
_MATCHED = "of attacks on, and presentations of, the people of the column subject"


def html_report(folder: Path, faces: Sequence[tuple[str, Image]] = ()) -> str:
    """The whole page. faces: captions and pictures (uint8 RGB) to show, none by default.

    Raises InputError when the folder holds neither an evaluation nor a run with scores on dev.
    """
    if is_evaluation(folder):
        return _page(load_evaluation(folder), {}, faces, load_matching(folder))
    run = RunFolder(folder)
    if not run.dev_scores():
        raise InputError(f"{folder} holds neither an evaluation nor a run with scores on dev")
    return _page(dev_evaluation(run), _settings(run), faces)


def _page(
    done: Evaluation,
    settings: Mapping[str, str],
    faces: Sequence[tuple[str, Image]],
    matching: Sequence[SystemReport] = (),
) -> str:
    facts, scored = done.facts, done.scored
    title = f"Presentation attack detection: {', '.join(scored.systems)} on {facts.dataset}"
    parts = [
        f"<h1>{escape(title)}</h1><p>{escape(facts.created)}</p>",
        "<h2>Summary</h2>",
        *(f"<p class=beware>{escape(note)}</p>" for note in memory_notes(done)),
        _summary(scored),
        "<h2>Data and protocol</h2>",
        _table(_protocol(facts, scored)),
        _counts(scored),
        *(_system(scored, facts.systems[i], i) for i in range(len(scored.systems))),
        *(
            _section(f"{name} with the matcher", {"": _MATCHED, **dict(matching_lines(report))})
            for name, report in zip(scored.systems, matching)
        ),
        *([_section("Settings of the training run", settings)] if settings else []),
        *([_faces(faces)] if faces else []),
        "<h2>What the rates mean</h2>",
        *(f"<p>{escape(note)}</p>" for note in _NOTES),
        _section("Environment", dict(facts.environment)),
        _left_out(facts),
    ]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}</style></head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _summary(scored: Scored) -> str:
    spreads = [scored.spreads(index) for index in range(len(scored.systems))]
    rows = [model_row(name, scored.report(i), spreads[i]) for i, name in enumerate(scored.systems)]
    figures = "".join(_figure(*made) for made in _figures(scored, 0, True))
    return f"{_grid(MODEL_HEAD, rows)}<p>{escape(drawn_text(spreads[0]))}</p>{_compared(scored)}{figures}"


def _compared(scored: Scored) -> str:
    """The other models against the first one, where there are any."""
    found = differences(scored) if 1 < len(scored.systems) <= MOST else []
    if not found:
        return ""
    rows = [difference_row(d) for d in found]
    text = difference_text(scored.systems[0], found)
    return f"<h3>Against {escape(scored.systems[0])}</h3>{_grid(DIFFERENCE_HEAD, rows)}<p>{escape(text)}</p>"


def _protocol(facts: Facts, scored: Scored) -> dict[str, str]:
    columns = scored.columns
    people, sources = (len(set(columns[name]) - {""}) for name in ("subject", "source"))
    return {
        "Data set": facts.dataset,
        "Part": facts.part,
        "Fingerprint": facts.fingerprint or "not recorded",
        "Presentations": f"{len(scored)}, in {scored.pictures} pictures and frames",
        "Frames": f"a clip counts once: at most {facts.video_frames} frames, joined by their {facts.join}",
        "People, sources": f"{people or 'not known'}, {sources or 'not known'}",
        "Faces": facts.faces,
        "Command line": facts.command,
    }


def _counts(scored: Scored) -> str:
    kinds = [
        "bona fide" if live else f"attack: {species or 'unknown'}"
        for live, species in zip(scored.live, scored.species)
    ]
    rows = [(kind, str(count)) for kind, count in sorted(Counter(kinds).items())]
    return _grid(("Presentations", "Count"), rows)


def _system(scored: Scored, about: SystemFacts, index: int) -> str:
    card = {
        "Network": about.network,
        "Threshold": f"{about.threshold:.6f}",
        "The threshold stands for": about.operating_point,
        "Sees": about.crop,
        "Training data": about.training_data,
        "Fingerprint of it": about.data_fingerprint,
        "Licence": about.licence,
        **{f"SHA-256 of {name}": value for name, value in about.sha256.items()},
    }
    parts = [f"<h2>Model: {escape(about.name)}</h2>", _table({k: v or "not said" for k, v in card.items()})]
    parts += ["<h3>Rates</h3>", _rates(scored, index)]
    parts += [_figure(*made) for made in _figures(scored, index, False)]
    for column in scored.groupings():
        parts += [f"<h3>By {escape(column)}</h3>", _groups(scored, column, index)]
    return "\n".join(parts)


def _rates(scored: Scored, index: int) -> str:
    return _grid(("", ""), rate_rows(scored.report(index), scored.spreads(index)))


def _groups(scored: Scored, column: str, index: int) -> str:
    groups = scored.by(column, index)
    rows = [group_row(name, report) for name, report in list(groups.items())[:_MOST_GROUPS]]
    more = f"<p>and {len(groups) - _MOST_GROUPS} more in rates.csv</p>" if len(groups) > _MOST_GROUPS else ""
    return _grid((column, *GROUP_HEAD), rows) + more


def _figures(scored: Scored, index: int, of_all: bool) -> Iterator[tuple[str, str]]:
    """Caption and data URI."""
    for name, figure in evaluation_figures(scored, index).items():
        if (name in OF_ALL) == of_all:
            caption = _WORDS.get(name, f"Rates {name.replace('-', ' ')}, with 95 % intervals.")
            yield caption, "data:image/svg+xml;base64," + base64.b64encode(svg(figure)).decode()


def _figure(caption: str, source: str) -> str:
    text = escape(caption)
    return f'<figure><img src="{source}" alt="{text}"><figcaption>{text}</figcaption></figure>'


def _faces(faces: Sequence[tuple[str, Image]]) -> str:
    shown = []
    for caption, image in faces:
        _, encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        uri = "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode()
        shown.append(_figure(caption, uri))
    return f'<h2>Worst mistakes</h2><div class="faces">{"".join(shown)}</div>'


def _left_out(facts: Facts) -> str:
    rows = [(problem.where, problem.reason) for problem in facts.left_out]
    return "<h2>Left out</h2>" + (_grid(("File", "Why"), rows) if rows else "<p>Nothing.</p>")


def _section(title: str, rows: Mapping[str, str]) -> str:
    return f"<h2>{escape(title)}</h2>{_table(rows)}"


def _table(rows: Mapping[str, str]) -> str:
    body = "".join(f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>\n" for k, v in rows.items())
    return f"<table class=facts>{body}</table>"


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    first = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(unbroken(v))}</td>' for v in row)}</tr>\n" for row in rows)
    return f'<div class="wide"><table>{f"<tr>{first}</tr>" if any(head) else ""}\n{body}</table></div>'


def _settings(run: RunFolder) -> dict[str, str]:
    """Every setting of a run, one a line."""
    return {name: json.dumps(value) for name, value in sorted(run.read_json("config.json").items())}


def dev_evaluation(run: RunFolder) -> Evaluation:
    """A run's scores on dev, as an evaluation at the threshold of its best epoch."""
    rows, at = run.dev_scores(), run.progress()
    columns = {name: [row.get(name, "") for row in rows] for name in (*COLUMNS, *BOX_COLUMNS)}
    best = at.best_epoch if at else 0
    levels = [row["threshold"] for row in run.metrics() if row["epoch"] == best and "threshold" in row]
    level = levels[0] if levels else 0.5
    pictures = Pictures((run.name,), columns, np.array([[float(row["score"])] for row in rows]))
    about = run.read_json("run.json") if (run.path / "run.json").is_file() else {}
    found: dict[str, Any] = (
        run.read_json("environment.json") if (run.path / "environment.json").is_file() else {}
    )
    packages = found.pop("packages", {})
    facts = Facts(
        dataset=Path(str(about.get("dataset", "not recorded"))).name,
        root="",
        part="the dev part of the run, which also chose its epoch and threshold: no test",
        fingerprint="",
        faces="as in training",
        join="mean",
        video_frames=0,
        systems=(SystemFacts(run.name, level, {}, operating_point="set on this very dev part"),),
        environment={name: str(value) for name, value in {**found, **packages}.items()},
    )
    return Evaluation(pictures, presentations(pictures, [level], "mean"), facts)
