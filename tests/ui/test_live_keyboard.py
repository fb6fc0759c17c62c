"""The Live tab without a mouse and without eyes: reached by keys, named, and read out when it should be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from liveness.types import Image
from tests.serving import served
from tests.ui.browsers import WAIT, chromium, face_clip, shoot, wait_for_frames
from tests.ui.test_app import find_one_face

pytestmark = [pytest.mark.slow, pytest.mark.browser]

# What assistive technology calls each control of the tab that can be seen.
_NAMELESS = """() => [...document.querySelectorAll('[role=tabpanel] input, [role=tabpanel] button')]
  .filter((e) => e.offsetParent && e.type !== 'file')
  .filter((e) => ![e.ariaLabel, e.innerText, e.title, ...[...e.labels].map((l) => l.innerText)].join(''))
  .map((e) => e.outerHTML.slice(0, 160))"""
_COUNT_CHANGES = """() => {
  window.lwChanges = 0;
  new MutationObserver((list) => (window.lwChanges += list.length))
    .observe(document.querySelector('#live-verdict'), {childList: true, subtree: true, characterData: true});
}"""


ASKED = re.compile(
    "Look straight|Turn your head|Nod: chin|Come closer to|Follow the dot|Shut your eyes|Smile"
)


def walk_to(page: Any, inside: str, key: str = "Tab") -> None:
    """Press the key until the focus is there."""
    for _ in range(40):
        page.keyboard.press(key)
        if page.evaluate("where => !!document.activeElement.closest(where)", inside):
            return
    raise AssertionError(f"{inside} is not reached by {key}")


def test_from_consent_to_a_second_try_by_keys_alone(tmp_path: Path, astronaut: Image) -> None:
    camera = face_clip(tmp_path / "face.mjpeg", astronaut)
    with served(tmp_path, 17868, find_one_face) as url, chromium(camera) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(WAIT)
        page.goto(url)
        page.get_by_role("tab", name="Live", exact=True).focus()
        page.keyboard.press("Enter")
        page.locator("#live-ready").get_by_text("None is kept").wait_for()
        walk_to(page, "#live-consent")
        page.keyboard.press("Space")
        page.locator("#live-camera").get_by_role("button").first.wait_for()
        walk_to(page, "#live-camera button")
        page.keyboard.press("Enter")  # the camera
        page.locator("#live-camera video").wait_for(state="visible")
        page.get_by_role("button", name="Record", exact=True).wait_for()
        walk_to(page, "#live-camera button")
        page.keyboard.press("Enter")
        verdict = page.locator("#live-verdict")
        verdict.get_by_text("Live", exact=True).wait_for()
        assert page.get_by_role("button", name="Stop", exact=True).locator("visible=true").count() == 1
        shoot(page, "live-keyboard")

        # Heard: the verdict, once. The drawings say nothing that it does not say.
        assert verdict.get_attribute("aria-live") == "polite"
        assert verdict.get_attribute("aria-atomic") == "true"
        assert page.locator("#live-overlay svg").get_attribute("aria-hidden") == "true"
        page.evaluate(_COUNT_CHANGES)
        wait_for_frames(page, 15)
        assert page.evaluate("window.lwChanges") == 0, "what did not change is not read out again"
        assert page.evaluate(_NAMELESS) == []

        walk_to(page, "#live-mode input[value=unsure]")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.value") == "always"
        assert page.get_by_label("Always").is_checked()
        verdict.get_by_text(ASKED).wait_for()
        verdict.get_by_text(re.compile("^Not (passed|completed)")).wait_for()  # a clip does not turn its head
        walk_to(page, "#live-retry", "Shift+Tab")
        page.keyboard.press("Enter")
        verdict.get_by_text(ASKED).wait_for()

        walk_to(page, "#live-drawer button")
        page.keyboard.press("Enter")
        page.locator("#live-speed").get_by_text(re.compile(r"\d+\.\d frames/s")).wait_for()
