"""The Evaluate tab in a real browser, from a path to the saliency map of a mistake."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from liveness.config import AppConfig
from liveness.ui import launch
from tests.ui.browsers import PATIENCE, chromium, program
from tests.ui.test_evaluate import grey_pictures

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WAIT = PATIENCE * 1000


@pytest.fixture
def url(tmp_path: Path, make_model: Callable[..., Path]) -> Iterator[str]:
    program("chromium", "chromium-browser")
    model = make_model("mine.onnx", threshold=0.5)
    app = launch(AppConfig(port=17960, model=str(model), runs=str(tmp_path / "runs")), block=False)
    yield str(app.local_url)
    app.close()


def test_from_a_path_to_the_map_of_a_mistake(url: str, tmp_path: Path) -> None:
    dataset = grey_pictures(tmp_path / "pictures")
    with chromium() as browser:
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.set_default_timeout(WAIT)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url, timeout=WAIT)
        page.get_by_role("tab", name="Evaluate", exact=True).click()
        page.get_by_label("Data set").locator("visible=true").fill(str(dataset))
        page.get_by_role("button", name="Evaluate", exact=True).click()
        rates = page.locator("#evaluate-rates")
        rates.get_by_text("1/5").first.wait_for()
        assert bpcer(rates) == "20.0 % [0.5, 71.6] 1/5"

        slider = page.get_by_role("slider", name=re.compile("Operating point"))
        slider.focus()
        slider.press("End")  # at 1 nothing is Live
        rates.get_by_text("5/5").first.wait_for()
        slider.press("Home")
        rates.get_by_text("0/5").first.wait_for()

        page.get_by_label("Occlusion").check()
        page.locator(".grid-wrap button").locator("visible=true").first.click()
        page.get_by_text("Occlusion sensitivity (Zeiler and Fergus 2014)").wait_for()
        assert errors == []


def bpcer(rates: Any) -> str:
    found = re.search(r"\d+\.\d % \[[^]]+\] 1/5", rates.inner_text().replace("\u00a0", " "))
    return found[0] if found else rates.inner_text()
