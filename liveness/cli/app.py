"""``liveness app``: the browser app."""

from __future__ import annotations

import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "app",
        help="open the app in a browser",
        description="Serve the app. It listens on 127.0.0.1 alone unless --host or --share says otherwise.",
    )
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1, on a Space 0.0.0.0)")
    parser.add_argument("--port", type=int, default=7860, help="port; the next free one if it is busy (7860)")
    parser.add_argument(
        "--share", action="store_true", help="also open a public address through Gradio's tunnel"
    )
    parser.add_argument(
        "--allow-admin",
        action="store_true",
        help="where others can reach the app: training, capture, enrolment, matching, server paths and "
        "replacing the model stay on, behind the password",
    )
    parser.add_argument(
        "--password",
        help="ask visitors for this password; better in LIVENESS_PASSWORD, because other users of the "
        "machine can read a command line",
    )
    parser.add_argument("--model", default="", help="model file (default: model.onnx, or LIVENESS_MODEL)")
    parser.add_argument(
        "--fusion", default="", help="file of liveness train-fusion: its verdict stands in the Live tab"
    )
    parser.add_argument("--runs", default="", help="folder of training runs (runs, or LIVENESS_RUNS)")
    parser.add_argument(
        "--dataset", default="dataset", help="folder that webcam capture and demo data go to (dataset)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser of this machine")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from liveness.config import AppConfig
    from liveness.live.fusion import load_fusion
    from liveness.ui import launch
    from liveness.ui.serve import on_space, password_from_environment

    if args.fusion:
        load_fusion(args.fusion)  # a file that cannot be used is refused before anything is served
    space = on_space()
    config = AppConfig(
        host=args.host or ("0.0.0.0" if space else "127.0.0.1"),  # noqa: S104 - a Space is reached from outside
        port=args.port,
        share=args.share,
        space=space,
        allow_admin=args.allow_admin,
        model=args.model,
        fusion=args.fusion,
        runs=args.runs,
        dataset=args.dataset,
    )
    launch(config, args.password or password_from_environment(), open_browser=args.open)
    return 0
