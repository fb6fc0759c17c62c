"""The Protocols tab: folds planned, trained and scored in a process of its own, and both tables."""

from __future__ import annotations

from typing import Any

import gradio as gr

from liveness.data.protocols import FOLDS, KINDS
from liveness.errors import InputError
from liveness.measure.beforehand import known_beforehand
from liveness.training import jobs
from liveness.training.runs import PLAN
from liveness.ui import cards, datatab, protocoldata, protocolview, recipe
from liveness.ui.context import Context, Shared, told
from liveness.ui.protocoldata import Asked

_OFF = (
    "Protocols are off, because others can reach this address. On your own machine they are on; here the "
    "owner turns them on with --allow-admin and a password."
)
_NONE = (
    "No protocol yet. Name data sets, look at the folds, then press Start. Each fold is one whole training."
)
_NOT_PLANNED = "Press Show the folds: who teaches and who is tested in each appears here. Nothing is trained."
_ABOUT = """A protocol trains once for each fold and tests on what that training never saw. It gives two
tables that must not be mixed up: as papers print it, with the threshold chosen on the test data, and the
honest one, with the threshold from dev."""
_KINDS = (
    ("Leave one data set out (the OCIM table)", "leave-one-out"),
    ("Cross data sets", "cross"),
    ("Intra data set: its official parts", "intra"),
    ("Leave one attack out", "leave-attack-out"),
    ("Leave sources out", "leave-sources-out"),
    ("k-fold by person", "k-fold"),
)
_TICK = 2.0


def watch(context: Context, name: str | None, seen: str) -> list[Any]:
    """Status, results and buttons; results are skipped when nothing changed.

    seen: what the page shows already, as this function gave it last.
    """
    if not name:
        return [cards.empty(_NONE), "", *_buttons("none"), gr.Timer(active=False), ""]
    run = protocoldata.find(context, name)
    state = protocoldata.state(run)
    scored = len(list(run.path.glob("*/evaluation/evaluation.json")))
    now = f"{name} {state} {scored} {(run.path / PLAN).is_file()}"
    shown = gr.skip() if now == seen else protocolview.results(run)
    return [
        protocolview.status(run),
        shown,
        *_buttons(state),
        gr.Timer(active=state == "running"),
        now,
    ]


def _buttons(state: str) -> list[Any]:
    """Stop, Go on, and the results to take away."""
    return [
        gr.Button(interactive=state == "running"),
        gr.Button(interactive=state in ("stopped", "failed")),
        gr.Button(interactive=state == "done"),
        gr.File(visible=False),
    ]


def planned_folds(wanted: Asked) -> str:
    """HTML: the folds, and what they know before their first step. Raises DatasetError and ModelError."""
    protocol = protocoldata.planned(wanted)
    return protocolview.folds(protocol, known_beforehand(protocol, wanted.config))


def build(context: Context, shared: Shared) -> None:
    if not context.admin:
        gr.HTML(cards.empty(_OFF), padding=False)
        return
    gr.Markdown(f"### 1. Who teaches, who is tested\n{_ABOUT}")
    with gr.Row(equal_height=False, elem_classes="lw-columns"):
        with gr.Column(scale=5, min_width=320):
            options, demo = _data()
            look = gr.Button("Show the folds")
        with gr.Column(scale=6, min_width=320):
            plan = gr.HTML(cards.empty(_NOT_PLANNED), padding=False)
    gr.Markdown("### 2. Training of each fold")
    options += recipe.build()
    name = gr.Textbox(
        "", label="Name", info="A word for the protocol's folder; may stay empty.", max_length=40
    )
    line = gr.Textbox(
        label="The same on the command line",
        interactive=False,
        buttons=["copy"],
        lines=2,
        elem_classes="lw-code",
    )

    def on_options(*given: Any) -> str:
        try:
            return protocoldata.command(asked(*given))
        except InputError as error:
            return f"# {error}"

    def on_look(*given: Any) -> str:
        with told():
            return planned_folds(asked(*given))

    def on_demo(progress: gr.Progress = gr.Progress()) -> list[str]:
        with told():
            made = datatab.make_demo_set(
                context, lambda done, all_: progress((done, all_), desc="Drawing people")
            )
        return [str(made), "leave-attack-out"]

    line.value = on_options(*(part.value for part in options))
    gr.on(
        [part.change for part in options],
        on_options,
        options,
        line,
        show_progress="hidden",
        api_visibility="private",
        trigger_mode="always_last",
    )
    look.click(on_look, options, plan, api_name="plan_protocol", concurrency_id="data")
    demo.click(on_demo, None, [options[1], options[0]], api_visibility="private", concurrency_id="data")
    run = _runs(context, options, name)
    shared.on_opened("protocol", lambda chosen: _names(context, chosen), run)


def asked(
    kind: str,
    data: str,
    test: str,
    folds: float,
    together: str,
    chosen: str,
    network: str,
    start: str,
    *values: Any,
) -> Asked:
    """What the page's fields say, in their order. Raises InputError for a setting that does not fit."""
    config = recipe.config_of(chosen, network, start, list(values))
    return Asked(kind, data, test, int(folds or FOLDS), together, chosen, config)


def _explained(kind: str) -> str:
    about = KINDS[kind][0]
    return f"{about[:1].upper()}{about[1:]}."


def _data() -> tuple[list[Any], gr.Button]:
    """kind, data, test, folds, together; and the button that makes the demo data set."""
    kind = gr.Dropdown(
        list(_KINDS), value="leave-one-out", label="Protocol", info=_explained("leave-one-out")
    )
    data = gr.Textbox(
        "",
        label="Data sets",
        info="One a line: a folder, manifest.csv, ZIP or ADAPTER[@PROTOCOL]:PATH (docs/data-sets.md). NAME= "
        "before it names it in the table.",
        placeholder="O=oulu-npu@all:/data/OULU\nM=msu-mfsd:/data/MSU",
        lines=4,
    )
    test = gr.Textbox(
        "", label="Tested on", info="One a line, as above. These teach nothing.", lines=2, visible=False
    )
    folds = gr.Number(
        FOLDS, label="Folds", info="Groups that are tested in turn.", precision=0, minimum=2, visible=False
    )
    together = gr.Textbox(
        "", label="Left out together", info="Sources that share people, with commas between.", visible=False
    )
    demo = gr.Button("Make the demo data set and use it")
    kind.change(
        lambda chosen: [
            gr.Dropdown(info=_explained(chosen)),
            gr.Textbox(visible=chosen == "cross"),
            gr.Number(visible=chosen in ("k-fold", "leave-sources-out")),
            gr.Textbox(visible=chosen == "leave-sources-out"),
        ],
        kind,
        [kind, test, folds, together],
        show_progress="hidden",
        api_visibility="private",
    )
    return [kind, data, test, folds, together], demo


def _runs(context: Context, options: list[Any], name: gr.Textbox) -> gr.Dropdown:
    """Start, watch, stop, go on, take away."""
    gr.Markdown(
        "### 3. Run\nIt runs in a process of its own: this page may be closed and opened again. Finished "
        "folds are kept when it is stopped."
    )
    with gr.Row():
        start = gr.Button("Start", variant="primary", min_width=140)
        stop = gr.Button("Stop", variant="stop", interactive=False, min_width=100)
        resume = gr.Button("Go on", interactive=False, min_width=100)
    chosen = gr.Dropdown([], label="Protocol run", info="Kept among the runs, the newest first.")
    status = gr.HTML(cards.empty(_NONE), padding=False, elem_id="protocol-status")
    results = gr.HTML("", padding=False, elem_id="protocol-results")
    pack = gr.Button("Pack tables and scores as ZIP", interactive=False)
    file = gr.File(label="To take away", visible=False, interactive=False)
    seen = gr.State("")
    timer = gr.Timer(_TICK, active=False)
    shown = [status, results, stop, resume, pack, file, timer, seen]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

    def on_start(word: str, *given: Any) -> list[Any]:
        with told():
            begun = protocoldata.start(context, asked(*given), word)
        return [_names(context, begun), *watch(context, begun, "")]

    def on_stop(which: str | None, before: str) -> list[Any]:
        with told():
            jobs.stop(protocoldata.find(context, which), wait=10)
            return watch(context, which, before)

    def on_resume(which: str | None) -> list[Any]:
        with told():
            protocoldata.resume(context, which)
            return watch(context, which, "")

    def on_watch(which: str | None, before: str) -> list[Any]:
        with told():
            return watch(context, which, before)

    def on_pack(which: str | None) -> Any:
        with told():
            return gr.File(value=str(protocoldata.packed(context, which)), visible=True)

    start.click(
        on_start, [name, *options], [chosen, *shown], api_name="start_protocol", concurrency_id="data"
    )
    stop.click(on_stop, [chosen, seen], shown, api_name="stop_protocol")
    resume.click(on_resume, chosen, shown, api_visibility="private")
    timer.tick(on_watch, [chosen, seen], shown, **quiet)
    chosen.change(on_watch, [chosen, seen], shown, **quiet)
    pack.click(on_pack, chosen, file, api_visibility="private")
    gr.on(None, lambda: _names(context, next(iter(protocoldata.kept(context)), None)), None, chosen, **quiet)
    return chosen


def _names(context: Context, chosen: str | None) -> Any:
    return gr.Dropdown(choices=list(protocoldata.kept(context)), value=chosen)
