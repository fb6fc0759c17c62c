"""What goes wrong in the middle of a presentation, in a real browser: the page says so and goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from liveness.types import Image
from tests.serving import served
from tests.ui.browsers import (
    VERDICT,
    WAIT,
    agree,
    chromium,
    face_clip,
    open_tab,
    press_record,
    program,
    shoot,
    start_camera,
)

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PORT = 17870


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory, astronaut: Image) -> Path:
    return face_clip(tmp_path_factory.mktemp("camera") / "face.mjpeg", astronaut)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program("chromium", "chromium-browser")
    with served(tmp_path_factory.mktemp("app"), PORT) as address:
        yield address


def test_two_tabs_of_one_visitor_are_two_presentations(url: str, camera: Path) -> None:
    with chromium(camera) as browser:
        context = browser.new_context()
        first, second = context.new_page(), context.new_page()
        for page in (first, second):
            page.bring_to_front()
            open_tab(page, url, "Live")
            start_camera(page)
            page.locator("#live-verdict").get_by_text(VERDICT).wait_for()
        counts = []
        for page in (first, second):
            page.bring_to_front()
            before = page.locator("#live-overlay svg").get_attribute("data-frame")
            page.wait_for_function(
                "before => +document.querySelector('#live-overlay svg')?.dataset.frame > before",
                arg=int(before),
                timeout=WAIT,
            )
            counts.append(int(page.locator("#live-overlay svg").get_attribute("data-frame")))
        assert counts[0] > counts[1], "each tab counts its own frames"


def test_a_camera_that_is_unplugged_loses_its_verdict(url: str, camera: Path) -> None:
    with chromium(camera) as browser:
        page = browser.new_page()
        open_tab(page, url, "Live")
        start_camera(page)
        page.locator("#live-verdict").get_by_text(VERDICT).wait_for()
        page.evaluate(
            """() => {
              const [track] = document.querySelector("#live-camera video").srcObject.getVideoTracks();
              track.stop();
              track.dispatchEvent(new Event("ended"));  // stop() alone does not say so; a pulled plug does
            }"""
        )
        page.locator("#live-help").get_by_text("unplugged or switched off").wait_for()
        page.locator("#live-verdict").get_by_text(re.compile("black|frozen")).wait_for()
        shoot(page, "live-unplugged")


def test_the_page_says_that_the_server_is_gone_and_goes_on_with_the_next(
    tmp_path: Path, camera: Path
) -> None:
    port = PORT + 5
    with chromium(camera) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        with served(tmp_path, port) as url:
            open_tab(page, url, "Live")
            start_camera(page)
            page.locator("#live-verdict").get_by_text(VERDICT).wait_for()
        page.locator("#live-help").get_by_text("The app does not answer").wait_for()
        assert not page.locator("#live-verdict").get_by_text(VERDICT).is_visible(), "who is there now?"
        shoot(page, "live-gone")
        with served(tmp_path, port):
            page.locator("#live-ready").get_by_text("None is kept").wait_for()  # loaded anew, in the same tab
            assert not page.locator("#live-verdict").is_visible()
            agree(page)
            page.locator("#live-help").get_by_text("The app was restarted").wait_for()
            shoot(page, "live-restarted")
            press_record(page)
            page.locator("#live-verdict").get_by_text(VERDICT).wait_for()
            assert not page.locator("#live-help").get_by_text("restarted").is_visible()
