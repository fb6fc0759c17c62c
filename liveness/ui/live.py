"""The Live tab: the visitor's camera through the pipeline, with verdicts steadied over time.

Frames go from the browser to the pipeline and are dropped. What comes back is small: boxes as SVG that lie
over the camera's own picture, so that the picture stays as smooth as the camera is.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

import gradio as gr
import numpy as np
from gradio.context import Context as GradioContext

from liveness.errors import InputError, LivenessError
from liveness.frames import to_rgb
from liveness.results import entry_dict
from liveness.temporal import Tracker, TrackerConfig
from liveness.types import Frame, FrameResult, Image
from liveness.ui import livecards
from liveness.ui.context import Context, Shared, sentence, told
from liveness.ui.detectors import detector_choice, make_ready
from liveness.ui.inputs import match_choice
from liveness.ui.theme import ASSETS

PLACES = 4  # visitors who stream at once
TIME_LIMIT = 300  # seconds a visitor may keep a place
_STREAM_EVERY = 0.1
_FORGET_AFTER = 600.0
_LONGEST_MEMORY = 3.0
_CAMERA = {"video": {"width": {"ideal": 640}, "height": {"ideal": 480}, "facingMode": "user"}}


@dataclass(frozen=True)
class Seen:
    """What is shown of a frame. rate: frames per second of late; size: width and height of the frame."""

    result: FrameResult
    rate: float
    size: tuple[int, int]


class Visitor:
    """One visitor's stream: a tracker of its own, and when the last frames came. No frame is kept."""

    def __init__(self) -> None:
        self.last = self._started = monotonic()
        self._tracker = Tracker()
        self._times: deque[float] = deque(maxlen=20)
        self._count = 0
        self._lock = threading.Lock()

    def look(self, pipeline: Callable[[Frame], FrameResult], image: Image) -> Seen:
        """Judge a frame, uint8 RGB (height, width, 3), in the light of this visitor's frames before it."""
        with self._lock:
            self.last = monotonic()
            self._times.append(self.last)
            frame = Frame(image, self._count, self.last - self._started)
            self._count += 1
            self._tracker.config = TrackerConfig(memory=self._memory())
            result = self._tracker(pipeline(frame))
            return Seen(result, self._rate(), (image.shape[1], image.shape[0]))

    def _memory(self) -> float:
        """Seconds that a lost face is waited for: longer where frames come slowly, never long."""
        rate = self._rate()
        return min(max(1.0, 2.5 / rate), _LONGEST_MEMORY) if rate else _LONGEST_MEMORY

    def _rate(self) -> float:
        span = self._times[-1] - self._times[0]
        return (len(self._times) - 1) / span if span > 0 else 0.0


class Visitors:
    """The streams of all visitors, told apart by Gradio's session; who leaves is forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: dict[str, Visitor] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def of(self, session: str) -> Visitor:
        with self._lock:
            now = monotonic()
            for old in [s for s, v in self._streams.items() if now - v.last > _FORGET_AFTER]:
                del self._streams[old]
            return self._streams.setdefault(session, Visitor())

    def forget(self, session: str) -> None:
        with self._lock:
            self._streams.pop(session, None)


def predict_frame(
    context: Context, image: Image | None, detector: str, match: bool, model: str | None
) -> dict[str, Any]:
    """One picture, judged by itself, as plain JSON values. Raises InputError when there is none."""
    if image is None:
        raise InputError("send a picture")
    result = context.pipeline(detector, model, match)(Frame(to_rgb(image)))
    answer = entry_dict("", result)
    del answer["path"]
    return answer


def build(context: Context, shared: Shared) -> None:
    visitors = Visitors()
    with gr.Row(equal_height=False):
        with gr.Column(scale=6, min_width=320):
            camera, overlay = _camera()
        with gr.Column(scale=4, min_width=320):
            verdict = gr.HTML(livecards.waiting(), padding=False, elem_id="live-verdict")
            faces = gr.HTML("", padding=False, elem_id="live-faces")
            speed = gr.HTML("", padding=False, elem_id="live-speed")
            detector, accepted = detector_choice()
            match = match_choice(context, True)
            gr.HTML(livecards.rules(PLACES, TIME_LIMIT), padding=False)

    def on_frame(
        image: Image | None,
        name: str,
        licence: bool,
        with_match: bool,
        model: str | None,
        request: gr.Request,
    ) -> list[Any]:
        if image is None:
            return [gr.skip()] * 4
        try:
            make_ready(name, licence)
            pipeline = context.pipeline(name, model, with_match)
            seen = visitors.of(request.session_hash or "").look(pipeline, np.asarray(image, dtype=np.uint8))
        except LivenessError as error:  # said in its place: raising would end the stream
            return ["", livecards.trouble(sentence(error)), "", ""]
        return [
            livecards.overlay(seen.result, *seen.size),
            livecards.verdict(seen.result),
            livecards.faces(seen.result),
            livecards.speed(seen.result, seen.rate),
        ]

    def on_leave(request: gr.Request) -> None:
        visitors.forget(request.session_hash or "")

    inputs = [camera, detector, accepted, match, shared.model]
    outputs = [overlay, verdict, faces, speed]
    camera.stream(
        on_frame,
        inputs,
        outputs,
        stream_every=_STREAM_EVERY,
        time_limit=TIME_LIMIT,
        concurrency_limit=PLACES,
        concurrency_id="live",
        show_progress="hidden",
        api_visibility="private",
    )
    _api(context, detector, accepted, match, shared)
    if GradioContext.root_block is not None:
        GradioContext.root_block.unload(on_leave)


def _camera() -> tuple[gr.Image, gr.HTML]:
    """The camera with the overlay on it, and a place for what is wrong with the camera."""
    gr.HTML(
        '<div class="lw-camera-help" role="alert" hidden></div>',
        padding=False,
        elem_id="live-help",
        js_on_load=(ASSETS / "camera.js").read_text(encoding="utf-8"),
    )
    with gr.Group(elem_classes="lw-live"):
        camera = gr.Image(
            sources=["webcam"],
            streaming=True,
            type="numpy",
            show_label=False,
            buttons=[],
            elem_id="live-camera",
            # Frames go out as they are and only the page mirrors them: ORB does not know mirrored faces.
            webcam_options=gr.WebcamOptions(mirror=False, constraints=_CAMERA),
        )
        overlay = gr.HTML("", padding=False, elem_id="live-overlay")
    return camera, overlay


def _api(
    context: Context, detector: gr.Dropdown, accepted: gr.Checkbox, match: gr.Checkbox, shared: Shared
) -> None:
    """``/predict_frame``: the stream's work for programs, a picture at a time."""
    with gr.Row(visible=False):
        image, answer, send = gr.Image(type="numpy"), gr.JSON(), gr.Button()

    def on_predict(
        image: Image | None, detector: str, accept_licence: bool, match: bool, model: str | None
    ) -> dict[str, Any]:
        with told():
            make_ready(detector, accept_licence)
            return predict_frame(context, image, detector, match, model)

    inputs = [image, detector, accepted, match, shared.model]
    send.click(on_predict, inputs, answer, api_name="predict_frame", concurrency_id="network")
