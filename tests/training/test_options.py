from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from liveness.cli import build_parser
from liveness.cli.train import config_from
from liveness.config import RECIPES, AugmentConfig, CropConfig, InputConfig, TrainConfig, from_dict, to_dict
from liveness.errors import InputError
from liveness.training.options import FLAGS, as_options, flat, parse_setting, with_changes

OTHERS = (
    TrainConfig(),
    RECIPES["quick"],
    TrainConfig(
        init="my trunk.pt",
        input=InputConfig(CropConfig(margin=2.7, size=96, border="grey")),
        augment=AugmentConfig(margin=(1.0, 2.0), attacks=0.1, border="random"),
        epoch_samples=500,
        kinds={"frame": 0.6, "crop": 0.4},
        deterministic=True,
        train_on="train+dev",
        threshold=0.4,
        balance="none",
    ),
)


@pytest.mark.parametrize("config", OTHERS, ids=("default", "quick", "other"))
@pytest.mark.parametrize("recipe", sorted(RECIPES))
def test_the_command_line_gives_the_same_settings(config: TrainConfig, recipe: str) -> None:
    line = shlex.join(["train", "faces", *as_options(config, recipe)])
    assert config_from(build_parser().parse_args(shlex.split(line))) == config


@pytest.mark.parametrize("config", OTHERS, ids=("default", "quick", "other"))
def test_settings_survive_json(config: TrainConfig) -> None:
    assert from_dict(TrainConfig, to_dict(config)) == config


def test_a_margin_below_the_second_window_leaves_one() -> None:
    default = RECIPES["default"]
    assert with_changes(default, {"input.crop.margin": 1.2}).input.crop == replace(
        default.input.crop, margin=1.2, inner=0.0
    )
    assert with_changes(default, {"input.crop.margin": 2.0}).input.crop.inner == default.input.crop.inner
    both = with_changes(default, {"input.crop.margin": 1.2, "input.crop.inner": 1.0})
    assert both.input.crop.inner == 1.0


def test_every_flag_names_a_setting() -> None:
    for name in FLAGS.values():
        value = to_dict(TrainConfig())
        for part in name.split("."):
            value = value[part]


def test_every_setting_is_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
    for name in flat(to_dict(TrainConfig())):
        assert f"`{name}`" in page, name


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("epochs", 0, "at least 1"),
        ("epochs", "many", "expected int"),
        ("colour", "red", "no setting colour"),
        ("augment.colour", 1, "no setting augment.colour"),
        ("network.depth", 1, "no setting network.depth"),
        ("augment.margin", [3, 2], "must rise"),
        ("threshold", 2, "0..1"),
        ("train_on", "train+dev", "give threshold"),
        ("balance", "people", "expected one of"),
        ("epoch_samples", 3, "at least one batch"),
        ("lr", 0, "above 0"),
        ("augment.jitter", 0.9, "jitter"),
        ("augment.wide", 2, "is a share"),
        ("ema", 1.5, "0..1"),
    ],
)
def test_senseless_settings(name: str, value: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        with_changes(TrainConfig(), {name: value})


def test_parse_setting() -> None:
    assert parse_setting("a.b=[1, 2]") == ("a.b", [1, 2])
    assert parse_setting("init=trunk.pt") == ("init", "trunk.pt")
    with pytest.raises(InputError, match="NAME=VALUE"):
        parse_setting("epochs")
