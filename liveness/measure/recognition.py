"""Rates of the whole system when the matcher takes part: IAPAR and RIAPAR (ISO/IEC 30107-3:2023, 12.4).

An impostor attack wants to be taken for one enrolled person. It succeeds when the face passes as bona fide
*and* is matched to that person; either alone is not enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from liveness.errors import InputError
from liveness.intervals import Rate
from liveness.metrics import UNKNOWN, Bools, Strings


@dataclass(frozen=True, slots=True)
class SystemReport:
    """How often attacks are taken for their target, and enrolled people refused.

    iapar_by_species: attacks accepted as their target / attacks, worst first, unknown last; frr: bona fide
    presentations of enrolled people that are not accepted as themselves; strangers: presentations that are
    not counted, because whom they show or imitate is not enrolled.
    """

    iapar_by_species: Mapping[str, Rate]
    frr: Rate
    strangers: int = 0

    @property
    def iapar(self) -> Rate:
        """That of the worst species, of unknown ones only when none is known; 0 of 0 without attacks."""
        return next(iter(self.iapar_by_species.values()), Rate(0, 0))

    @property
    def riapar(self) -> float:
        """1 + IAPAR - (1 - FRR): what the attacks gain and the users lose, 0..2, lower is better."""
        return self.iapar.value + self.frr.value


def matching_lines(report: SystemReport) -> Iterator[tuple[str, str]]:
    """What each rate is called, and its value: worst species first."""
    yield from ((f"IAPAR {kind}", str(rate)) for kind, rate in report.iapar_by_species.items())
    yield "FRR, enrolled people not accepted", str(report.frr)
    if report.strangers:
        yield "not counted: subject not enrolled", str(report.strangers)
    yield "RIAPAR", "-" if np.isnan(report.riapar) else f"{report.riapar * 100:.1f} %"


def system_report(
    accepted: Bools, bona_fide: Bools, matched: Strings, claimed: Strings, species: Strings
) -> SystemReport:
    """IAPAR by species and FRR over presentations of, and attacks on, enrolled people.

    accepted: bool (n,), whether the face passed as bona fide (False without a face); bona_fide: bool (n,);
    matched: the name that the matcher gave, "" when none; claimed: whose face is presented, or imitated;
    rows without one are left out. Raises InputError when the arrays differ in length.
    """
    columns = [np.asarray(c, dtype=np.str_) for c in (matched, claimed, species)]
    passed, live = np.asarray(accepted, dtype=bool), np.asarray(bona_fide, dtype=bool)
    if len({len(passed), len(live), *map(len, columns)}) != 1:
        raise InputError("accepted, bona fide, names and species must be equally long")
    names, target, kinds = columns
    known = target != ""
    taken = passed & (names == target)
    rates: dict[str, Rate] = {}
    for kind in sorted(set(kinds[known & ~live])):
        rows = known & ~live & (kinds == kind)
        word = UNKNOWN if kind in ("", "mixed") else str(kind)
        old = rates.get(word, Rate(0, 0))
        rates[word] = Rate(old.errors + int((taken & rows).sum()), old.total + int(rows.sum()))
    worst_first = sorted(rates, key=lambda n: (n == UNKNOWN, -rates[n].value))
    own = known & live
    return SystemReport(
        {name: rates[name] for name in worst_first}, Rate(int((~taken & own).sum()), int(own.sum()))
    )
