"""The examples of docs/api.md, run as they stand against a running app."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import PIL.Image
import pytest

from liveness.types import Face, Image
from tests.clips import ASTRONAUT, noisy, view
from tests.serving import served
from tests.ui.browsers import PATIENCE, VERDICT, chromium, face_clip, program, shoot

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
FRAMES = 16


def astronaut_here(image: Image) -> list[Face]:
    """Stands for a detector: the face where ``frames`` shows it."""
    return [view(image, ASTRONAUT)[1]]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("app"), 17880, astronaut_here) as address:
        yield address


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory, astronaut: Image) -> list[str]:
    """A clip as files: a bright face in front of a camera with a sensor's noise."""
    folder, picture = tmp_path_factory.mktemp("frames"), view(astronaut, ASTRONAUT)[0]
    paths = [folder / f"{i}.jpg" for i in range(FRAMES)]
    for i, path in enumerate(paths):
        PIL.Image.fromarray(noisy(picture, i)).save(path, quality=90)
    return [str(path) for path in paths]


def installed(example: str, folder: Path) -> Path:
    """A copy of a JavaScript example with what it needs, as its lock file says; skips without npm's help."""
    program("node", "nodejs")
    npm = program("npm")
    copy = folder / example
    shutil.copytree(EXAMPLES / example, copy, ignore=shutil.ignore_patterns("node_modules", "dist"))
    done = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund", "--prefer-offline"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    unreachable = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "ENOTCACHED")
    if any(word in done.stderr for word in unreachable):
        pytest.skip("npm's packages cannot be had without a network")
    assert done.returncode == 0, done.stderr
    return copy


class Quiet(SimpleHTTPRequestHandler):
    """Files of a folder, nothing printed."""

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def files(folder: Path) -> Iterator[str]:
    """The address at which a folder is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def said(*command: str, folder: Path = EXAMPLES) -> list[str]:
    """What a program printed, line by line."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def check(lines: list[str]) -> None:
    assert lines[0].startswith("alone bona_fide 0.")
    assert [line.split()[0] for line in lines[1:]] == [str(i) for i in range(FRAMES)]
    assert lines[1].split()[1:] == ["checking", "open"]
    assert lines[-1].split()[1:] == ["decided", "pass"]


def test_the_python_example(url: str, frames: list[str]) -> None:
    check(said(sys.executable, "python/client.py", url, *frames))


def test_the_javascript_example(url: str, frames: list[str], tmp_path: Path) -> None:
    check(
        said(program("node", "nodejs"), "client.mjs", url, *frames, folder=installed("javascript", tmp_path))
    )


@pytest.mark.browser
def test_the_react_page_shows_verdicts_and_survives_a_restart(tmp_path: Path, astronaut: Image) -> None:
    program("chromium", "chromium-browser")
    page_folder, port = installed("react", tmp_path), 17885
    build = {**os.environ, "VITE_LIVENESS_SERVER": f"http://127.0.0.1:{port}"}
    subprocess.run(
        [program("npm"), "run", "build"], cwd=page_folder, check=True, capture_output=True, env=build
    )
    camera = face_clip(tmp_path / "face.mjpeg", astronaut)
    with files(page_folder / "dist") as address, chromium(camera) as browser:
        page = browser.new_page(viewport={"width": 800, "height": 900})
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(address)
        page.get_by_text("None is kept").wait_for()
        page.get_by_role("button", name="Start the camera").click()
        page.get_by_text("The server does not answer").wait_for()
        for _ in range(2):  # a server that comes, goes in the middle of a presentation, and comes again
            with served(tmp_path, port):
                page.get_by_role("status").get_by_text(VERDICT).wait_for()
                page.locator("svg rect").first.wait_for(state="attached")
                shoot(page, "react")
            page.get_by_text("The server does not answer").wait_for()
            assert page.locator("svg rect").count() == 0, "no box of a verdict that is over"
        page.get_by_role("button", name="Stop").click()
        page.get_by_text("Ready").wait_for()
