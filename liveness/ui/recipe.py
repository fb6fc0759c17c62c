"""The options of a run as the page shows them -> TrainConfig, and the command line that says the same."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import gradio as gr

from liveness.config import RECIPES, TrainConfig, to_dict
from liveness.training.options import as_options, with_changes

NETWORKS = (
    "resnet18",
    "efficientnet_lite0",
)  # the keys of network.NETWORKS, which cannot be read without torch
RECIPE_WORDS = (
    ("Quick: 200 steps; minutes on two cores", "quick"),
    ("Default: 500 steps, two and a half times as many", "default"),
    ("Fine-tuning: the app's own model learns your pictures too; 60 steps, a few minutes", "finetune"),
)
_STARTS = (
    ("ImageNet weights; where they cannot be had the app's trunk, and the run says so", "imagenet"),
    ("The app's trunk: a copy of ImageNet features", "trunk"),
    ("From scratch", "none"),
    ("The app's own model (fine-tuning)", "model"),
)
# Setting -> (label, what it does). In the order of the page.
SETTINGS: Mapping[str, tuple[str, str]] = {
    "epochs": ("Epochs", "Passes over the data."),
    "input.crop.size": ("Crop size", "Side of what the network sees, in pixels. Smaller is faster."),
    "batch": ("Batch", "Crops a step. Smaller needs less memory."),
    "lr": ("Learning rate", "Smaller for fine-tuning, 0.0001 say."),
    "augment.strength": ("Augmentation", "0 leaves the crops alone, 1 is usual, 3 the strongest."),
    "augment.attacks": (
        "Simulated attacks",
        "Share of the live crops that are turned into simulated attacks, 0 to 1.",
    ),
    "patience": ("Patience", "Stop after so many epochs without a better dev AUC; 0 never stops early."),
    "target_apcer": (
        "APCER wanted",
        "The threshold lets at most this share of the worst species pass on dev.",
    ),
    "seed": ("Seed", "The same seed gives the same run."),
}


def config_of(recipe: str, network: str, start: str, values: list[float | None]) -> TrainConfig:
    """The settings that the page shows. Raises InputError for a value that does not fit.

    values: in the order of SETTINGS; an empty field keeps the recipe's value.
    """
    base = RECIPES[recipe]
    changes: dict[str, Any] = {"network": network, "init": start}
    for name, value in zip(SETTINGS, values):
        if value is not None:
            changes[name] = _like(setting(base, name), value)
    return with_changes(base, changes)


def command(dataset: str, recipe: str, config: TrainConfig, name: str = "") -> str:
    """The command line that trains the same."""
    words = ["liveness", "train", dataset.strip() or "DATASET", *as_options(config, recipe)]
    return shlex.join([*words, "--name", name.strip()] if name.strip() else words)


def setting(config: TrainConfig, name: str) -> float:
    """The value behind a dotted name."""
    value: Any = to_dict(config)
    for part in name.split("."):
        value = value[part]
    return float(value) if isinstance(value, float) else int(value)


def _like(old: float, new: float) -> float:
    """Whole where the setting is whole; gradio gives numbers of either kind."""
    return round(new) if isinstance(old, int) else float(new)


def build() -> list[Any]:
    """Lay the options out: recipe, network, start, then a field for each of SETTINGS."""
    recipe = gr.Radio(
        list(RECIPE_WORDS),
        value="quick",
        label="Recipe",
        info="A preset for everything below; change what you like.",
    )
    start = gr.Dropdown(
        list(_STARTS),
        value="imagenet",
        label="Start from",
        info="What the network knows before it sees your data.",
    )
    with gr.Accordion("More options", open=False):
        network = gr.Dropdown(
            list(NETWORKS),
            value="resnet18",
            label="Network",
            info="efficientnet_lite0 needs two more packages.",
        )
        fields = []
        for names in _threes(list(SETTINGS)):
            with gr.Row():
                fields += [_field(name) for name in names]
    recipe.change(
        lambda chosen: [RECIPES[chosen].init, *(setting(RECIPES[chosen], name) for name in SETTINGS)],
        recipe,
        [start, *fields],
        show_progress="hidden",
        api_visibility="private",
    )
    return [recipe, network, start, *fields]


def _field(name: str) -> gr.Number:
    label, info = SETTINGS[name]
    value = setting(RECIPES["quick"], name)
    whole = isinstance(value, int)
    return gr.Number(
        value,
        label=label,
        info=info,
        precision=0 if whole else None,
        step=1 if whole else 0.0001,
        min_width=150,
    )


def _threes(names: list[str]) -> list[list[str]]:
    return [names[i : i + 3] for i in range(0, len(names), 3)]
