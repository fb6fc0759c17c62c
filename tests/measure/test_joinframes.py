"""How the frames of a clip become its score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveness.errors import InputError
from liveness.measure.joinframes import JOINS, join_frames


def test_frames_join_into_presentations() -> None:
    nan = float("nan")
    scores = np.array([0.2, 0.4, nan, 0.9, 0.3, nan, 0.7])
    names = ["clip", "clip", "clip", "", "", "lost", "clip"]
    for how, expected in (("mean", 1.3 / 3), ("median", 0.4), ("max", 0.7), ("min", 0.2)):
        joined, first = join_frames(scores, names, how)  # type: ignore[arg-type]
        np.testing.assert_allclose(joined, [expected, 0.9, 0.3, nan])
        assert first.tolist() == [0, 3, 4, 5]
    with pytest.raises(InputError, match="not by 'mode'"):
        join_frames(scores, names, "mode")  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["a", "b", "c"])), min_size=1))
def test_a_joined_score_lies_among_those_of_its_frames(rows: list[tuple[float, str]]) -> None:
    scores, names = np.array([s for s, _ in rows]), [n for _, n in rows]
    joined = {how: join_frames(scores, names, how)[0] for how in JOINS}  # type: ignore[arg-type]
    assert len(joined["mean"]) == len(set(names))
    for how in ("mean", "median"):
        assert (joined["min"] <= joined[how] + 1e-12).all()
        assert (joined[how] <= joined["max"] + 1e-12).all()
