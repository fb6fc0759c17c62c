"""Values by epoch as curves; a run of one epoch is a dot that can be seen (``.lw-curve`` in app.css)."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr
import pandas as pd


def by_epoch(
    title: str, value: str, kind: str, colours: Mapping[str, str] | None = None, visible: bool = True
) -> gr.LinePlot:
    """An empty plot of a value by epoch, a colour a kind; it takes frames with these three columns."""
    return gr.LinePlot(
        empty(value, kind),
        "epoch",
        value,
        color=kind,
        color_map=dict(colours) if colours else None,
        title=title,
        height=240,
        visible=visible,
        elem_classes="lw-curve",
    )


def empty(value: str, kind: str) -> pd.DataFrame:
    """No rows, and typed all the same: from an empty column of no type Gradio takes numbers for names."""
    return pd.DataFrame({"epoch": [0.0], value: [0.0], kind: [""]}).iloc[:0]
