"""The Evaluate tab in a real browser, from a path to the saliency map of a mistake."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from liveness.config import AppConfig
from liveness.ui import launch
from tests.ui.browsers import PATIENCE, chromium, program

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WAIT = PATIENCE * 1000


@pytest.fixture
def url(tmp_path: Path, make_model: Callable[..., Path]) -> Iterator[str]:
    program("chromium", "chromium-browser")
    model = make_model("mine.onnx", threshold=0.5)
    app = launch(AppConfig(port=17960, model=str(model), runs=str(tmp_path / "runs")), block=False)
    yield str(app.local_url)
    app.close()


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Four bright live pictures, one dark; four dark prints, one bright."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    lines = ["path,label,pai_species,left,top,right,bottom"]
    for i, level in enumerate((220, 230, 210, 200, 40, 30, 20, 25, 35, 240)):
        PIL.Image.fromarray(np.full((48, 48, 3), level, np.uint8)).save(folder / f"{i}.png")
        lines.append(f"{i}.png,{'bona_fide,' if i < 5 else 'attack,print'},4,4,44,44")
    (folder / "manifest.csv").write_text("\n".join(lines))
    return folder


def test_from_a_path_to_the_map_of_a_mistake(url: str, dataset: Path) -> None:
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
