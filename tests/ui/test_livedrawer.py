"""The Live tab's drawer and its coloured light: what is drawn, and what is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liveness.cues import CUES
from liveness.live.challengepolicy import Outcome
from liveness.live.cueclip import CueWindow
from liveness.live.light import LightState
from liveness.ui import livecards, livecurves, livedraw
from tests.ui.test_live import found, state


def test_cues_are_drawn_once_they_are_measured() -> None:
    assert livecurves.cues([state(found(0.9))]) == ""
    values: dict[str, float | None] = dict.fromkeys(CUES, 0.5)
    window = CueWindow(0.0, 2.0, 20, {**values, "glare": None}, 0.9)
    html = livecurves.cues([replace(state(found(0.9)), cues=window)])
    assert html.count("<svg") == len(CUES)
    assert html.count("<polyline") == len(CUES) - 1
    assert "nothing to measure" in html


@pytest.mark.parametrize(
    ("lit", "words"),
    [
        (LightState((90, 120, 255)), "Coloured light is shown"),
        (LightState(over=True, followed=False), "not seen on the face"),
        (LightState(over=True, followed=True), "A living person"),
    ],
)
def test_coloured_light_only_takes_a_pass_away(lit: LightState, words: str) -> None:
    assert words in livecards.verdict(replace(state(found(0.9)), light=lit))
    assert replace(state(found(0.1)), light=lit).outcome is Outcome.FAIL
    assert "Spoof" in livecards.verdict(replace(state(found(0.1)), light=lit))
    assert ("border-color: rgb(90, 120, 255)" in livedraw.light(replace(state(), light=lit))) is not lit.over


def test_coloured_light_warns() -> None:
    assert "epilepsy" in livecards.LIGHT
    assert "without light" in livecards.LIGHT
