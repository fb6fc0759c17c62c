"""What was found in a data set, in words: the same sections for the command line and the app."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from liveness.measure.dataquality import Findings, Twins
from liveness.measure.shortcuts import SOLVED, Probe, SourceCue
from liveness.measure.tables import finite, table
from liveness.types import Label

_LINES = 12
_SMALL_SHARE = 0.1  # a class below this share of the pictures, a species of the attacks, is called rare
_UNITS = {
    "size": "face size, pixels",
    "sharpness": "sharpness (variance of the Laplacian)",
    "brightness": "brightness, 0..255",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its lines, or a table of it: head and rows. warning: look again before training."""

    title: str
    lines: tuple[str, ...]
    warning: bool = False
    table: tuple[tuple[str, ...], ...] = ()


def sections(found: Findings) -> tuple[Section, ...]:
    """Everything that was found, the probe first."""
    return (
        *_probe(found),
        *_twins(found.twins),
        *_sides(found),
        *_balance(found),
        *_faces(found),
        *_files(found),
    )


def text(found: Findings) -> str:
    """All sections for a terminal; ``!`` marks what deserves a second look."""
    parts = []
    for section in sections(found):
        mark = "! " if section.warning else ""
        grid = table(section.table[0], section.table[1:]).splitlines() if section.table else []
        lines = (f"    {line}" for line in (*section.lines, *grid))
        parts.append("\n".join([f"{mark}{section.title}", *lines]))
    return "\n\n".join(parts)


def _probe(found: Findings) -> Iterator[Section]:
    probe = found.probe
    if probe is None:
        yield Section(
            "Shortcut probe: too few pictures or groups to tell whether trivial cues solve this data set", ()
        )
        return
    low, high = probe.interval
    between = "" if math.isnan(low) else f" [{low:.3f}, {high:.3f} when groups are drawn anew]"
    lines = (
        f"small classifier on cues alone: AUC {probe.auc:.3f}{between}",
        f"best single cue: {probe.guilty}, AUC {probe.guilty_auc:.3f}",
        f"tested on groups left out: {probe.groups}, kept apart by {probe.grouped_by}",
    )
    yield Section(probe.verdict, lines, probe.solved)
    yield from _within(probe)


def _within(probe: Probe) -> Iterator[Section]:
    """One cue inside one source: what a test within the source would reward."""
    if not probe.by_source:
        return
    solved = [cue for cue in probe.by_source if cue.auc >= SOLVED]
    title = (
        f"Inside {len(solved)} of {len(probe.by_source)} sources with enough of both classes one trivial cue "
        f"alone has AUC {SOLVED:g} or more: rates within a source prove little, leave sources out"
    )
    ways = {(cue.cue, cue.bona_fide_higher) for cue in solved}
    lines = [_source_line(cue) for cue in sorted(probe.by_source, key=lambda cue: -cue.auc)]
    flips = sorted({cue for cue, _ in ways if {(cue, True), (cue, False)} <= ways})
    turned = [f"the direction changes between sources for: {', '.join(flips)}"] if flips else []
    yield Section(title, (*turned, *_first(lines)), bool(solved))


def _source_line(cue: SourceCue) -> str:
    more = "bona fide" if cue.bona_fide_higher else "attacks"
    counts = f"{cue.bona_fide} bona fide, {cue.attacks} attacks"
    return f"{cue.source}: {cue.cue}, AUC {cue.auc:.3f}, higher in {more} ({counts})"


def _twins(twins: Sequence[Twins]) -> Iterator[Section]:
    leaks = [t for t in twins if t.leak]
    kinds = (
        ("The same picture under both labels", [t for t in twins if t.contradictory and t.exact], True),
        ("The same picture on two sides of a split: leakage", [t for t in leaks if t.exact], True),
        (
            "Nearly the same picture on two sides of a split: leakage",
            [t for t in twins if not t.exact and t.leak],
            True,
        ),
        (
            "Nearly the same picture under both labels",
            [t for t in twins if t.contradictory and not t.exact],
            False,
        ),
        ("The same file more than once", [t for t in twins if t.exact and not t.leak], False),
    )
    for title, chosen, warning in kinds:
        if chosen:
            yield Section(f"{title} ({len(chosen)})", _first([_named(t) for t in chosen]), warning)
    rest = sum(1 for t in twins if not (t.exact or t.leak or t.contradictory))
    if rest:
        yield Section(f"Groups of pictures that look alike, on one side: {rest}", ())
    if not twins:
        yield Section("No picture is there twice, exactly or nearly", ())


def _named(twins: Twins) -> str:
    names = [path.name for path in twins.paths]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    sides = f" ({', '.join(split or 'no split' for split in twins.splits)})" if twins.leak else ""
    return f"{', '.join(names[:3])}{more}{sides}"


def _sides(found: Findings) -> Iterator[Section]:
    for word, sides in (("People", found.subjects_on_two_sides), ("Sources", found.sources_on_two_sides)):
        if sides:
            lines = _first(
                [f"{name}: {', '.join(side or 'no split' for side in s)}" for name, s in sides.items()]
            )
            yield Section(f"{word} on two sides of a split ({len(sides)})", lines, word == "People")


def _balance(found: Findings) -> Iterator[Section]:
    total = sum(found.counts.values())
    lines = []
    for (split, label, species), count in found.counts.items():
        name = f"{split or 'no split'} {label}{f' ({species})' if species else ''}"
        lines.append(f"{name:<36}{count:>8}")
    by_label = {
        label: sum(n for (_, name, _), n in found.counts.items() if name == label.value) for label in Label
    }
    rare = [label.word for label, count in by_label.items() if count < _SMALL_SHARE * total]
    by_species: Counter[str] = Counter()
    for (_, _, kind), count in found.counts.items():
        by_species[kind] += count
    del by_species[""]
    rare += [kind for kind, count in by_species.items() if count < _SMALL_SHARE * by_label[Label.ATTACK]]
    title = f"{total} pictures and videos" + (f": few {' and '.join(rare)} ones" if rare else "")
    yield Section(title, tuple(lines), bool(rare))


def _faces(found: Findings) -> Iterator[Section]:
    if not found.faces:
        yield Section("Faces were not measured: no boxes are given (--detector NAME looks for them)", ())
        return
    rows = []
    for measure, classes in found.faces.items():
        cells = [
            f"{spread.middle:.0f} ({spread.low:.0f} to {spread.high:.0f})"
            if (spread := classes.get(label))
            else "-"
            for label in Label
        ]
        rows.append((_UNITS[measure], *cells))
    head = ("middle (10 % to 90 %)", *(label.word for label in Label))
    yield Section("Faces by class", (), table=(head, *rows))
    missed = {label: count for label, count in found.no_face.items() if count}
    if missed:
        words = ", ".join(f"{count} {label.word}" for label, count in missed.items())
        yield Section(f"No face is known in {words}", (), True)


def _files(found: Findings) -> Iterator[Section]:
    if found.unreadable:
        lines = _first([f"{problem.where}: {problem.reason}" for problem in found.unreadable])
        yield Section(f"Cannot be read ({len(found.unreadable)})", lines, True)
    if found.opened < found.total:
        yield Section(f"{found.opened} of {found.total} files were opened, spread evenly", ())


def _first(lines: Sequence[str]) -> tuple[str, ...]:
    more = (f"and {len(lines) - _LINES} more",) if len(lines) > _LINES else ()
    return (*lines[:_LINES], *more)


def values(found: Findings) -> dict[str, Any]:
    """The findings as plain JSON values."""
    return {
        "files": {"total": found.total, "opened": found.opened},
        "unreadable": [{"path": p.where, "reason": p.reason} for p in found.unreadable],
        "twins": [_twin_values(t) for t in found.twins],
        "counts": [
            {"split": split, "label": label, "pai_species": species, "count": count}
            for (split, label, species), count in found.counts.items()
        ],
        "subjects_on_two_sides": {name: list(sides) for name, sides in found.subjects_on_two_sides.items()},
        "sources_on_two_sides": {name: list(sides) for name, sides in found.sources_on_two_sides.items()},
        "faces": {
            measure: {
                label.value: {"p10": s.low, "median": s.middle, "p90": s.high, "count": s.count}
                for label, s in classes.items()
            }
            for measure, classes in found.faces.items()
        },
        "probe": _probe_values(found.probe),
    }


def _twin_values(twins: Twins) -> Mapping[str, Any]:
    return {
        "paths": [str(path) for path in twins.paths],
        "splits": list(twins.splits),
        "labels": [label.value for label in twins.labels],
        "exact": twins.exact,
    }


def _probe_values(probe: Probe | None) -> Mapping[str, Any] | None:
    if probe is None:
        return None
    return {
        "verdict": probe.verdict,
        "solved": probe.solved,
        "grouped_by": probe.grouped_by,
        "groups": probe.groups,
        "auc": probe.auc,
        "interval": [finite(value) for value in probe.interval],
        "guilty": probe.guilty,
        "guilty_auc": probe.guilty_auc,
        "by_source": [
            {"source": c.source, "cue": c.cue, "auc": c.auc, "higher_in_bona_fide": c.bona_fide_higher}
            for c in probe.by_source
        ],
    }
