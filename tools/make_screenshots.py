"""Take the pictures of the documentation from the running app: python tools/make_screenshots.py

Needs Chromium and the dev extra. The only photograph shown is scikit-image's astronaut.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import PIL.Image
from playwright.sync_api import Page, sync_playwright

from liveness.config import AppConfig
from liveness.ui import launch

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
PORT = 7899
EXAMPLE = "A photograph"


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    app = launch(AppConfig(port=PORT), block=False)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            page.goto(f"http://127.0.0.1:{PORT}")
            test_tab(page)
            browser.close()
    finally:
        app.close()


def test_tab(page: Page) -> None:
    """The Test tab with a photograph judged."""
    page.get_by_text(EXAMPLE, exact=True).first.click(timeout=120_000)
    page.locator("article.lw-face").first.wait_for(timeout=120_000)
    page.wait_for_timeout(2000)  # the pictures fade in
    shot = PIL.Image.open(io.BytesIO(page.screenshot()))
    shot.quantize(256).save(IMAGES / "app.png", optimize=True)


if __name__ == "__main__":
    main()
