"""IAPAR and RIAPAR: an attack must pass as bona fide and be taken for its target."""

from __future__ import annotations

import numpy as np
import pytest

from liveness.errors import InputError
from liveness.measure.recognition import system_report
from liveness.metrics import Rate

# (passed as bona fide, is bona fide, matched as, presented or imitated, species)
ROWS = [
    (True, True, "ann", "ann", ""),
    (False, True, "ann", "ann", ""),  # recognised, refused as an attack
    (True, True, "", "bob", ""),  # passes, not recognised
    (True, True, "bob", "bob", ""),
    (True, False, "ann", "ann", "print"),  # the only attack that gets what it wants
    (True, False, "bob", "ann", "print"),  # passes, taken for another
    (False, False, "ann", "ann", "print"),
    (False, False, "bob", "bob", "replay"),
    (True, False, "bob", "bob", "mixed"),
    (True, False, "", "", "print"),  # nobody is imitated: not an impostor attack
]


def test_the_case_worked_by_hand() -> None:
    columns = [np.array(column) for column in zip(*ROWS)]
    report = system_report(*columns)
    assert report.iapar_by_species == {"unknown": Rate(1, 1), "print": Rate(1, 3), "replay": Rate(0, 1)}
    assert list(report.iapar_by_species) == ["print", "replay", "unknown"]
    assert (report.iapar, report.frr) == (Rate(1, 3), Rate(2, 4))
    assert report.riapar == pytest.approx(1 + 1 / 3 - (1 - 0.5))


def test_without_attacks_there_is_no_rate() -> None:
    report = system_report(np.array([True]), np.array([True]), ["ann"], ["ann"], [""])
    assert (report.iapar, report.frr) == (Rate(0, 0), Rate(0, 1))
    assert np.isnan(report.riapar)


def test_columns_must_be_equally_long() -> None:
    with pytest.raises(InputError, match="equally long"):
        system_report(np.array([True]), np.array([True]), ["ann", "bob"], ["ann"], [""])
