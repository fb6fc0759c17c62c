"""What is seen of a camera in its frames: black, frozen, uneven, gone for a while."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveness.live.stream import StreamWatch
from liveness.types import Image

RNG = np.random.default_rng(0)


def noisy(level: int = 120, height: int = 120, width: int = 160) -> Image:
    return np.clip(RNG.normal(level, 4, (height, width, 3)), 0, 255).astype(np.uint8)


def test_a_live_camera_has_no_problem_and_its_rate_is_known() -> None:
    watch = StreamWatch()
    states = [watch(noisy(), i / 12) for i in range(40)]
    assert not any(state.problem for state in states)
    assert states[-1].rate == pytest.approx(12)
    assert not states[-1].uneven


def test_a_frozen_picture_is_seen_after_a_second_and_forgotten_when_it_moves() -> None:
    watch, still = StreamWatch(), noisy()
    states = [watch(still, i / 10) for i in range(15)]
    assert [state.frozen for state in states] == [i >= 10 for i in range(15)]
    assert "frozen" in states[-1].problem
    assert not watch(noisy(), 1.5).frozen


def test_a_still_scene_with_a_sensors_noise_is_not_frozen() -> None:
    watch, scene = StreamWatch(), noisy().astype(int)
    for i in range(30):
        frame = np.clip(scene + (RNG.random(scene.shape) < 0.01), 0, 255).astype(np.uint8)
        assert not watch(frame, i / 10).frozen


def test_black_is_not_the_same_as_dark() -> None:
    watch = StreamWatch()
    black = np.clip(RNG.normal(3, 2, (120, 160, 3)), 0, 10).astype(np.uint8)
    assert watch(black, 0.0).black
    assert not watch(noisy(25), 0.1).black


def test_a_varying_frame_rate_and_a_gap_are_told_apart() -> None:
    watch = StreamWatch()
    times = np.cumsum([0.05, 0.05, 0.3, 0.05, 0.05, 0.05, 0.4, 0.05, 0.05])
    states = [watch(noisy(), float(t)) for t in times]
    assert states[-1].uneven
    assert states[-1].gap == 0
    after = watch(noisy(), float(times[-1]) + 5)
    assert after.gap == pytest.approx(5)
    assert after.rate == 0


def test_a_slow_stream_is_not_torn_by_its_own_pace() -> None:
    watch = StreamWatch()
    watch(noisy(), 0.0)
    assert watch(noisy(), 1.5).gap == 0
    assert watch(noisy(), 4.5).gap == 0, "twice the usual step"
    assert watch(noisy(), 14.0).gap == pytest.approx(9.5)


def test_another_size_is_noticed() -> None:
    watch = StreamWatch()
    watch(noisy(), 0.0)
    assert watch(noisy(height=240), 0.1).resized


def test_time_that_runs_backwards_starts_afresh() -> None:
    watch, still = StreamWatch(), noisy()
    for i in range(12):
        watch(still, 10 + i / 10)
    state = watch(still, 0.0)
    assert (state.frozen, state.gap, state.rate) == (False, 0.0, 0.0)


@given(st.lists(st.floats(0, 100), max_size=40))
def test_any_times_give_a_state(times: list[float]) -> None:
    watch, frame = StreamWatch(), np.zeros((32, 32, 3), np.uint8)
    for seconds in times:
        state = watch(frame, seconds)
        assert state.rate >= 0
        assert state.black
