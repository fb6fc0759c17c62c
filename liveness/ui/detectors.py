"""Choosing a face detector, on every tab alike, with the notice that some weights need."""

from __future__ import annotations

import gradio as gr

from liveness.detect import DEFAULT_DETECTOR
from liveness.errors import WeightsError
from liveness.weights import WEIGHTS, fetch, find, licence_notice

CHOICES = (
    ("MTCNN: the default, works offline", "mtcnn"),
    ("YuNet: the fastest", "yunet"),
    ("YOLOv5-face: GPL-3 weights", "yolov5-face"),
)


def detector_choice() -> tuple[gr.Dropdown, gr.Checkbox]:
    """A list of detectors, and a tick that shows only for one whose licence must be accepted first."""
    detector = gr.Dropdown(
        list(CHOICES),
        value=DEFAULT_DETECTOR,
        label="Face detector",
        info="Finds the faces. YuNet and YOLOv5-face download their weights once.",
    )
    accepted = gr.Checkbox(
        False,
        label="I accept this licence; download the file",
        info=" ",
        visible=False,
        elem_classes="lw-licence",
    )
    detector.change(_notice, detector, accepted, show_progress="hidden", api_visibility="private")
    return detector, accepted


def make_ready(name: str, accepted: bool) -> None:
    """Fetch what the detector needs. Raises WeightsError, also when a licence is not accepted yet."""
    if name not in WEIGHTS or find(name) is not None:
        return
    if WEIGHTS[name].copyleft and not accepted:
        raise WeightsError(f"{licence_notice(name)} Accept it below the list of detectors to use this one")
    fetch(name, accept_licence=accepted)


def _notice(name: str) -> gr.Checkbox:
    needed = name in WEIGHTS and WEIGHTS[name].copyleft
    return gr.Checkbox(visible=needed, value=False, info=licence_notice(name) if needed else " ")
