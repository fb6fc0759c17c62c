"""``liveness report``: an evaluation or a training run as one HTML page, and as PDF."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "report",
        help="an evaluation or a training run as one page to hand in",
        description="Write one self-contained HTML page from the folder that `liveness evaluate --out` or "
        "`liveness train` made. The same folder gives the same bytes.",
    )
    parser.add_argument("folder", type=Path, help="the folder of an evaluation or of a training run")
    parser.add_argument("--out", type=Path, help="the HTML file (default: report.html in the folder)")
    parser.add_argument(
        "--pdf", action="store_true", help="also as PDF beside it, printed by Chromium, Chrome or Edge"
    )
    parser.add_argument(
        "--faces",
        type=int,
        default=0,
        metavar="N",
        help="show the N worst mistakes as pictures (default 0: a report shows no face)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from liveness.errors import InputError
    from liveness.measure.evalfolder import load_evaluation
    from liveness.measure.mistakes import worst
    from liveness.measure.pdf import print_pdf
    from liveness.measure.report import html_report
    from liveness.results import write_text

    if args.out and args.out.suffix.lower() == ".pdf":
        raise InputError(f"--out names the HTML page, got {args.out}: --pdf puts a PDF beside it")
    wrong = worst(load_evaluation(args.folder), most=args.faces) if args.faces else []
    page = html_report(args.folder, [(caption, image) for _, caption, image in wrong])
    target = args.out or args.folder / "report.html"
    write_text(target, page)
    print(f"written: {target}")
    if args.pdf:
        browser = print_pdf(page, target.with_suffix(".pdf"))
        print(f"written: {target.with_suffix('.pdf')}, printed by {browser}")
    return 0
