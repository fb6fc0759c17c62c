"""Every tab in a real browser: wide and narrow, light and dark; it asks nothing of any other machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import PIL.Image
import pytest

from liveness.config import AppConfig
from liveness.types import Image
from liveness.ui import TABS, launch
from liveness.ui import context as context_module
from tests.ui.browsers import PATIENCE, chromium, program
from tests.ui.test_app import find_one_face, tiny

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WAIT = PATIENCE * 1000
SHOTS = os.environ.get("LIVENESS_SCREENSHOTS")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program("chromium", "chromium-browser")
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context_module, "build_detector", lambda name: find_one_face)
        patch.setenv("LIVENESS_DATABASE_URL", f"sqlite:///{folder / 'gallery.db'}")
        model = tiny(folder, created="2026-01-02T03:04:05")
        config = AppConfig(port=17900, model=str(model), runs=str(folder / "runs"), dataset=str(folder))
        app = launch(config, block=False)
        yield str(app.local_url)
        app.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@dataclass
class Watched:
    """A page, and what went wrong on it."""

    page: Any
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def asked(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            self.strangers.append(request.url)

    def said(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def shoot(self, name: str) -> None:
        """Keep a picture of the page when someone wants to look at it."""
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def opened(browser: Any, url: str, width: int, scheme: str) -> Watched:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    watched = Watched(context.new_page())
    page = watched.page
    page.set_default_timeout(WAIT)
    page.on("request", watched.asked)
    page.on("console", watched.said)
    page.on("pageerror", lambda error: watched.errors.append(str(error)))
    page.goto(url, timeout=WAIT)
    page.get_by_text("chosen by hand for tests").wait_for()
    return watched


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
)
def test_every_tab_opens_and_fits(browser: Any, url: str, width: int, scheme: str) -> None:
    watched = opened(browser, url, width, scheme)
    page = watched.page
    for title, _ in TABS:
        open_tab(page, title)
        page.wait_for_timeout(700)
        watched.shoot(f"{title.lower()}-{width}-{scheme}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{title} is {wide} pixels wide on a screen of {width}"
        assert unlabelled(page) == [], title
    assert watched.errors == []
    assert watched.strangers == []
    page.context.close()


def open_tab(page: Any, title: str) -> None:
    """By name; on a narrow screen the last tabs are in a menu."""
    tab = page.get_by_role("tab", name=title, exact=True)
    if not tab.first.is_visible():
        page.locator(".overflow-menu > button").first.click()
        page.locator(".overflow-dropdown button", has_text=title).click()
        return
    tab.first.click()


def unlabelled(page: Any) -> list[str]:
    """Visible fields of the open tab that a screen reader could not name."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('input:not([type=file]):not([type=hidden]), textarea, select')]
            .filter(e => e.offsetParent && !e.labels?.length && !e.closest('label')
                && !e.ariaLabel && !e.getAttribute('aria-labelledby') && !e.title && !e.placeholder)
            .map(e => e.outerHTML.slice(0, 160))"""
    )
    return found


def test_a_photo_from_upload_to_verdict(browser: Any, url: str, astronaut: Image, tmp_path: Path) -> None:
    photo = tmp_path / "astronaut.png"
    PIL.Image.fromarray(astronaut).save(photo)
    watched = opened(browser, url, 1280, "light")
    page = watched.page
    page.locator(".lw-pictures input[type=file]").first.set_input_files(str(photo))
    page.locator(".lw-face.live").wait_for()
    watched.shoot("result-1280-light")
    slider = page.get_by_role("slider").first
    slider.focus()
    slider.press("End")
    page.locator(".lw-face.spoof").wait_for()
    page.locator("button", has_text="Clear").first.click()
    page.get_by_text("What is found in it appears here").first.wait_for()
    page.locator(".lw-examples button").first.click()
    page.locator(".lw-face").first.wait_for()
    assert watched.errors == []
    assert watched.strangers == []
    page.context.close()


def test_bad_files_have_their_sentence(browser: Any, url: str, tmp_path: Path) -> None:
    bad = tmp_path / "broken.png"
    bad.write_bytes(b"\x89PNG but no more")
    watched = opened(browser, url, 1280, "light")
    watched.page.locator(".lw-pictures input[type=file]").first.set_input_files(str(bad))
    watched.page.get_by_text("broken.png is not a picture that can be read").wait_for()
    assert watched.strangers == []
    watched.page.context.close()
