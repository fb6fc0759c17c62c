"""The one hint that would help now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liveness.live.doubt import Doubt
from liveness.live.movements import Action
from liveness.live.session import Phase
from liveness.types import Box
from liveness.ui import guide, livedraw
from tests.ui.test_live import asked, found, state


@pytest.mark.parametrize(
    ("box", "words"),
    [
        (Box(290, 200, 350, 280), "Come closer"),
        (Box(100, 10, 540, 470), "Move back a little"),
        (Box(20, 120, 180, 330), "Move to the middle"),
        (Box(250, 120, 400, 340), ""),
    ],
)
def test_the_oval_is_filled_step_by_step(box: Box, words: str) -> None:
    assert guide.placement(box, 640, 480) == words


def test_guidance_says_one_thing() -> None:
    assert guide.guidance(state(), 640, 480) == "No face is seen"
    assert guide.guidance(state(found(0.9, problems=("too dark: more light",))), 640, 480) == "More light"
    assert guide.guidance(asked(Action.NOD), 640, 480) == guide.PROMPTS[Action.NOD]
    assert guide.guidance(state(found(0.9)), 640, 480) == ""
    dim = replace(state(found(0.9), phase=Phase.UNSURE), doubts=(Doubt.LIGHT,))
    assert guide.guidance(dim, 640, 480) == "More light"
    assert guide.guidance(replace(dim, doubts=(Doubt.QUALITY,)), 640, 480) == "Hold still"
    assert "ready" in livedraw.overlay(state(found(0.9)), 640, 480)
