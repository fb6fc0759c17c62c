"""The Live tab without a mouse and without eyes: reached by keys, named, and read out when it should be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from liveness.types import Image
from tests.serving import served
from tests.ui.browsers import PATIENCE, chromium, face_clip

pytestmark = [pytest.mark.slow, pytest.mark.browser]

# What assistive technology calls each control that can be seen: its label, its own words, or aria-label.
_NAMES = """() => [...document.querySelectorAll('[role=tabpanel] input, [role=tabpanel] button')]
  .filter((e) => e.offsetParent && e.type !== 'file')
  .map((e) => (e.getAttribute('aria-label') || e.innerText || e.title
    || (e.labels && [...e.labels].map((l) => l.innerText).join(' ')) || '').trim())"""
_WATCH = """() => {
  window.changes = 0;
  new MutationObserver((list) => (window.changes += list.length))
    .observe(document.querySelector('#live-verdict'), {childList: true, subtree: true, characterData: true});
}"""


def tab_to(page: Any, inside: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("where => !!document.activeElement.closest(where)", inside):
            return
    raise AssertionError(f"{inside} is not reached by Tab")


def test_the_tab_works_by_keyboard_and_is_read_out(tmp_path: Path, astronaut: Image) -> None:
    camera = face_clip(tmp_path / "face.mjpeg", astronaut)
    with served(tmp_path, 17868) as url, chromium(camera) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(url)
        page.get_by_role("tab", name="Live", exact=True).focus()
        page.keyboard.press("Enter")
        page.locator("#live-ready").wait_for()
        tab_to(page, "#live-consent")
        page.keyboard.press("Space")
        page.locator("#live-camera button").first.wait_for()
        tab_to(page, "#live-camera")
        page.keyboard.press("Enter")
        page.locator("#live-camera video").wait_for(state="visible")
        page.locator("#live-camera button").first.focus()
        page.keyboard.press("Enter")
        page.get_by_label("Never: judge by looking alone").check()
        said = page.locator("#live-verdict")
        said.get_by_text(re.compile("^(Live|Spoof|Not sure)")).wait_for()
        assert said.get_attribute("aria-live") == "polite"
        assert said.get_attribute("aria-atomic") == "true"
        assert page.locator("#live-overlay svg").get_attribute("aria-hidden") == "true"
        page.evaluate(_WATCH)
        before = said.inner_text()
        page.wait_for_function(
            "from => +document.querySelector('#live-overlay svg').dataset.frame > from + 15",
            arg=int(page.locator("#live-overlay svg").get_attribute("data-frame")),
        )
        if said.inner_text() == before:
            assert page.evaluate("window.changes") == 0, "what did not change is not read out again"
        tab_to(page, "#live-drawer")
        page.keyboard.press("Enter")
        page.get_by_label("Measure cues over time").check()
        page.locator("#live-cues polyline").first.wait_for(state="attached")
        assert page.locator("#live-cues svg[aria-label]").count() == 6
        assert all(page.evaluate(_NAMES)), "every control has a name"
        page.get_by_label("Coloured light (experimental)").focus()
        page.keyboard.press("Space")
        light = page.locator(".lw-light")
        light.wait_for(state="visible")
        assert light.bounding_box() == {"x": 0, "y": 0, "width": 1280, "height": 900}, (
            "all of the page's edge"
        )
        assert light.get_attribute("aria-hidden") == "true"
        page.keyboard.press("Space")
        light.wait_for(state="detached")
