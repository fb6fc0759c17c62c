"""The app: one Gradio page, one tab a file. ``build_app`` composes it, ``launch`` serves it."""

from __future__ import annotations

import os
import signal

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from collections.abc import Callable

import gradio as gr

from liveness.config import AppConfig
from liveness.ui import evaluate, gallery, header, live, models, protocols, runs, serve, test, train, video
from liveness.ui.context import Context, Shared
from liveness.ui.theme import ASSETS, HEAD, theme

# (title, build): the order on the page. Files of a visitor live an hour at most.
TABS: tuple[tuple[str, Callable[[Context, Shared], None]], ...] = (
    ("Test", test.build),
    ("Video", video.build),
    ("Live", live.build),
    ("Gallery", gallery.build),
    ("Train", train.build),
    ("Evaluate", evaluate.build),
    ("Protocols", protocols.build),
    ("Runs", runs.build),
    ("Model", models.build),
)
TAB_OF = {"training": "train", "evaluation": "evaluate", "protocol": "protocols"}
_CACHE_SECONDS = 3600

__all__ = ["TABS", "TAB_OF", "build_app", "launch"]


def build_app(config: AppConfig, context: Context | None = None) -> gr.Blocks:
    """The whole page. Nothing listens yet, and neither torch nor a model is loaded."""
    context = context or Context(config)
    serve.leave_no_sleepers()
    app = serve.Workbench(title=header.NAME, analytics_enabled=False, delete_cache=(600, _CACHE_SECONDS))
    with app:
        shared = Shared(model=gr.State(None))
        gr.HTML(header.title(), padding=False)
        in_use = gr.HTML(padding=False)
        gr.on(
            [app.load, shared.model.change],
            lambda model: header.model_in_use(context, model),
            shared.model,
            in_use,
            show_progress="hidden",
            api_visibility="private",
        )
        with gr.Tabs() as tabs:
            for title, build in TABS:
                with gr.Tab(title, id=title.lower()):
                    build(context, shared)
        shared.opened.change(
            lambda asked: gr.Tabs(selected=TAB_OF[asked[0]]) if asked else gr.skip(),
            shared.opened,
            tabs,
            show_progress="hidden",
            api_visibility="private",
        )
        app.spare_hidden_progress()
    return app


def launch(
    config: AppConfig, password: str | None = None, block: bool = True, open_browser: bool = False
) -> gr.Blocks:
    """Serve the app until it is stopped (or, with ``block`` False, until ``close()``).

    Raises InputError when the owner's rights would be open to others, or no port is free.
    """
    serve.check_exposure(config, password)
    serve.keep_files_private()
    serve.reach_loopback_directly()
    options = serve.launch_options(config, password)
    if options["server_port"] != config.port:
        print(f"Port {config.port} is busy: using {options['server_port']}.")
    context = Context(config)
    app = build_app(config, context)
    app.queue(default_concurrency_limit=2, max_size=64)
    app.launch(
        **options,
        inbrowser=open_browser,
        theme=theme(),
        css_paths=sorted(ASSETS.glob("*.css")),
        head=HEAD,
        prevent_thread_lock=True,
    )
    context.warm_up()  # not before it listens: importing torch would keep the server from answering
    serve.announce(str(app.local_url), app.share_url, config)
    if block:
        # A polite kill ends it like Ctrl-C, so that what visitors uploaded is removed.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        app.block_thread()
    return app
