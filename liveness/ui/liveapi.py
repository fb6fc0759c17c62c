"""The Live tab's work for programs: a picture by itself, or one presentation frame by frame."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import ImageData

from liveness.errors import InputError
from liveness.frames import decode_photo
from liveness.live.activecheck import Mode
from liveness.live.session import SessionState
from liveness.results import entry_dict, face_dict
from liveness.types import Frame, Image
from liveness.ui.context import Context, Shared, told
from liveness.ui.detectors import make_ready
from liveness.ui.guide import PROMPTS
from liveness.ui.visitors import Visitors

_MODES = ("never", "unsure", "always")


def predict_frame(
    context: Context, image: Image | None, detector: str, match: bool, model: str | None
) -> dict[str, Any]:
    """One picture, judged by itself, as plain JSON values. Raises InputError when there is none."""
    if image is None:
        raise InputError("send a picture")
    result = context.pipeline(detector, model, match)(Frame(image))
    answer = entry_dict("", result)
    del answer["path"]
    return answer


def state_dict(state: SessionState) -> dict[str, Any]:
    """What is known of a presentation after a frame, as plain JSON values."""
    challenge = state.challenge
    asked = challenge.action if challenge else None
    return {
        "frame": state.result.index,
        "seconds": round(state.result.seconds, 3),
        "presentation": state.presentation,
        "phase": state.phase.value,
        "outcome": state.outcome.value if state.outcome else None,
        "problem": state.problem,
        "doubts": [{"kind": doubt.value, "words": doubt.words} for doubt in state.doubts],
        "faces": [face_dict(face) for face in state.result.faces],
        "asked": asked and {"action": asked.value, "words": PROMPTS[asked]},
        "challenge": challenge
        and {
            "stage": challenge.stage.value,
            "step": challenge.step,
            "steps": challenge.steps,
            "seconds_left": round(challenge.left, 2),
            "reason": challenge.reason,
            "dot": challenge.dot and [round(value, 3) for value in challenge.dot],
        },
        "wait": round(state.wait, 1),
        "frames_per_second": round(state.stream.rate, 2),
    }


def push_frame(
    context: Context,
    visitors: Visitors,
    image: Image | None,
    detector: str,
    match: bool,
    mode: Mode,
    model: str | None,
    session: str,
) -> dict[str, Any]:
    """The next frame of a client's presentation. Raises InputError without a picture, or for another mode."""
    if image is None:
        raise InputError("send a picture")
    if mode not in _MODES:
        raise InputError(f"movements are asked for {', '.join(_MODES)}, got {mode!r}")
    pipeline = context.live_pipeline(detector, model, match)
    return state_dict(visitors.of(client_name(session)).look(pipeline, image, mode))


def received(payload: ImageData | None) -> Image | None:
    """The picture that a client sent, in the request itself or as an upload. Raises InputError."""
    if payload is None:
        return None
    if payload.url and payload.url.startswith("data:"):
        try:
            data = base64.b64decode(payload.url.partition(",")[2], validate=True)
        except binascii.Error as error:
            raise InputError(f"a picture as data:image/jpeg;base64,... is wanted: {error}") from error
        return decode_photo(data, "the picture").image
    try:
        data = Path(payload.path or "").read_bytes()  # Gradio lets through what was uploaded, no other path
    except OSError as error:
        raise InputError("send the picture as a data: URL or as an upload") from error
    return decode_photo(data, payload.orig_name or "the picture").image


def _picture() -> gr.Image:
    """Takes a picture; what is none is refused with a sentence, where Gradio's own reading has no words."""
    picture = gr.Image(type="numpy")

    def preprocess(payload: ImageData | None) -> Image | None:
        with told():
            return received(payload)

    picture.preprocess = preprocess  # type: ignore[method-assign]
    return picture


def client_name(session: str) -> str:
    """What a client is called among the visitors: never as the page that has the same session."""
    return f"api {session}"


def add_endpoints(
    context: Context,
    visitors: Visitors,
    shared: Shared,
    detector: gr.Dropdown,
    accepted: gr.Checkbox,
    match: gr.Checkbox,
) -> None:
    """``/predict_frame`` and ``/push_frame``. Each client that connects is a visitor of its own."""
    with gr.Row(visible=False):
        image, answer = _picture(), gr.JSON()
        mode = gr.Radio(list(_MODES), value="never")
        predict, push = gr.Button(), gr.Button()

    def on_predict(
        image: Image | None, detector: str, accept_licence: bool, match: bool, model: str | None
    ) -> dict[str, Any]:
        with told():
            make_ready(detector, accept_licence)
            return predict_frame(context, image, detector, match, model)

    def on_push(
        image: Image | None,
        detector: str,
        accept_licence: bool,
        match: bool,
        mode: Mode,
        model: str | None,
        request: gr.Request,
    ) -> dict[str, Any]:
        with told():
            make_ready(detector, accept_licence)
            session = request.session_hash or ""
            return push_frame(context, visitors, image, detector, match, mode, model, session)

    inputs = [image, detector, accepted, match, shared.model]
    predict.click(on_predict, inputs, answer, api_name="predict_frame", concurrency_id="network")
    inputs = [image, detector, accepted, match, mode, shared.model]
    push.click(on_push, inputs, answer, api_name="push_frame", concurrency_id="network")
