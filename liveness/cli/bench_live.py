"""``liveness bench-live``: frames a second of the Live tab, server and browser apart."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liveness.benchlive import Capacity
    from liveness.ui.browserbench import BrowserRun


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "bench-live",
        help="time the Live tab: what the server can judge, and what arrives through a browser",
        description="Prints the server's capacity at 640 x 480 for each detector, then frames a second and "
        "glass-to-glass latency through headless Chromium, with one visitor and with two. Browser and server "
        "share the cores here, so their use of them is printed apart.",
    )
    parser.add_argument("--model", type=Path, help="a model.onnx (default: the shipped model)")
    parser.add_argument("--detector", default="mtcnn", help="detector of the browser's part (mtcnn)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement (20)")
    parser.add_argument("--no-browser", action="store_true", help="measure the server alone")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from liveness.benchlive import capacities
    from liveness.classify import OnnxClassifier
    from liveness.errors import InputError
    from liveness.fastest import fastest
    from liveness.modelfile import default_model

    if not 1 <= args.seconds <= 3600:
        raise InputError(f"--seconds must lie in 1..3600, got {args.seconds:g}")
    model = args.model or default_model()
    print(f"model: {fastest(OnnxClassifier(model)).reason}")
    print("server alone:")
    for capacity in capacities(model, args.seconds):
        print(capacity_line(capacity), flush=True)
    if not args.no_browser:
        _browser(args, model)
    return 0


def _browser(args: argparse.Namespace, model: Path) -> None:
    from liveness.config import AppConfig
    from liveness.ui.browserbench import browser_run

    print("through Chromium:")
    for visitors in (1, 2):
        found = browser_run(AppConfig(model=str(model)), args.seconds, visitors, args.detector)
        print(browser_line(found), flush=True)


def capacity_line(found: Capacity) -> str:
    """One measurement of the server in words."""
    stages = ", ".join(f"{stage} {ms:.1f}" for stage, ms in found.stages.items())
    who = "1 visitor" if found.visitors == 1 else f"{found.visitors} visitors, each"
    return (
        f"  {found.what}: {who} {found.rate:.1f} frames/s; median ms: {stages}; "
        f"searched {found.searched:.0%} of {found.frames} frames"
    )


def browser_line(found: BrowserRun) -> str:
    """One run through the browser in words."""
    rates = ", ".join(f"{rate:.1f}" for rate in found.rates)
    late = (
        f"glass to glass median {found.latency[0]:.0f} ms, 95 % within {found.latency[1]:.0f} ms "
        f"({found.timed} frames); "
        if found.timed
        else ""
    )
    return (
        f"  {len(found.rates)} visitor(s): {rates} verdicts/s; {late}cores used: server {found.server:.2f}, "
        f"browser {found.browser:.2f}; server memory {found.megabytes:+.0f} MB"
    )
