"""Inputs that several tabs have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import PIL.Image

from liveness.errors import ImageError
from liveness.frames import read_photo
from liveness.ui.context import Context

_MIRRORED, _UPRIGHT = "webcam_upload", "camera"  # the first is what Gradio's Gallery calls what it took
Pictures = Sequence[tuple[str, str | None]]


def picture_picker(label: str) -> gr.Gallery:
    """Pictures from files, the camera or the clipboard, as paths."""
    picker = gr.Gallery(
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
    given: Callable[[Any], Any] = picker.preprocess
    picker.preprocess = lambda payload: unmirrored(given(payload))  # type: ignore[method-assign]
    return picker


def picture_row(label: str) -> gr.Gallery:
    """Small pictures to choose one from by a click, which the caller takes; nothing opens."""
    return gr.Gallery(
        label=label,
        show_label=False,
        columns=6,
        height="auto",
        allow_preview=False,
        interactive=False,
        buttons=[],
        elem_classes="lw-examples",
    )


def unmirrored(pictures: Pictures | None) -> list[tuple[str, str | None]]:
    """The pictures, those from the camera as it saw them, in files beside the ones given.

    Gradio's Gallery mirrors what it takes and cannot be told not to. The Live tab does not, and ORB does
    not know a mirrored face again.
    """
    return [(str(_upright(Path(path))), caption) for path, caption in pictures or ()]


def mirrored(path: Path) -> list[Path]:
    """The files that ``unmirrored`` made this one of."""
    return list(path.parent.glob(f"{_MIRRORED}.*")) if path.stem == _UPRIGHT else []


def _upright(path: Path) -> Path:
    if path.stem != _MIRRORED:
        return path
    try:
        image = read_photo(path).image
    except ImageError:
        return path  # whoever reads it says what is wrong with it
    upright = path.with_name(f"{_UPRIGHT}.png")
    PIL.Image.fromarray(image[:, ::-1]).save(upright)
    return upright


def match_choice(context: Context, value: bool = False) -> gr.Checkbox:
    """Whether faces are named; it is not there, and off, where strangers would learn who is enrolled."""
    return gr.Checkbox(
        value and context.matching,
        label="Match against the gallery",
        info="Also say who it is. Access is granted only to a live and known face.",
        visible=context.matching,
    )
