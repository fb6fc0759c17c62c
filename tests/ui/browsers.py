"""Real browsers with fake cameras: Chromium by Playwright, Firefox by WebDriver BiDi over its own socket.

Playwright cannot drive the Firefox of a distribution; Firefox speaks BiDi by itself, so no driver is needed.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

import liveness
from liveness.types import Image

PATIENCE = 120.0  # seconds; CI's two cores are shared by the browser, the server and the network
WAIT = PATIENCE * 1000
# Or what is asked, should the score lie near the threshold.
VERDICT = re.compile("^(Live|Spoof|Look straight|Turn|Nod|Come|Follow|Shut|Smile|Not)")
SHOTS = os.environ.get("LIVENESS_SCREENSHOTS")
_FIREFOX_SETTINGS = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "remote.active-protocols": 1,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
}


def face_clip(path: Path, picture: Image, frames: int = 40) -> Path:
    """A camera's view of a face that sways a little, 640 x 480, as Chromium's fake camera reads it."""
    with av.open(str(path), "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=20)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        for i in range(frames):
            turn = 2 * np.pi * i / frames
            zoom = 1.35 + 0.04 * np.sin(turn)
            move = np.array(
                [[zoom, 0, 320 - zoom * 223 + 10 * np.sin(2 * turn)], [0, zoom, 240 - zoom * 120]]
            )
            view = cv2.warpAffine(picture, move, (640, 480), borderMode=cv2.BORDER_REFLECT)
            frame = av.VideoFrame.from_ndarray(np.asarray(view, np.uint8), format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 20)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def program(*names: str) -> str:
    """The first of these programs that is installed; skips the test without one."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"{names[0]} is not installed")
    return found


def shoot(page: Any, name: str) -> None:
    """Keep a picture of the page when someone wants to look at it."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def open_tab(page: Any, url: str, title: str) -> None:
    page.goto(url, timeout=WAIT)
    page.set_default_timeout(WAIT)
    page.get_by_role("tab", name=title, exact=True).click()


def agree(page: Any) -> None:
    """The get-ready screen comes first: without consent there is no camera."""
    page.locator("#live-ready").get_by_text("None is kept").wait_for()
    page.locator("#live-consent input").check()


def start_camera(page: Any) -> None:
    agree(page)
    page.locator("#live-drawer").get_by_text("Researcher's drawer").click()
    press_record(page)


def press_record(page: Any) -> None:
    """The camera sign first, then Record."""
    page.locator("#live-camera").get_by_role("button").first.click()
    page.locator("#live-camera video").wait_for(state="visible")
    page.locator("#live-camera").get_by_role("button").first.click()


def wait_for_frames(page: Any, count: int) -> None:
    """Until so many more frames are judged."""
    page.wait_for_function(
        "until => +document.querySelector('#live-overlay svg')?.dataset.frame >= until",
        arg=int(page.locator("#live-overlay svg").get_attribute("data-frame")) + count,
    )


def wait_until_idle() -> None:
    """Until no other thread works for the app: one caught in native code would abort Python at its end."""
    mine, package = threading.get_ident(), str(Path(liveness.__file__).parent)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        stacks = [frame for thread, frame in sys._current_frames().items() if thread != mine]
        files = [entry.filename for frame in stacks for entry in traceback.extract_stack(frame)]
        if not any(name.startswith(package) for name in files):
            return
        time.sleep(0.2)


@contextmanager
def chromium(camera: Path | None = None, allow: bool = True) -> Iterator[Any]:
    """A headless Chromium; its camera plays a clip, or is absent. ``allow`` answers the question for it."""
    api = pytest.importorskip("playwright.sync_api")
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    if camera is not None:
        options += ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={camera}"]
    if allow:
        options.append("--use-fake-ui-for-media-stream")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program("chromium", "chromium-browser"), args=options
        )
        yield browser
        browser.close()


class ScriptError(AssertionError):
    """A script on the page raised an exception."""


class Firefox:
    """A headless Firefox with its own fake camera (a moving pattern), spoken to by WebDriver BiDi."""

    def __init__(self, profile: Path) -> None:
        socket = pytest.importorskip("websocket")
        profile.mkdir()
        lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in _FIREFOX_SETTINGS.items()]
        (profile / "user.js").write_text("\n".join(lines))
        command = [program("firefox-esr", "firefox"), "--headless", "--no-remote", "--profile", str(profile)]
        self._process = subprocess.Popen(
            [*command, "--remote-debugging-port", "0"],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        self._socket = socket.create_connection(
            f"{self._address()}/session", timeout=PATIENCE, suppress_origin=True
        )
        self._numbers = itertools.count(1)
        self.send("session.new", capabilities={})
        self._page = self.send("browsingContext.getTree")["contexts"][0]["context"]

    def _address(self) -> str:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if found := re.search(r"BiDi listening on (ws://\S+)", line):
                threading.Thread(
                    target=self._process.stderr.read, daemon=True
                ).start()  # or the pipe fills up
                return found[1]
        pytest.skip("this Firefox does not speak WebDriver BiDi")

    def send(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return answer["result"]

    def open(self, url: str) -> None:
        self.send("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression on the page."""
        target = {"context": self._page}
        answer = self.send(
            "script.evaluate", expression=script, target=target, awaitPromise=True, userActivation=True
        )
        if answer["type"] != "success":
            raise ScriptError(answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    def wait(self, script: str) -> Any:
        """Until the expression is true. Gradio builds a tab or a drawer some time after it is opened: what
        the expression cannot find is not there yet."""
        end, why = time.monotonic() + PATIENCE, "it was false"
        while time.monotonic() < end:
            try:
                if value := self.run(script):
                    return value
            except ScriptError as error:
                why = str(error)
            time.sleep(0.2)
        raise AssertionError(f"never became true: {script} ({why})")

    def click(self, element: str) -> None:
        """Click what the expression finds, once that is there and can be seen."""
        self.wait(f"(e => e && e.offsetParent && (e.click(), true))({element})")

    def close(self) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(30)
