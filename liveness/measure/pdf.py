"""A page of ours as PDF, printed by the Chromium, Chrome or Edge of this machine, with nothing to install."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from liveness.errors import InputError
from liveness.results import write_bytes

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_PLACES = (  # where installers put them without telling PATH
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
_SECONDS = 120
_DATE = re.compile(rb"(/(?:Creation|Mod)Date \(D:)(\d{14})")


def find_browser() -> str | None:
    """The browser that prints: LIVENESS_BROWSER, else the first that is installed."""
    named = os.environ.get("LIVENESS_BROWSER")
    found = [named] if named else [*map(shutil.which, BROWSERS), *(p for p in _PLACES if Path(p).is_file())]
    return next(filter(None, found), None)


def print_pdf(html: str, target: Path) -> str:
    """Write the page as PDF and give the browser's name. The same page gives the same bytes.

    Raises InputError when no browser is found, or when it fails.
    """
    browser = find_browser()
    if browser is None:
        raise InputError(
            "a PDF is printed by Chromium, Chrome or Edge, and none was found: install one, name it in "
            "LIVENESS_BROWSER, or print the HTML from any browser"
        )
    with tempfile.TemporaryDirectory(prefix="liveness-pdf-") as folder:
        page, made = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_text(html, encoding="utf-8")
        _run(browser, Path(folder), page, made)
        write_bytes(target, _DATE.sub(rb"\g<1>20000101000000", made.read_bytes()))
    return Path(browser).name


def _run(browser: str, folder: Path, page: Path, made: Path) -> None:
    options = ["--headless", "--disable-gpu", "--no-pdf-header-footer", "--disable-background-networking"]
    # Tags carry numbers of the browser's own that change with every print; the HTML is the accessible form.
    options.append("--disable-pdf-tagging")
    options += [f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={made}"]
    if getattr(os, "geteuid", lambda: 1)() == 0:
        options.append("--no-sandbox")  # Chromium refuses to run as root with one; the page is our own
    try:
        subprocess.run(  # noqa: S603 - the user's own browser, no shell
            [browser, *options, page.as_uri()], check=True, capture_output=True, timeout=_SECONDS
        )
    except (OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise InputError(f"{Path(browser).name} could not print the report: {error}") from error
    if not made.is_file():
        raise InputError(f"{Path(browser).name} printed nothing")
