"""The Live tab through headless Chromium: frames a second, and glass to glass by a time code in the camera.

Each frame of the fake camera carries its number as black and white fields. The server reads the number of
each frame that it judges; the page reads the number that the camera shows when that frame's verdict appears.
The difference, in frames of 1/30 s, is the time from glass to glass.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil

from liveness.config import AppConfig
from liveness.detect import DEFAULT_DETECTOR, build_detector
from liveness.errors import InputError
from liveness.live.benchlive import swaying
from liveness.types import Classifier, Detector, Face, Image
from liveness.ui import build_app, serve
from liveness.ui.context import Context
from liveness.ui.theme import ASSETS, HEAD, theme

FIELD, BITS = 16, 9
_CODES = 240  # eight seconds at 30 frames a second; a multiple of the swaying clip
_CAMERA_RATE = 30.0
_PATIENCE = 120_000
_WATCH = """() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: %d, height: %d });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  window.lwSeen = [];
  const read = () => {
    const video = document.querySelector("#live-camera video");
    if (!video) return -1;
    pen.drawImage(video, 0, 0, canvas.width, canvas.height, 0, 0, canvas.width, canvas.height);
    const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    let code = 0;
    for (let i = 0; i < %d; i++) {
      const at = 4 * ((canvas.height >> 1) * canvas.width + i * canvas.height + (canvas.height >> 1));
      code |= (pixels[at] > 127 ? 1 : 0) << i;
    }
    return code;
  };
  let last = -1;  // the overlay also changes for other reasons: a frame counts when its verdict appears, once
  new MutationObserver(() => {
    const frame = Number(document.querySelector("#live-overlay svg")?.dataset.frame ?? -1);
    if (frame === last) return;
    last = frame;
    if (frame >= 0) window.lwSeen.push([performance.now(), frame, read()]);
  }).observe(document.querySelector("#live-overlay"), {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-frame"],
  });
}""" % (FIELD * BITS, FIELD, BITS)  # noqa: UP031 - braces belong to JavaScript


@dataclass(frozen=True, slots=True)
class Minute:
    """A minute, or the rest of one, on the first visitor's page: verdicts a second, median milliseconds from
    glass to glass (None when none was timed), and the server's resident memory at its end."""

    seconds: float
    rate: float
    latency: float | None
    megabytes: float


@dataclass(frozen=True, slots=True)
class BrowserRun:
    """rates: verdicts a second on each visitor's page; latency: milliseconds from glass to glass, median and
    95th percentile, of ``timed`` frames; server, browser: cores used; megabytes: growth of the server."""

    rates: tuple[float, ...]
    latency: tuple[float, float]
    timed: int
    server: float
    browser: float
    megabytes: float
    minutes: tuple[Minute, ...]


def write_code(image: Image, code: int) -> Image:
    """The picture with a number in its upper left corner; uint8 RGB (480, 640, 3)."""
    marked = image.copy()
    for bit in range(BITS):
        marked[:FIELD, bit * FIELD : (bit + 1) * FIELD] = 255 * (code >> bit & 1)
    return marked


def read_code(image: Image) -> int:
    """The number that ``write_code`` wrote."""
    middle = image[FIELD // 2, FIELD // 2 : BITS * FIELD : FIELD].mean(axis=1) > 127
    return int(sum(1 << bit for bit in range(BITS) if middle[bit]))


def browser_run(
    config: AppConfig, seconds: float = 20.0, visitors: int = 1, detector: str = DEFAULT_DETECTOR
) -> BrowserRun:
    """Serve the app, open it in Chromium with a fake camera for each visitor, and watch for so long.

    Raises InputError without Chromium or playwright, and what ``build_detector`` raises.
    """
    build_detector(detector)  # its sentence now, not a page that waits for a verdict
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise InputError("Chromium is needed to measure through a browser: install it, or give --only server")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise InputError("playwright is needed: pip install 'liveness-workbench[dev]'") from None
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        camera = _camera_clip(Path(folder) / "camera.mjpeg")
        flags = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
        fake = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
        browser = playwright.chromium.launch(
            executable_path=program, args=[*flags, *fake, f"--use-file-for-fake-video-capture={camera}"]
        )
        with _served(config, detector) as (url, codes):
            pages = [_streaming(browser, url) for _ in range(visitors)]
            run = _watched(pages, codes, seconds)
            for page in pages:
                page.context.close()
        browser.close()
    return run


def _camera_clip(path: Path) -> Path:
    """Motion JPEG, as Chromium's fake camera reads it."""
    views = swaying()
    with path.open("wb") as file:
        for code in range(_CODES):
            marked = cv2.cvtColor(write_code(views[code % len(views)], code), cv2.COLOR_RGB2BGR)
            file.write(cv2.imencode(".jpg", marked, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
    return path


class _Reading:
    """A classifier that notes the number of each frame."""

    def __init__(self, inner: Classifier, codes: list[int]) -> None:
        self._inner, self._codes = inner, codes

    @property
    def threshold(self) -> float:
        return self._inner.threshold

    def __call__(self, image: Image, faces: Sequence[Face]) -> Sequence[float]:
        self._codes.append(read_code(image))
        return self._inner(image, faces)


class _WatchedContext(Context):
    """The app's parts, with one detector whatever is chosen, and a classifier that reads the time code."""

    def __init__(self, config: AppConfig, detector: str) -> None:
        super().__init__(config)
        self._wanted = detector
        self.codes: list[int] = []
        self._reading: Classifier | None = None
        self._guard = threading.Lock()

    def detector(self, name: str = DEFAULT_DETECTOR) -> Detector:
        return super().detector(self._wanted)

    def live_classifier(self, model: str | Path | None = None) -> Classifier:
        with self._guard:
            if self._reading is None:
                self._reading = _Reading(super().live_classifier(model), self.codes)
            return self._reading


@contextmanager
def _served(config: AppConfig, detector: str) -> Iterator[tuple[str, list[int]]]:
    context = _WatchedContext(config, detector)
    app = build_app(config, context)
    app.queue(default_concurrency_limit=2, max_size=64)
    serve.keep_files_private()
    serve.reach_loopback_directly()
    app.launch(
        **serve.launch_options(config, None),
        theme=theme(),
        css_paths=sorted(ASSETS.glob("*.css")),
        head=HEAD,
        prevent_thread_lock=True,
    )
    try:
        yield str(app.local_url), context.codes
    finally:
        app.close()


def _streaming(browser: Any, url: str) -> Any:
    """A page whose camera runs and on which a verdict has appeared."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(_PATIENCE)
    page.goto(url)
    page.get_by_role("tab", name="Live", exact=True).click()
    page.locator("#live-consent input").check()
    page.locator("#live-camera").get_by_role("button").first.click()
    page.locator("#live-camera video").wait_for(state="visible")
    page.evaluate(_WATCH)
    page.locator("#live-camera").get_by_role("button").first.click()
    page.locator("#live-overlay rect").first.wait_for(state="attached")
    return page


def _watched(pages: list[Any], codes: list[int], seconds: float) -> BrowserRun:
    server = psutil.Process()
    before, memory, started = _used(server), server.memory_info().rss, time.perf_counter()
    clocks = [page.evaluate("() => { window.lwSeen.length = 0; return performance.now() }") for page in pages]
    ends: list[tuple[float, float]] = []
    while (passed := time.perf_counter() - started) < seconds:
        pages[0].wait_for_timeout(min(60.0, seconds - passed) * 1000)
        ends.append((time.perf_counter() - started, server.memory_info().rss / 1e6))
    took = ends[-1][0]
    seen = [page.evaluate("() => window.lwSeen") for page in pages]
    after = _used(server)
    late = [ms for _, ms in _latencies(seen[0], codes)] if len(pages) == 1 else []
    return BrowserRun(
        rates=tuple(len(rows) / took for rows in seen),
        latency=(statistics.median(late), float(np.percentile(late, 95))) if late else (0.0, 0.0),
        timed=len(late),
        server=(after[0] - before[0]) / took,
        browser=(after[1] - before[1]) / took,
        megabytes=(server.memory_info().rss - memory) / 1e6,
        minutes=_minutes(seen[0], _latencies(seen[0], codes) if late else [], ends, clocks[0]),
    )


def _minutes(
    seen: list[list[float]], late: list[tuple[float, float]], ends: list[tuple[float, float]], zero: float
) -> tuple[Minute, ...]:
    """The run cut at ``ends`` (seconds, megabytes); zero: the page's clock at its beginning."""
    found, start = [], 0.0
    for end, megabytes in ends:
        first, last = zero + start * 1000, zero + end * 1000
        count = sum(first <= row[0] < last for row in seen)
        times = [ms for when, ms in late if first <= when < last]
        median = statistics.median(times) if times else None
        found.append(Minute(end - start, count / (end - start), median, megabytes))
        start = end
    return tuple(found)


def _latencies(seen: list[list[float]], codes: list[int]) -> list[tuple[float, float]]:
    """When on the page's clock, and how many milliseconds from glass to glass, of each verdict whose frame is
    known."""
    pairs = [(when, codes[int(frame)], int(code)) for when, frame, code in seen if 0 <= frame < len(codes)]
    return [(when, ((now - then) % _CODES) * 1000 / _CAMERA_RATE) for when, then, now in pairs if now >= 0]


def _used(server: psutil.Process) -> tuple[float, float]:
    """Seconds of processor time: of this process, and of the browser's."""
    mine = server.cpu_times()
    others = 0.0
    for child in server.children(recursive=True):
        try:
            if "chrom" in child.name():
                times = child.cpu_times()
                others += times.user + times.system
        except psutil.NoSuchProcess:
            continue
    return mine.user + mine.system, others
