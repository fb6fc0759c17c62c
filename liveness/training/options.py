"""Settings of a run as command line options, both ways: what the CLI parses, the app shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from liveness.config import RECIPES, TrainConfig, from_dict, to_dict
from liveness.errors import InputError

# Option -> setting. Any other setting goes through --set NAME=VALUE.
FLAGS: Mapping[str, str] = {
    "--network": "network",
    "--init": "init",
    "--epochs": "epochs",
    "--size": "input.crop.size",
    "--margin": "input.crop.margin",
    "--batch": "batch",
    "--lr": "lr",
    "--balance": "balance",
    "--augment": "augment.strength",
    "--patience": "patience",
    "--threshold": "threshold",
    "--target-apcer": "target_apcer",
    "--detector": "detector",
    "--seed": "seed",
    "--precision": "precision",
    "--device": "device",
    "--workers": "workers",
    "--mlflow": "mlflow",
}


_ONE_VALUE = {"kinds", "teacher_votes"}


def with_changes(config: TrainConfig, changes: Mapping[str, Any]) -> TrainConfig:
    """The settings with some changed; names are dotted (``augment.strength``), values plain JSON.

    A margin below that of the second window leaves one window, unless the second is changed as well.
    Raises InputError for a name or a value that does not fit.
    """
    values = to_dict(config)
    margin, near = changes.get("input.crop.margin"), "input.crop.inner"
    if isinstance(margin, (int, float)) and margin < config.input.crop.inner and near not in changes:
        changes = {**changes, near: 0.0}
    for name, value in changes.items():
        *groups, last = name.split(".")
        inner = values
        for group in groups:
            inner = inner.get(group, {}) if isinstance(inner, dict) else {}
        if not isinstance(inner, dict) or (last not in inner and not set(groups[:1]) & _ONE_VALUE):
            raise InputError(f"there is no setting {name}")
        inner[last] = value
    return from_dict(TrainConfig, values, "settings")


def parse_setting(text: str) -> tuple[str, Any]:
    """NAME=VALUE; a value that is not JSON is taken as text. Raises InputError without a =."""
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"settings are given as NAME=VALUE, got {text!r}")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value


def as_options(config: TrainConfig, recipe: str, short: Mapping[str, str] = FLAGS) -> list[str]:
    """The options that turn a recipe into these settings. short: those that the command has beside --set."""
    base, wanted = flat(to_dict(RECIPES[recipe])), flat(to_dict(config))
    flags = {setting: flag for flag, setting in short.items()}
    options = ["--recipe", recipe]
    for name, value in wanted.items():
        if base.get(name) == value:
            continue
        text = value if isinstance(value, str) else json.dumps(value)
        options += [flags[name], text] if name in flags and value is not None else ["--set", f"{name}={text}"]
    return options


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested objects as dotted names; a mapping of free names is one value."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict) and key not in _ONE_VALUE:
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found
