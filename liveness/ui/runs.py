"""The Runs tab: every training and evaluation that was kept, side by side, renamed, deleted, taken away."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from time import time
from typing import Any

import gradio as gr
import pandas as pd
from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from liveness.errors import InputError, RunError
from liveness.measure import history
from liveness.measure.curves import COLOURS
from liveness.measure.history import Entry
from liveness.measure.overlay import overlaid
from liveness.results import write_text
from liveness.training.runs import RunFolder
from liveness.types import Image
from liveness.ui import cards, curves, evalview
from liveness.ui.context import Context, Shared, told

_OFF = (
    "Runs are not shown, because others can reach this address. On your own machine they are; here the owner "
    "turns them on with --allow-admin and a password."
)
_NONE = "No run yet: train in the Train tab, or evaluate in the Evaluate tab."
_CHOOSE = "Choose runs above: what differs between them appears here."
_HEADERS = ["Run", "Kind", "When", "State", "What", "Rates on", "AUC", "EER %", "APCER %", "BPCER %"]
_WIDTHS = [
    "205px",
    "115px",
    "130px",
    "85px",
    "200px",
    "85px",
    "75px",
    "75px",
    "85px",
    "85px",
]  # a narrow screen scrolls
_MOST = 8
_EER = "dev EER %"


def table(context: Context) -> dict[str, Any]:
    """All runs, the newest first; rates as numbers, so that the page sorts them."""
    return {"headers": _HEADERS, "data": [_row(entry) for entry in history.entries(context.runs())]}


def compared(context: Context, names: list[str] | None) -> tuple[str, pd.DataFrame]:
    """HTML: the rates of the chosen runs and what differs in their settings; and EER on dev by epoch.

    Raises RunError for a name that is gone, or more than eight.
    """
    if not names:
        said = _CHOOSE if history.entries(context.runs()) else _NONE
        return cards.empty(said), _curves([])
    if len(names) > _MOST:
        raise RunError(f"at most {_MOST} runs are compared, got {len(names)}")
    found = [history.find(context.runs(), name) for name in names]
    parts = [evalview.grid(tuple(_HEADERS), [[_text(v) for v in _row(entry)] for entry in found])]
    changes = history.changes(found)
    if changes:
        rows = [[name, *values] for name, values in changes.items()]
        parts.append(evalview.grid(("Differs in", *names), rows))
    elif len({entry.kind for entry in found}) < len(found):
        parts.append(cards.note("All settings are the same."))
    return "".join(parts), _curves(found)


def curves_over(context: Context, names: list[str] | None) -> tuple[str, list[Image]]:
    """HTML: what is to be said of the curves; and DET and ROC of the chosen runs, none without scores.

    Raises RunError for a name that is gone, InputError for an evaluation that is damaged.
    """
    figures, said = overlaid([history.find(context.runs(), name) for name in names or ()])
    return cards.note(said, "warn") if said else "", [evalview.picture(f) for f in figures.values()]


def packed(context: Context, name: str | None) -> Path:
    """A ZIP of a run, in the app's own cache. Raises RunError."""
    with tempfile.TemporaryDirectory(prefix="liveness-run-") as folder:
        made = history.pack(context.runs(), name or "", Path(folder) / f"{Path(name or '').name}.zip")
        return Path(save_file_to_cache(made, get_upload_folder()))


def reported(context: Context, name: str | None, pdf: bool = False) -> Path:
    """The report of a run as HTML, or as PDF, in the app's own cache. Raises RunError, InputError."""
    from liveness.measure.pdf import print_pdf
    from liveness.measure.report import html_report

    entry = history.find(context.runs(), name or "")
    with tempfile.TemporaryDirectory(prefix="liveness-run-") as folder:
        page = Path(folder) / f"{entry.path.name}.{'pdf' if pdf else 'html'}"
        if pdf:
            print_pdf(html_report(entry.path), page)
        else:
            write_text(page, html_report(entry.path))
        return Path(save_file_to_cache(page, get_upload_folder()))


def opening(context: Context, name: str | None) -> tuple[str, str, float]:
    """Kind, name and moment, for the tab that shows runs of this kind. Raises RunError."""
    entry = history.find(context.runs(), name or "")
    return entry.kind, entry.name, time()


def remove(context: Context, name: str | None, sure: bool) -> str:
    """Delete a run for good; in words what happened. Raises InputError unless confirmed, RunError."""
    if not context.admin:
        raise InputError("deleting is off on this address")
    if not sure:
        raise InputError("tick the box first: a deleted run cannot be brought back")
    history.delete(context.runs(), name or "")
    return f"{name} is deleted."


def build(context: Context, shared: Shared) -> None:
    if not context.admin:
        gr.HTML(cards.empty(_OFF), padding=False)
        return
    with gr.Row():
        gr.Markdown(
            "### Trainings and evaluations\nA click on a heading sorts. Rates of a training are on dev."
        )
        refresh = gr.Button("Refresh", min_width=90, scale=0)
    listed = gr.Dataframe(
        headers=_HEADERS,
        column_widths=list(_WIDTHS),
        interactive=False,
        wrap=True,
        max_height=420,
        show_label=False,
    )
    several = gr.Dropdown(
        [], multiselect=True, max_choices=_MOST, label="Side by side", info="Up to eight runs of either kind."
    )
    different = gr.HTML(cards.empty(_NONE), padding=False)
    lines = curves.by_epoch("EER on dev by epoch", _EER, "run", visible=False)
    beware = gr.HTML("", padding=False)
    with gr.Row(elem_classes="lw-columns"):
        over = [
            gr.Image(
                label=label,
                show_label=False,  # it would lie over the figure's own title
                visible=False,
                interactive=False,
                format="png",
                buttons=["download", "fullscreen"],
            )
            for label in ("DET of the chosen runs", "ROC of the chosen runs")
        ]
    gr.Markdown("### One run")
    with gr.Row(equal_height=False):
        one = gr.Dropdown([], label="Run", info="To open, to rename, to take away, to delete.", scale=4)
        reopen = gr.Button("Open in its tab", min_width=140, scale=1)
    told_of = gr.HTML("", padding=False)
    with gr.Row(equal_height=False, elem_classes="lw-columns"):
        with gr.Column(min_width=280):
            new = gr.Textbox("", label="New name", info="Letters, digits, dots, dashes.", max_length=100)
            renaming = gr.Button("Rename")
        with gr.Column(min_width=280):
            report = gr.Button("Make its report (HTML)")
            printed = gr.Button("Make its report (PDF)")
            pack = gr.Button("Pack everything as ZIP")
            file = gr.File(label="To take away", visible=False, interactive=False)
        with gr.Column(min_width=280):
            sure = gr.Checkbox(False, label="Yes, delete it for good", info="Everything in its folder goes.")
            deleting = gr.Button("Delete", variant="stop")
    lists = [listed, several, one]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

    def names(chosen: str | None = None) -> list[Any]:
        found = table(context)
        choices = [row[0] for row in found["data"]]
        return [found, gr.Dropdown(choices=list(choices)), gr.Dropdown(choices=list(choices), value=chosen)]

    def on_compare(chosen: list[str] | None) -> list[Any]:
        with told():
            html, data = compared(context, chosen)
            said, drawn = curves_over(context, chosen)
        colours = dict(zip(chosen or (), COLOURS))
        pictures = [gr.Image(value=p, visible=True) for p in drawn] or [gr.Image(visible=False)] * len(over)
        return [html, gr.LinePlot(value=data, color_map=colours, visible=len(data) > 0), said, *pictures]

    def on_rename(name: str | None, word: str) -> list[Any]:
        with told():
            entry = history.rename(context.runs(), name or "", word.strip())
        return [*names(entry.name), cards.note(f"{name} is now {entry.name}."), ""]

    def on_open(name: str | None) -> tuple[str, str, float]:
        with told():
            return opening(context, name)

    def on_delete(name: str | None, certain: bool) -> list[Any]:
        with told():
            said = remove(context, name, certain)
        return [*names(), cards.note(said), False]

    def taken(make: Any) -> Any:
        def on_take(name: str | None) -> Any:
            with told():
                return gr.File(value=str(make(context, name)), visible=True)

        return on_take

    gr.on(None, lambda: [*names(), compared(context, None)[0]], None, [*lists, different], **quiet)
    refresh.click(names, None, lists, **quiet)
    several.change(on_compare, several, [different, lines, beware, *over], **quiet)
    reopen.click(on_open, one, shared.opened, **quiet)
    renaming.click(on_rename, [one, new], [*lists, told_of, new], api_visibility="private")
    deleting.click(on_delete, [one, sure], [*lists, told_of, sure], api_visibility="private")
    report.click(taken(reported), one, file, api_visibility="private")
    printed.click(taken(partial(reported, pdf=True)), one, file, api_visibility="private")
    pack.click(taken(packed), one, file, api_visibility="private")


def _row(entry: Entry) -> list[Any]:
    rates = [None if v is None else round(v * 100, 1) for v in (entry.eer, entry.apcer, entry.bpcer)]
    auc = None if entry.auc is None else round(entry.auc, 4)
    return [entry.name, entry.kind, entry.date, entry.state, entry.what, entry.part, auc, *rates]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _curves(found: list[Entry]) -> pd.DataFrame:
    """EER on dev by epoch of the trainings among these."""
    frame = curves.empty(_EER, "run")
    rows = [
        (int(row["epoch"]), row["eer"] * 100, entry.name)
        for entry in found
        if entry.kind == "training"
        for row in RunFolder(entry.path).metrics()
        if "eer" in row
    ]
    return pd.DataFrame(rows, columns=frame.columns) if rows else frame
