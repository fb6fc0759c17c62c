"""Coloured light on drawn faces: skin that reflects, skin that does not, and clips of another time."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np
import pytest

from liveness.errors import InputError
from liveness.live.challengepolicy import Outcome
from liveness.live.doubt import DoubtPolicy
from liveness.live.light import COLOURS, LightCheck, LightPlan, LightPolicy, LightState, draw_plan, skin
from liveness.live.session import Session, SessionConfig, SessionState
from liveness.pipeline import Pipeline
from liveness.types import Box, Face, Image
from tests.clips import drawn, noisy

PICTURE, FACE = drawn()
DARK = np.asarray(cv2.resize(PICTURE // 2, (160, 160), interpolation=cv2.INTER_AREA), np.uint8)
STEP = 1 / 12
Light = Callable[[float], tuple[float, float, float]]


def swaying(i: int) -> tuple[Image, Face]:
    """A drawn face in a dim room, 160 x 160, in the i-th frame."""
    shift = round(4 * np.sin(i / 4))
    scale = 160 / PICTURE.shape[0]
    return np.roll(DARK, shift, axis=1), Face(FACE.box.mapped(scale, scale, shift), 1.0)


def lit(image: Image, light: tuple[float, float, float]) -> Image:
    """The scene under more light of a colour, each 0..1, added in linear terms."""
    factor = (1 + np.array(light)) ** (1 / 2.2)
    return np.clip(image * factor, 0, 255).astype(np.uint8)


def shown(plan: LightPlan, strength: float, lag: float) -> Light:
    """What skin reflects of a page."""

    def light(seconds: float) -> tuple[float, float, float]:
        colour = plan.at(seconds - lag) if seconds >= lag else None
        r, g, b = (strength * (v / 255) ** 2.2 for v in colour or (0, 0, 0))
        return r, g, b

    return light


def play(check: LightCheck, light: Light) -> LightState:
    state, i = LightState(), 0
    while not state.over:
        image, face = swaying(i)
        state = check.push(noisy(lit(image, light(i * STEP)), i), face, i * STEP)
        i += 1
    return state


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("lag", [0.1, 0.5])
def test_skin_that_reflects_follows(seed: int, lag: float) -> None:
    check = LightCheck(chance=random.Random(seed))
    state = play(check, shown(check.plan, 0.08, lag))
    assert state.followed, state
    assert state.alike > 0.85


@pytest.mark.parametrize(
    "light",
    [
        lambda t: (0.0, 0.0, 0.0),
        lambda t: (0.2 * np.sin(3 * t),) * 3,  # brighter and darker, of no colour
        lambda t: (0.03 * t, 0.0, -0.02 * t),  # white balance that drifts
    ],
    ids=["nothing", "brightness", "drift"],
)
def test_a_face_that_does_not_reflect_does_not_follow(light: Light) -> None:
    for seed in range(3):
        assert play(LightCheck(chance=random.Random(seed)), light).followed is False


def test_a_clip_of_another_time_does_not_follow_and_late_light_neither() -> None:
    followed = 0
    for seed in range(4):
        check = LightCheck(chance=random.Random(seed))
        other = draw_plan(LightPolicy(), random.Random(500 + seed))
        followed += bool(play(check, shown(other, 0.1, 0.2)).followed)
        assert not play(LightCheck(chance=random.Random(seed)), shown(check.plan, 0.1, 2.5)).followed
    assert followed <= 1, "what luck gives"


def test_the_right_time_in_the_wrong_hue_does_not_follow() -> None:
    check = LightCheck(chance=random.Random(1))

    def swapped(seconds: float) -> tuple[float, float, float]:
        r, g, b = shown(check.plan, 0.1, 0.2)(seconds)
        return g, b, r

    assert play(check, swapped).followed is False


def test_colours_change_slowly_and_none_is_a_saturated_red() -> None:
    for seed in range(20):
        plan = draw_plan(LightPolicy(), random.Random(seed))
        assert min(b[0] - a[0] for a, b in pairwise(plan.stops)) >= 0.8
        assert all(a[1] != b[1] for a, b in pairwise(plan.stops))
    assert all(r / (r + g + b) < 0.8 for r, g, b in COLOURS), "WCAG 2.2, 2.3.1"
    with pytest.raises(InputError, match=r"0\.8 seconds"):
        LightPolicy(each=(0.2, 0.4))


def test_a_face_outside_the_picture_has_no_colour() -> None:
    assert skin(np.zeros((9, 9, 3), np.uint8), Face(Box(-50, -50, -20, -20), 1.0)) is None


class Room:
    threshold = 0.5

    def __init__(self, score: float) -> None:
        self.score = score

    def __call__(self, image: Image, faces: object) -> list[float]:
        return [self.score]

    def sit(self, reflects: bool) -> SessionState:
        doubt = DoubtPolicy(size=40)  # the drawn face is small
        config = SessionConfig(follow=None, identity=False, light=True, doubt=doubt)
        session = Session(Pipeline(lambda _: [self.face], self, limits=None), config)
        state, colours, i = None, [(0, 0, 0)] * 3, 0
        while state is None or state.light is None or not state.light.over or i < 20:
            light = np.array(colours[-3]) / 255 * 0.15 if reflects else np.zeros(3)
            image, self.face = swaying(i)
            state = session.push(noisy(lit(image, tuple(light.tolist())), i), i * STEP)
            colours.append((state.light.colour if state.light else None) or (0, 0, 0))
            assert state.outcome is not Outcome.PASS or state.light.followed  # type: ignore[union-attr]
            i += 1
        return state


def test_a_session_passes_with_the_light_and_not_without_and_fails_all_the_same() -> None:
    assert Room(0.95).sit(reflects=True).outcome is Outcome.PASS
    assert Room(0.95).sit(reflects=False).outcome is Outcome.NOT_COMPLETED
    assert Room(0.05).sit(reflects=True).outcome is Outcome.FAIL
