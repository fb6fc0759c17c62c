"""The Video tab: a clip, uploaded or recorded -> a verdict per person, a timeline, files to take away."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import cv2
import gradio as gr
import numpy as np
from gradio.context import Context as GradioContext

from liveness.errors import InputError
from liveness.live.clips import ClipProgress, analyse, followed
from liveness.live.timeline import ClipResult, as_dict
from liveness.types import Image
from liveness.ui import clipcards
from liveness.ui.cards import empty, note
from liveness.ui.context import Context, Shared, told
from liveness.ui.detectors import detector_choice, make_ready
from liveness.ui.inputs import match_choice

_SHOWN_EVERY = 0.3  # seconds between two updates of the page
_PREVIEW = 480  # pixels of the longer side


@dataclass(frozen=True)
class Asked:
    """What a visitor asks for. end: None or 0 is the clip's end."""

    clip: str | None
    every: float
    start: float | None
    end: float | None
    detector: str
    accepted: bool
    match: bool
    model: str | None


class Running:
    """At most one analysis a visitor: Stop, a new one, or leaving the page ends the one before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flags: dict[str, threading.Event] = {}

    def start(self, visitor: str) -> threading.Event:
        """A flag for a new analysis; it is set when the analysis is to end."""
        self.stop(visitor)
        flag = threading.Event()
        with self._lock:
            self._flags[visitor] = flag
        return flag

    def stop(self, visitor: str) -> None:
        with self._lock:
            flag = self._flags.pop(visitor, None)
        if flag:
            flag.set()

    def done(self, visitor: str, flag: threading.Event) -> None:
        """Forget an analysis that ended by itself."""
        with self._lock:
            if self._flags.get(visitor) is flag:
                del self._flags[visitor]


def judge(context: Context, asked: Asked, save: Path) -> Generator[ClipProgress, None, None]:
    """Analyse the clip. Raises InputError when there is none, and as ``analyse`` does."""
    if not asked.clip:
        raise InputError("upload or record a clip first")
    make_ready(asked.detector, asked.accepted)
    pipeline = context.pipeline(asked.detector, asked.model, asked.match)
    every = int(asked.every)
    judge = followed(pipeline, asked.clip, every)
    yield from analyse(asked.clip, judge, every, asked.start or 0.0, asked.end or None, save)


def pages(steps: Generator[ClipProgress, None, None], stop: threading.Event) -> Iterator[list[Any]]:
    """What the page shows, now and then while the analysis runs, and at its end.

    Setting ``stop`` ends the analysis at the next frame; nothing of it is kept then.
    """
    shown = 0.0
    with closing(steps):
        for step in steps:
            if step.result is not None:
                yield _finished(step, step.result)
            elif stop.is_set():
                yield _blank(note(f"Stopped after {step.done} frames. Nothing of it is kept."))
                return
            elif monotonic() - shown >= _SHOWN_EVERY:
                shown = monotonic()
                preview = gr.Image(value=_small(step.image), visible=True)
                yield [clipcards.running(step), preview, *[gr.skip()] * 5, gr.Button(interactive=True)]


def build(context: Context, shared: Shared) -> None:
    running = Running()
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=320):
            clip, every, start, end = _inputs()
            detector, accepted = detector_choice()
            match = match_choice(context)
            with gr.Row():
                stop = gr.Button("Stop", variant="stop", min_width=80, interactive=False)
                begin = gr.Button("Analyse", variant="primary", min_width=120)
        with gr.Column(scale=6, min_width=320):
            outputs = [*_outputs(), stop]

    def on_analyse(  # the names are those of the API
        clip: str | None,
        every: float,
        start: float | None,
        end: float | None,
        detector: str,
        accept_licence: bool,
        match: bool,
        model: str | None,
        request: gr.Request,
    ) -> Iterator[list[Any]]:
        asked = Asked(clip, every, start, end, detector, accept_licence, match, model)
        visitor = request.session_hash or ""
        flag = running.start(visitor)
        try:
            # Showing the files copies them to Gradio's cache, which is emptied; the folder goes.
            with told(), tempfile.TemporaryDirectory(prefix="liveness-clip-") as folder:
                yield from pages(judge(context, asked, Path(folder)), flag)
        finally:
            running.done(visitor, flag)

    def on_stop(request: gr.Request) -> None:
        running.stop(request.session_hash or "")

    inputs = [clip, every, start, end, detector, accepted, match, shared.model]
    begin.click(
        lambda: _blank(note("Getting ready")), None, outputs, api_visibility="private", show_progress="hidden"
    ).then(
        on_analyse, inputs, outputs, api_name="analyse_video", concurrency_id="video", show_progress="hidden"
    )
    stop.click(on_stop, None, None, api_visibility="private", queue=False)
    if GradioContext.root_block is not None:
        GradioContext.root_block.unload(on_stop)


def _finished(step: ClipProgress, result: ClipResult) -> list[Any]:
    facts = as_dict(result)
    del facts["files"]  # where they lie on the server is nobody's business
    return [
        clipcards.finished(step, result),
        gr.Image(value=None, visible=False),
        gr.Video(value=result.video, visible=True),
        clipcards.people(result),
        gr.Image(value=str(result.figure), visible=True),
        gr.DownloadButton(value=result.csv, interactive=True),
        facts,
        gr.Button(interactive=False),
    ]


def _blank(status: str) -> list[Any]:
    """The page with nothing but a line of status."""
    return [
        status,
        gr.Image(value=None, visible=False),
        gr.Video(value=None, visible=False),
        "",
        gr.Image(value=None, visible=False),
        gr.DownloadButton(value=None, interactive=False),
        None,
        gr.Button(interactive=False),
    ]


def _inputs() -> tuple[gr.Video, gr.Slider, gr.Number, gr.Number]:
    clip = gr.Video(
        label="Clip: upload one, or record it",
        sources=["upload", "webcam"],
        include_audio=False,
        elem_id="video-clip",
        webcam_options=gr.WebcamOptions(mirror=False),
    )
    # Gradio's own step would need the ffmpeg program to drop the sound; here the sound is just not read.
    clip.preprocess = lambda payload: payload.path if payload else None
    every = gr.Slider(
        1,
        30,
        value=2,
        step=1,
        label="Judge every n-th frame",
        info="2 takes about half the time.",
    )
    with gr.Row():
        start = gr.Number(0, label="From second", minimum=0, min_width=120)
        end = gr.Number(0, label="To second (0: the end)", minimum=0, min_width=120)
    return clip, every, start, end


def _outputs() -> list[Any]:
    """status, preview, annotated video, people, timeline, CSV, JSON."""
    return [
        gr.HTML(empty(clipcards.NOT_TRIED), padding=False, elem_id="video-status"),
        gr.Image(label="Now", visible=False, interactive=False, buttons=[], height=320, format="jpeg"),
        gr.Video(label="Annotated clip", visible=False, interactive=False, elem_id="video-annotated"),
        gr.HTML("", padding=False, elem_id="video-people"),
        gr.Image(
            label="Score over time",
            visible=False,
            interactive=False,
            type="filepath",
            buttons=["download", "fullscreen"],
        ),
        gr.DownloadButton("Download frames.csv", interactive=False),
        gr.JSON(visible=False),
    ]


def _small(image: Image | None) -> Image | None:
    if image is None:
        return None
    scale = min(1.0, _PREVIEW / max(image.shape[:2]))
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
