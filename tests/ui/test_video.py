"""The Video tab without a browser: its handlers, and its API through gradio_client."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import gradio_client
import numpy as np
import pytest

from liveness.config import AppConfig
from liveness.errors import InputError, VideoError
from liveness.live.clips import ClipProgress
from liveness.live.timeline import ClipResult, Person
from liveness.pipeline import Pipeline
from liveness.types import Box, Face, Image
from liveness.ui import clipcards, live, video
from liveness.ui.context import Context, Shared
from liveness.video import VideoInfo, VideoWriter, probe
from tests.ui.browsers import wait_until_idle


class Bright:
    """A classifier that calls bright pictures live."""

    threshold = 0.5

    def __call__(self, image: Image, faces: Any) -> list[float]:
        return [float(image.mean()) / 255 for _ in faces]


def one_face(image: Image) -> list[Face]:
    return [Face(Box(8, 8, 56, 56), 0.9)]


class Stub(Context):
    """A context whose pipeline needs no weights; ``delay`` makes it slow."""

    delay = 0.0

    def pipeline(self, detector: str = "mtcnn", model: Any = None, match: bool = False) -> Pipeline:
        def slow(image: Image) -> list[Face]:
            time.sleep(self.delay)
            return one_face(image)

        return Pipeline(slow, Bright(), limits=None)


@pytest.fixture
def clip(tmp_path: Path) -> str:
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, 10) as writer:
        for _ in range(20):
            writer.write(np.full((64, 64, 3), 200, np.uint8))
    return str(path)


@pytest.fixture
def served() -> Iterator[tuple[gradio_client.Client, Stub]]:
    """The two tabs on a free port, and a client of their API."""
    context = Stub(AppConfig())
    with gr.Blocks(analytics_enabled=False) as app:
        shared = Shared(model=gr.State(None))
        video.build(context, shared)
        live.build(context, shared)
    _, url, _ = app.queue().launch(prevent_thread_lock=True, quiet=True, run_history=False)
    yield gradio_client.Client(url, verbose=False), context
    app.close()
    wait_until_idle()


def asked(clip: str | None, **changes: Any) -> video.Asked:
    values = {"every": 1.0, "start": 0.0, "end": None, "detector": "mtcnn", "accepted": False, "match": False}
    return video.Asked(clip, **{**values, "model": None, **changes})


def test_no_clip_and_a_bad_range_are_explained(clip: str, tmp_path: Path) -> None:
    context = Stub(AppConfig())
    with pytest.raises(InputError, match="upload or record a clip first"):
        next(video.judge(context, asked(None), tmp_path))
    with pytest.raises(InputError, match="range"):
        next(video.judge(context, asked(clip, start=5.0, end=1.0), tmp_path))
    (tmp_path / "empty.webm").touch()
    with pytest.raises(VideoError, match=r"empty\.webm is empty"):
        next(video.judge(context, asked(str(tmp_path / "empty.webm")), tmp_path))


def test_an_end_of_nought_is_the_end(clip: str, tmp_path: Path) -> None:
    steps = list(video.judge(Stub(AppConfig()), asked(clip, end=0.0, every=10.0), tmp_path))
    assert steps[-1].result is not None
    assert steps[-1].result.frames == 2


def test_stop_ends_at_the_next_frame_and_keeps_nothing(clip: str, tmp_path: Path) -> None:
    stop = threading.Event()
    shown = video.pages(video.judge(Stub(AppConfig()), asked(clip), tmp_path / "out"), stop)
    first = next(shown)
    assert "of about 20 frames" in first[0]
    stop.set()
    last = list(shown)
    assert len(last) == 1
    assert "Stopped after 2 frames" in last[0][0]
    assert list((tmp_path / "out").iterdir()) == []


def test_a_visitor_has_one_analysis_at_a_time() -> None:
    running = video.Running()
    first, other = running.start("a"), running.start("b")
    second = running.start("a")
    assert (first.is_set(), second.is_set(), other.is_set()) == (True, False, False)
    running.done("a", first)
    running.stop("a")
    assert second.is_set(), "an analysis that was replaced does not hide the one that runs"
    assert not other.is_set()
    running.stop("nobody")


def test_progress_and_times_are_in_words() -> None:
    html = clipcards.running(ClipProgress(30, 120, 14.96, 6.0))
    for words in ("30 of about 120 frames", "15.0 frames/s", "6 s left", 'aria-valuenow="25"'):
        assert words in html
    assert [clipcards.clock(s) for s in (8.4, 125, 4200)] == ["8 s", "2 min 5 s", "1 h 10 min"]


def test_a_card_a_person_with_names_escaped() -> None:
    times = (0.0, 0.1, 0.2)
    info = VideoInfo(64, 64, 10, 20, 2.0, "h264")
    live_one = Person(1, times, (0.9,) * 3, (0.9,) * 3, 0.5, "<b>Ada</b>", 2)
    unsure = Person(2, times, (None,) * 3, (None,) * 3, None)
    html = clipcards.people(ClipResult(info, 20, (live_one, unsure), ((0.5, 1.0),), ("A <note>.",)))
    assert "&lt;b&gt;Ada&lt;/b&gt; in 2 of 3 frames" in html
    assert "<b>Ada" not in html
    assert "<note>" not in html
    assert html.count("<article") == 2
    assert "No decision" in html
    assert "No face for 0.5 s" in html


def test_the_api_analyses_a_clip(served: tuple[gradio_client.Client, Stub], clip: str) -> None:
    client, _ = served
    video_file = gradio_client.handle_file(clip)
    answer = client.predict(video_file, 2, 0, 1.0, "mtcnn", False, False, api_name="/analyse_video")
    facts = next(value for value in answer if isinstance(value, dict) and "people" in value)
    (person,) = facts["people"]
    assert (facts["frames"], person["frames"], person["verdict"]["label"]) == (5, 5, "bona_fide")
    assert "files" not in facts
    paths = [str(v["value"] if isinstance(v, dict) and "value" in v else v) for v in answer]
    assert probe(next(p for p in paths if p.endswith("annotated.mp4"))).frames == 5
    table = Path(next(p for p in paths if p.endswith("frames.csv")))
    assert table.read_text(encoding="utf-8").count("\n") == 6


def test_the_api_says_what_is_wrong(served: tuple[gradio_client.Client, Stub], tmp_path: Path) -> None:
    client, _ = served
    (tmp_path / "text.mp4").write_text("no video")
    broken = gradio_client.handle_file(tmp_path / "text.mp4")
    with pytest.raises(gradio_client.exceptions.AppError, match=r"[Tt]ext\.mp4 is not a video"):
        client.predict(broken, 2, 0, 0, "mtcnn", False, False, api_name="/analyse_video")


def test_a_model_that_is_missing_is_said_in_the_verdicts_place(tmp_path: Path) -> None:
    """Raising would end the stream; the sentence takes the place of the verdict instead."""
    context = Context(AppConfig(model=str(tmp_path / "absent.onnx")))
    with gr.Blocks(analytics_enabled=False) as app:
        live.build(context, Shared(model=gr.State(None)))
    (on_frame,) = (f.fn for f in app.fns.values() if f.fn is not None and f.fn.__name__ == "on_frame")
    request = gr.Request(session_hash="a")
    overlay, verdict, *_ = on_frame(np.zeros((48, 64, 3), np.uint8), live.Settings(), None, request)
    assert overlay == ""
    assert "There is no model at absent.onnx" in verdict
    skipped = on_frame(None, live.Settings(), None, request)
    assert skipped == [gr.skip()] * len(skipped)


def test_the_api_judges_a_frame(
    served: tuple[gradio_client.Client, Stub], tmp_path: Path, astronaut: Image
) -> None:
    import PIL.Image

    client, _ = served
    PIL.Image.fromarray(astronaut).save(tmp_path / "face.png")
    picture = gradio_client.handle_file(tmp_path / "face.png")
    answer = client.predict(picture, "mtcnn", False, False, api_name="/predict_frame")
    (face,) = answer["faces"]
    assert face["box"] == [8, 8, 56, 56]
    assert face["verdict"]["score"] == pytest.approx(astronaut.mean() / 255, abs=0.01)
    assert answer["timings"]["total"] > 0
