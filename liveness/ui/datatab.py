"""The upper half of the Train tab: where the data comes from, and a look at it before training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from liveness.config import TrainConfig
from liveness.data.demo import make_demo
from liveness.data.ziparchive import unpacked
from liveness.errors import InputError
from liveness.types import Image, Label
from liveness.ui import capture, cards
from liveness.ui.checkup import check, report
from liveness.ui.context import Context, told

_HELP = """A folder with `live/` and `spoof/` (in them, if you know them: `species/` and `subject/`), a folder
with a `manifest.csv`, or a ZIP of either. Pictures and videos. Nobody is put on both sides of a split."""
_NOT_CHECKED = (
    "Choose a data set and press Check: counts, sample crops and everything that cannot be used appear here."
)
_KINDS = (("Live person", Label.BONA_FIDE.value), ("Spoof", Label.ATTACK.value))


def demo_folder(context: Context) -> Path:
    return Path(context.config.dataset) / "demo"


def capture_folder(context: Context) -> Path:
    return Path(context.config.dataset) / "training"


def make_demo_set(context: Context, tell: Callable[[int, int], None]) -> Path:
    """The demo data set's folder, made unless it is there already."""
    folder = demo_folder(context)
    if not (folder / "manifest.csv").is_file():
        make_demo(folder, progress=tell)
    return folder


class Data(NamedTuple):
    """The components that the rest of the tab needs. path: text box with the data set's path."""

    path: gr.Textbox
    look: gr.Button
    found: gr.HTML
    crops: gr.Image


def build(context: Context) -> Data:
    """Lay it out."""
    gr.Markdown(f"### 1. Data\n{_HELP}")
    with gr.Row(equal_height=False, elem_classes="lw-columns"):
        with gr.Column(scale=5, min_width=320):
            path = sources(context, webcam=True)
            look = gr.Button("Check the data", variant="primary")
        with gr.Column(scale=6, min_width=320):
            found = gr.HTML(cards.empty(_NOT_CHECKED), padding=False)
            crops = gr.Image(
                label="Crops as training sees them: live on the left, spoof on the right",
                visible=False,
                interactive=False,
                format="jpeg",
                buttons=["download", "fullscreen"],
            )
    return Data(path, look, found, crops)


def sources(context: Context, webcam: bool = False) -> gr.Textbox:
    """A text box for the data set's path, and ways to fill it in. webcam: also by taking pictures."""
    path = gr.Textbox(
        "",
        label="Data set",
        info="A folder, manifest.csv, ZIP or NAME:PATH (docs/data-sets.md); what is below fills it in.",
        placeholder="dataset/training",
    )
    with gr.Tabs():
        with gr.Tab("Demo data"):
            _demo(context, path, named=webcam)
        with gr.Tab("ZIP file"):
            _zip(path)
        if webcam:
            with gr.Tab("Webcam"):
                _webcam(context, path)
    return path


def on_check(data: Data, options: list[Any], config: Callable[..., TrainConfig]) -> None:
    """Connect the Check button; config makes the settings of the options' values."""

    def handle(where: str, *given: Any, progress: gr.Progress = gr.Progress()) -> tuple[str, Any]:
        def tell(done: int, total: int) -> None:
            progress((done, total), desc="Finding faces", unit="files")

        progress(0.0, desc="Reading the folders")
        with told():
            dataset, found = check(where, config(*given), tell)
        return report(dataset, found), gr.Image(value=found.sheet, visible=True)

    data.look.click(
        handle, [data.path, *options], [data.found, data.crops], api_name="check_data", concurrency_id="data"
    )


def _demo(context: Context, path: gr.Textbox, named: bool) -> None:
    """named: whether this one stands in the API; a name stands there once."""
    gr.Markdown(
        "60 drawn people and one public-domain photograph, with simulated prints and replays. For trying "
        "things out: it teaches nothing about real attacks."
    )
    make = gr.Button("Make the demo data set")

    def on_make(progress: gr.Progress = gr.Progress()) -> str:
        with told():
            return str(
                make_demo_set(context, lambda done, all_: progress((done, all_), desc="Drawing people"))
            )

    seen: dict[str, Any] = {"api_name": "make_demo"} if named else {"api_visibility": "private"}
    make.click(on_make, None, path, concurrency_id="data", **seen)


def _zip(path: gr.Textbox) -> None:
    archive = gr.File(label="ZIP of a data set", file_types=[".zip"], height=140)

    def on_upload(given: str) -> str:
        with told():  # unpacked now: what is uploaded goes after an hour, a run may be resumed next week
            return str(unpacked(Path(given)))

    archive.upload(on_upload, archive, path, api_visibility="private", concurrency_id="data")


def _webcam(context: Context, path: gr.Textbox) -> None:
    root = capture_folder(context)
    gr.Markdown(
        "Take a picture, say what it shows, save it. Nothing is saved before you press Save; what you save "
        f"stays in `{root}` until you delete it. Ask the person first."
    )
    picture = gr.Image(
        sources=["webcam"],
        type="numpy",
        label="Camera",
        height=260,
        webcam_options=gr.WebcamOptions(mirror=False),  # a camera takes no mirror images
    )
    label = gr.Radio(
        list(_KINDS), value=_KINDS[0][1], label="What it shows", info="Spoof: a print, a screen, a mask ..."
    )
    species = gr.Dropdown(
        list(capture.SPECIES),
        label="Kind of attack (species)",
        info="What the attacker holds up. Another word can be typed.",
        allow_custom_value=True,
        visible=False,
    )
    subject = gr.Textbox(
        "", label="Person (subject)", info="Whose face it is: a nickname or number will do.", max_length=64
    )
    save = gr.Button("Save this picture")
    counts = gr.HTML(cards.note(capture.captured(root)), padding=False)

    def on_save(image: Image | None, kind: str, what: str | None, who: str) -> tuple[None, str, str]:
        with told():
            if not context.admin:
                raise InputError("capture is off on this address")
            capture.save(root, image, Label(kind), what or "", who)
        return None, cards.note(f"Saved. {capture.captured(root)}"), str(root)

    label.change(
        lambda kind: gr.Dropdown(visible=kind == Label.ATTACK.value),
        label,
        species,
        show_progress="hidden",
        api_visibility="private",
    )
    save.click(on_save, [picture, label, species, subject], [picture, counts, path], api_name="capture")
