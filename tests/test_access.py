"""Access is granted only to a live and known face, and both reasons are always given."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveness.access import access
from liveness.types import Box, Face, FaceResult, Match, Quality, Verdict

FACE = Face(Box(0, 0, 100, 100), 0.9)
LIVE, SPOOF = Verdict(0.9, 0.5), Verdict(0.1, 0.5)
KNOWN, UNKNOWN = Match("Ada", 0.6, 0.3), Match("Ada", 0.1, 0.3)


@pytest.mark.parametrize(("verdict", "match"), itertools.product([LIVE, SPOOF, None], [KNOWN, UNKNOWN, None]))
def test_only_live_and_known_is_granted(verdict: Verdict | None, match: Match | None) -> None:
    granted, reasons = access(FaceResult(FACE, verdict, match=match))
    assert granted is (verdict is LIVE and match is KNOWN)
    assert len(reasons) == 2
    assert all(reasons)


@given(st.floats(0, 0.49), st.floats(0.3, 1))
def test_a_spoofed_known_face_is_never_welcomed(liveness: float, likeness: float) -> None:
    result = FaceResult(FACE, Verdict(liveness, 0.5), match=Match("Ada", likeness, 0.3))
    granted, (live, known) = access(result)
    assert not granted
    assert live.startswith("Spoof")
    assert known.startswith("matches Ada")


def test_a_stranger_does_not_read_the_nearest_name() -> None:
    granted, reasons = access(FaceResult(FACE, LIVE, match=UNKNOWN))
    assert not granted
    assert "Ada" not in " ".join(reasons)
    assert reasons[1] == "unknown: score 0.10, 0.30 wanted"


def test_an_undecided_face_says_what_was_wrong_with_it() -> None:
    quality = Quality(20, 100, 100, 1, ("too small (20 px, 40 wanted): move closer",))
    granted, reasons = access(FaceResult(FACE, None, quality, KNOWN))
    assert not granted
    assert reasons[0] == "no liveness decision: too small (20 px, 40 wanted): move closer"
