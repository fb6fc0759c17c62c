"""The Train tab's second look at a data set: leaks, people on two sides, and shortcuts past the face."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr

from liveness.data.samples import load_dataset
from liveness.errors import DatasetError
from liveness.measure.dataquality import CheckOptions, Findings, check
from liveness.measure.qualitytext import Section, sections
from liveness.ui import cards, evalview
from liveness.ui.context import told

MOST = 2000
_ABOUT = (
    "Copies and near-copies on two sides of a split, people on two sides, and whether trivial "
    f"things such as brightness or file size solve the data set. Up to {MOST:,} files are opened."
)
_NOT_LOOKED = "Press the button: what would make the rates flatter appears here."


def look_through(path: str, tell: Callable[[int, int], None]) -> Findings:
    """Check a data set. tell: called with the files done and the files in all. Raises DatasetError."""
    if not path.strip():
        raise DatasetError("name a data set first, or make the demo data set")
    steps = check(load_dataset(path.strip()).samples, options=CheckOptions(MOST))
    while True:
        try:
            at = next(steps)
        except StopIteration as end:
            found: Findings = end.value
            return found
        tell(at.done, at.total)


def report(found: Findings) -> str:
    """The findings as HTML, what deserves a second look marked."""
    parts = [_shown(section) for section in sections(found)]
    return f'<div class="lw-results">{"".join(parts)}</div>'


def _shown(section: Section) -> str:
    note = cards.listed(section.title, section.lines, "warn" if section.warning else "")
    return note + evalview.grid(section.table[0], section.table[1:]) if section.table else note


def build(path: gr.Textbox) -> None:
    """Lay it out. path: where the data set's path stands."""
    with gr.Accordion("Leaks and shortcuts in the data", open=False):
        gr.Markdown(_ABOUT)
        look = gr.Button("Look for leaks and shortcuts")
        found = gr.HTML(cards.empty(_NOT_LOOKED), padding=False)

    def on_look(where: str, progress: gr.Progress = gr.Progress()) -> str:
        progress(0.0, desc="Reading the folders")
        with told():
            return report(
                look_through(where, lambda done, total: progress((done, total), desc="Looking", unit="files"))
            )

    look.click(on_look, path, found, api_name="data_quality", concurrency_id="data")
