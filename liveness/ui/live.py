"""The Live tab: a visitor's camera as one presentation after another, passive and, where wanted, active.

Frames go from the browser to the session and are dropped. What comes back is small: drawings as SVG that lie
over the camera's own picture, so that the picture stays as smooth as the camera is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np
from gradio.context import Context as GradioContext

from liveness.detect import DEFAULT_DETECTOR
from liveness.errors import LivenessError
from liveness.live.activecheck import Mode
from liveness.live.expression import missing
from liveness.live.session import SessionState
from liveness.types import Image
from liveness.ui import livecards, livecurves, livedraw
from liveness.ui.context import Context, Shared, sentence
from liveness.ui.detectors import detector_choice, make_ready
from liveness.ui.inputs import match_choice
from liveness.ui.liveapi import add_endpoints, client_name
from liveness.ui.theme import ASSETS
from liveness.ui.visitors import Visitor, Visitors

PLACES = 4  # visitors who stream at once
TIME_LIMIT = 300  # seconds a visitor may keep a place
STREAM_EVERY = 0.05
_CURVES_EVERY = 0.5  # seconds between two updates of the drawer
_CAMERA = {"video": {"width": {"ideal": 640}, "height": {"ideal": 480}, "facingMode": "user"}}
# The file is made in the browser: none lies on the server.
_SAVE = """(url) => {
  const [, type, data] = /^data:([^;]*);base64,(.*)$/.exec(url);
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type }));
  link.download = type === "application/zip" ? "live-session.zip" : "live-scores.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  return "";  // so that the page forgets it too
}"""
_MODES: tuple[tuple[str, Mode], ...] = (
    ("Never: judge by looking alone", "never"),
    ("When unsure", "unsure"),
    ("Always", "always"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a visitor chose beside the camera. It stays on the server: each field sent with each frame would
    cost the page more than the drawing does."""

    detector: str = DEFAULT_DETECTOR
    accepted: bool = False
    match: bool = False
    mode: Mode = "unsure"
    cues: bool = False
    light: bool = False
    keep: bool = False


def shown(visitor: Visitor, state: SessionState, size: tuple[int, int]) -> list[Any]:
    """Overlay, verdict, light, drawer after a frame of this width and height; what is there is skipped."""
    tick = f"{state.result.seconds // _CURVES_EVERY:.0f}"
    html = {
        "overlay": livedraw.overlay(state, *size),
        "verdict": livecards.verdict(state),
        "light": livedraw.light(state),
    }
    if visitor.changed("tick", tick):
        html["drawer"] = livecurves.drawer(visitor.recent())
    order = ("overlay", "verdict", "light", "drawer")
    return [html[name] if name in html and visitor.changed(name, html[name]) else gr.skip() for name in order]


def build(context: Context, shared: Shared) -> None:
    visitors = Visitors(context.expresser, context.fusion)
    ready = gr.HTML(livecards.get_ready(PLACES, TIME_LIMIT), padding=False, elem_id="live-ready")
    agreed = gr.Checkbox(
        False,
        label="I agree that my camera's pictures are judged as said here",
        info="Without it the camera stays off. Untick it, and the camera and what is known of you go.",
        elem_id="live-consent",
    )
    with gr.Row(equal_height=False, visible=False, elem_classes="lw-columns") as stage:
        with gr.Column(scale=6, min_width=320):
            camera, overlay = _camera()
        with gr.Column(scale=4, min_width=320):
            verdict = gr.HTML(livecards.waiting(), padding=False, elem_id="live-verdict")
            retry = gr.Button("Try again", elem_id="live-retry", variant="secondary")
            mode = gr.Radio(
                list(_MODES),
                value="unsure",
                label="Ask for movements",
                info="Three in a random order: harder for a photo or a clip.",
                elem_id="live-mode",
            )
            gr.HTML(livecards.movements(_missing()), padding=False)
            with gr.Accordion("More settings", open=False, elem_id="live-more"):
                light = gr.Checkbox(
                    False,
                    label="Coloured light (experimental)",
                    info=livecards.LIGHT,
                    elem_id="live-light-on",
                )
                detector, accepted = detector_choice()
                match = match_choice(context, True)
    with gr.Accordion("Researcher's drawer", open=False, visible=False, elem_id="live-drawer") as drawer:
        measured = gr.Checkbox(
            False,
            label="Measure cues over time",
            info="What the last two seconds look like, twice a second; costs time. They pass and fail "
            "nobody: where they speak against a live score, it is unsure.",
            elem_id="live-measure",
        )
        inside = gr.HTML("", padding=False, elem_id="live-inside")
        keep = gr.Checkbox(False, label="Save the frames too", info=livecards.KEEP, elem_id="live-keep")
        save = gr.Button("Save this session's scores", elem_id="live-save")
        fine = "Numbers, a row a frame, of the last minutes; with pictures only where the tick above is set."
        gr.HTML(f'<p class="lw-fine">{fine}</p>', padding=False)
    _starts(visitors, agreed, keep, [ready, stage, drawer])
    gr.on(
        [mode.change, light.change],
        lambda wanted, lit: gr.Button(visible=lit or wanted != "never"),
        [mode, light],
        retry,
        show_progress="hidden",
        api_visibility="private",
    )
    settings = _settings([detector, accepted, match, mode, measured, light, keep])
    page = [overlay, verdict, gr.HTML("", padding=False, elem_id="live-light"), inside]
    _stream(context, visitors, page, camera, [settings, shared.model])
    _buttons(visitors, retry, save, keep)
    add_endpoints(context, visitors, shared, detector, accepted, match)


def _settings(fields: list[Any]) -> gr.State:
    """What these fields say, in the order of Settings."""
    settings = gr.State(Settings(*(field.value for field in fields)))
    gr.on(
        [field.change for field in fields],
        lambda *values: Settings(*values),
        fields,
        settings,
        trigger_mode="always_last",
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )
    return settings


def _missing() -> str:
    """What blinks and smiles still need, or why their file is not used."""
    try:
        return missing()
    except LivenessError as error:
        return sentence(error)


def _starts(visitors: Visitors, agreed: gr.Checkbox, keep: gr.Checkbox, parts: list[Any]) -> None:
    """The camera's part of the tab is there once the visitor agrees, and goes with the agreement."""

    def on_change(yes: bool, request: gr.Request) -> list[Any]:
        if not yes:
            visitors.forget(request.session_hash or "")
        return [gr.HTML(visible=not yes), gr.Row(visible=yes), gr.Accordion(visible=yes), False]

    agreed.change(
        on_change,
        agreed,
        [*parts, keep],
        show_progress="hidden",
        api_visibility="private",
    )


def _stream(
    context: Context, visitors: Visitors, page: list[gr.HTML], camera: gr.Image, inputs: list[gr.State]
) -> None:
    def on_frame(
        image: Image | None, settings: Settings, model: str | None, request: gr.Request
    ) -> list[Any]:
        if image is None:
            return [gr.skip()] * len(page)
        visitor = visitors.of(request.session_hash or "")
        try:
            make_ready(settings.detector, settings.accepted)
            pipeline = context.live_pipeline(settings.detector, model, settings.match)
            frame = np.asarray(image, dtype=np.uint8)
            chosen = settings.mode, settings.cues, settings.light, settings.keep
            state = visitor.look(pipeline, frame, *chosen)
        except LivenessError as error:  # said in its place: raising would end the stream
            visitor.shown.clear()
            return ["", livecards.trouble(sentence(error)), "", ""]
        return shown(visitor, state, (image.shape[1], image.shape[0]))

    camera.stream(
        on_frame,
        [camera, *inputs],
        page,
        stream_every=STREAM_EVERY,
        time_limit=TIME_LIMIT,
        concurrency_limit=PLACES,
        concurrency_id="live",
        show_progress="hidden",
        api_visibility="private",
    )


def _buttons(visitors: Visitors, retry: gr.Button, save: gr.Button, keep: gr.Checkbox) -> None:
    saved = gr.Textbox(visible="hidden", label="What is saved")

    def on_retry(request: gr.Request) -> None:
        visitors.of(request.session_hash or "").retry()

    def on_save(request: gr.Request) -> str:
        return visitors.of(request.session_hash or "").take()

    def on_keep(wanted: bool, request: gr.Request) -> None:
        if not wanted:  # at once, should the camera have stopped
            visitors.of(request.session_hash or "").drop_frames()

    def on_leave(request: gr.Request) -> None:
        session = request.session_hash or ""
        visitors.leave(session)
        visitors.leave(client_name(session))

    retry.click(on_retry, show_progress="hidden", api_visibility="private")
    keep.change(on_keep, keep, show_progress="hidden", api_visibility="private")
    save.click(on_save, None, saved, show_progress="hidden", api_visibility="private").then(
        None, saved, saved, js=_SAVE
    )
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
