"""Settings survive JSON, and what they do not know they refuse by name."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveness.config import CropConfig, InputConfig, ModelInfo, from_dict, to_dict
from liveness.errors import InputError

above_zero = st.floats(0.001, 1000)
triples = st.tuples(above_zero, above_zero, above_zero)
crops = st.builds(
    CropConfig,
    margin=st.floats(0.5, 8),
    size=st.integers(16, 1024),
    shape=st.sampled_from(["square", "box"]),
    border=st.sampled_from(["reflect", "edge", "black", "grey", "shift"]),
)
inputs = st.builds(
    InputConfig,
    crop=crops,
    colour=st.sampled_from(["rgb", "bgr"]),
    divide_by=above_zero,
    mean=triples,
    std=triples,
    layout=st.sampled_from(["nchw", "nhwc"]),
)
infos = st.builds(
    ModelInfo,
    network=st.text(),
    threshold=st.floats(0, 1),
    operating_point=st.text(),
    input=inputs,
    output=st.sampled_from(["logit", "score", "logits", "softmax"]),
    live_index=st.integers(0, 5),
    training_data=st.text(),
    metrics=st.dictionaries(st.text(), st.floats(allow_nan=False)),
)


@dataclass(frozen=True)
class Toy:
    """One field of each kind that a setting may have."""

    name: str
    count: int = 1
    share: float = 0.5
    on: bool = False
    note: str | None = None
    sizes: tuple[int, ...] = ()
    crop: CropConfig = field(default_factory=CropConfig)


@settings(max_examples=25, deadline=None)
@given(info=infos)
def test_a_model_info_survives_json(info: ModelInfo) -> None:
    assert from_dict(ModelInfo, json.loads(json.dumps(to_dict(info)))) == info


@settings(deadline=None)
@given(
    toy=st.builds(
        Toy, st.text(), st.integers(), st.floats(allow_nan=False), st.booleans(), st.none() | st.text(),
        st.lists(st.integers()).map(tuple), crops,
    )
)  # fmt: skip
def test_every_kind_of_field_survives_json(toy: Toy) -> None:
    assert from_dict(Toy, json.loads(json.dumps(to_dict(toy)))) == toy


def test_defaults_may_be_left_out_and_whole_numbers_stand_for_floats() -> None:
    assert from_dict(Toy, {"name": "a"}) == Toy("a")
    share = from_dict(Toy, {"name": "a", "share": 1}).share
    assert isinstance(share, float)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({}, "Toy: missing name"),
        ({"name": "a", "nmae": 1, "x": 2}, "Toy: unknown setting nmae, x"),
        ({"name": 1}, "Toy.name: expected str, got 1"),
        ({"name": "a", "count": "1"}, "Toy.count: expected int, got '1'"),
        ({"name": "a", "count": True}, "Toy.count: expected int, got True"),
        ({"name": "a", "count": 1.5}, "Toy.count: expected int, got 1.5"),
        ({"name": "a", "share": True}, "Toy.share: expected float, got True"),
        ({"name": "a", "share": None}, "Toy.share: expected float, got None"),
        ({"name": "a", "on": 1}, "Toy.on: expected bool, got 1"),
        ({"name": "a", "note": 3}, "Toy.note: expected str, got 3"),
        ({"name": "a", "sizes": "12"}, "Toy.sizes: expected a list, got '12'"),
        ({"name": "a", "sizes": [1, "2"]}, "Toy.sizes: expected int, got '2'"),
        ({"name": "a", "crop": [1]}, "Toy.crop: expected an object, got list"),
        ({"name": "a", "crop": {"border": "round"}}, "Toy.crop.border: expected one of reflect, edge"),
        ({"name": "a", "crop": {"margin": 100}}, "crop margin must lie in 0.5..8, got 100"),
    ],
)
def test_refusals_name_the_setting(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        from_dict(Toy, values)
    assert str(caught.value).startswith(complaint)


def test_not_an_object() -> None:
    with pytest.raises(InputError, match="Toy: expected an object, got list"):
        from_dict(Toy, [1])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cls", "values"),
    [
        (CropConfig, {"size": 8}),
        (CropConfig, {"size": 4096}),
        (CropConfig, {"margin": 0.1}),
        (CropConfig, {"margin": float("nan")}),
        (InputConfig, {"divide_by": 0}),
        (InputConfig, {"divide_by": float("nan")}),
        (InputConfig, {"std": [0.2, float("nan"), 0.2]}),
        (InputConfig, {"std": [0.2, 0, 0.2]}),
        (InputConfig, {"mean": [0.2, float("inf"), 0.2]}),
        (InputConfig, {"mean": [0.2, 0.2]}),
        (ModelInfo, {"network": "a", "operating_point": "b", "threshold": 1.01}),
        (ModelInfo, {"network": "a", "operating_point": "b", "threshold": float("nan")}),
    ],
)
def test_values_out_of_range_are_refused(cls: type, values: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        from_dict(cls, values)
