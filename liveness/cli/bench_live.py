"""``liveness bench-live``: frames a second of the Live tab, server and browser apart."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liveness.live.benchlive import Capacity
    from liveness.ui.browserbench import BrowserRun, Minute


_PARTS = ("server", "visitor", "visitors")


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
    parser.add_argument(
        "--only",
        choices=_PARTS,
        help="measure one part: the server alone, or one or two visitors' pages; above 60 seconds each "
        "minute of the first visitor has a line",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from liveness.classify import OnnxClassifier
    from liveness.errors import InputError
    from liveness.int8twin import fastest
    from liveness.live.benchlive import capacities
    from liveness.modelfile import default_model

    if not 1 <= args.seconds <= 3600:
        raise InputError(f"--seconds must lie in 1..3600, got {args.seconds:g}")
    model, parts = args.model or default_model(), [args.only] if args.only else _PARTS
    print(f"model: {fastest(OnnxClassifier(model)).reason}")
    if "server" in parts:
        print("server alone:")
        for capacity in capacities(model, args.seconds):
            print(capacity_line(capacity), flush=True)
    for visitors, part in ((1, "visitor"), (2, "visitors")):
        if part in parts:
            _browser(args, model, visitors)
    return 0


def _browser(args: argparse.Namespace, model: Path, visitors: int) -> None:
    from liveness.config import AppConfig
    from liveness.ui.browserbench import browser_run

    print("through Chromium:", flush=True)
    found = browser_run(AppConfig(model=str(model)), args.seconds, visitors, args.detector)
    print(browser_line(found), flush=True)
    if len(found.minutes) > 1:
        print("\n".join(map(minute_line, found.minutes, range(1, len(found.minutes) + 1))))


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
    all_ = sum(found.rates)
    each = (
        f" ({1000 * found.server / all_:.0f} and {1000 * found.browser / all_:.0f} ms a verdict)"
        if all_
        else ""
    )
    return (
        f"  {len(found.rates)} visitor(s): {rates} verdicts/s; {late}cores used: server {found.server:.2f}, "
        f"browser {found.browser:.2f}{each}; server memory {found.megabytes:+.0f} MB"
    )


def minute_line(found: Minute, number: int) -> str:
    """One minute of a run through the browser in words."""
    late = f"median {found.latency:.0f} ms" if found.latency is not None else "not timed"
    return (
        f"    minute {number} ({found.seconds:.0f} s): {found.rate:.1f} verdicts/s, glass to glass {late}, "
        f"server memory {found.megabytes:.0f} MB"
    )
