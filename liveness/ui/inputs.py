"""Inputs that several tabs have in common."""

from __future__ import annotations

import gradio as gr

from liveness.ui.context import Context


def picture_picker(label: str) -> gr.Gallery:
    """Pictures from files, the camera or the clipboard, as paths."""
    return gr.Gallery(
        label=label,
        sources=["upload", "webcam", "clipboard"],
        type="filepath",
        interactive=True,
        columns=3,
        height=300,
        object_fit="contain",
        buttons=["fullscreen"],
        elem_classes="lw-pictures",
    )


def match_choice(context: Context, value: bool = False) -> gr.Checkbox:
    """Whether faces are named; it is not there, and off, where strangers would learn who is enrolled."""
    return gr.Checkbox(
        value and context.matching,
        label="Match against the gallery",
        info="Also say who it is. Access is granted only to a live and known face.",
        visible=context.matching,
    )
