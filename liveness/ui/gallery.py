"""The Gallery tab: who is enrolled, and enrolling, renaming and removing people. The owner's alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from liveness.errors import GalleryError, InputError
from liveness.ui import cards
from liveness.ui.context import Context, Shared, sentence, told
from liveness.ui.detectors import detector_choice, make_ready
from liveness.ui.inputs import mirrored, picture_picker

HEADERS = ["Name", "Enrolled (UTC)", "Photos", "Detector"]
OFF = (
    "Enrolment is off on this address, because others can reach it: the names of enrolled people are not "
    "shown and cannot be changed here."
)


def enrol(
    context: Context,
    name: str,
    pictures: Sequence[tuple[str, str | None]] | None,
    consent: bool,
    detector: str,
) -> str:
    """Enrol a person from uploaded pictures, delete these, and say so.

    Raises InputError where this is off, GalleryError and ImageError as the gallery and the photos do.
    """
    from liveness.matching.enrolment import templates_of
    from liveness.matching.gallery import check_name

    _owner(context)
    name = check_name(name or "")
    if not consent:
        raise GalleryError(f"{name} was not enrolled: tick the consent first")
    photos = [Path(path) for path, _ in pictures or ()]
    templates = templates_of(photos, context.detector(detector))
    person = context.gallery().enrol(name, templates, consent=True, detector=detector)
    _forget(photos)
    count = f"{person.templates} photo{'s' if person.templates != 1 else ''}"
    return f"{person.name} is enrolled from {count}; the pictures are deleted."


def people(context: Context) -> list[list[Any]]:
    """A row for each enrolled person. Raises InputError where this is off."""
    _owner(context)
    return [
        [p.name, f"{p.enrolled:%Y-%m-%d %H:%M}", p.templates, p.detector] for p in context.gallery().people()
    ]


def rename(context: Context, name: str | None, new: str) -> str:
    """Rename a person and say so. Raises InputError where this is off, GalleryError."""
    _owner(context)
    context.gallery().rename(_chosen(name), new or "")
    return f"{name} is now called {new.strip()}."


def remove(context: Context, name: str | None) -> str:
    """Forget a person and say so. Raises InputError where this is off, GalleryError."""
    _owner(context)
    context.gallery().remove(_chosen(name))
    return f"{name} is removed."


def build(context: Context, shared: Shared) -> None:
    from liveness.matching.match import measured

    gr.HTML(cards.note(measured(), "warn"), padding=False)
    if not context.admin:
        gr.HTML(cards.note(OFF), padding=False)
        return
    try:
        place = context.gallery().place
    except GalleryError as error:  # a wrong LIVENESS_DATABASE_URL must not take the other tabs with it
        gr.HTML(cards.note(f"{sentence(error)}.", "warn"), padding=False)
        return
    with gr.Row(equal_height=False, elem_classes="lw-columns"):
        with gr.Column(scale=5, min_width=320):
            entry = _enrol_form(place)
        with gr.Column(scale=5, min_width=320):
            gr.Markdown("### Enrolled")
            table = gr.Dataframe(headers=HEADERS, interactive=False, max_height=320, show_label=False)
            who = gr.Dropdown([], label="Person", info="Whom to rename or remove.", allow_custom_value=True)
            said = gr.HTML("", padding=False)
            _changes(context, who, [table, who, said])
    shown = [table, who, said]
    _wire_enrolment(context, entry, shown)
    gr.on(
        None,
        lambda: _refreshed(context, ""),
        None,
        shown,
        show_progress="hidden",
        api_visibility="private",
    )


def _enrol_form(place: str) -> list[Any]:
    """name, pictures, consent, detector, licence, button."""
    from liveness.matching.gallery import CONSENT

    gr.Markdown("### Enrol a person")
    name = gr.Textbox(label="Name", max_length=64, max_lines=1)
    pictures = picture_picker("Photos of this person alone")
    detector, accepted = detector_choice()
    consent = gr.Checkbox(False, label=CONSENT, info=f"Stored in {place}. The photos are deleted at once.")
    button = gr.Button("Enrol", variant="primary")
    return [name, pictures, consent, detector, accepted, button]


def _wire_enrolment(context: Context, entry: list[Any], shown: list[Any]) -> None:
    name, pictures, consent, detector, accepted, button = entry

    def on_enrol(
        name: str, given: list[tuple[str, str | None]] | None, agreed: bool, finder: str, licence: bool
    ) -> list[Any]:
        with told():
            _owner(context)
            make_ready(finder, licence)
            text = enrol(context, name, given, agreed, finder)
            return ["", None, False, *_refreshed(context, text)]

    button.click(
        on_enrol,
        [name, pictures, consent, detector, accepted],
        [name, pictures, consent, *shown],
        api_name="enrol",
        concurrency_id="network",
        trigger_mode="once",
    )


def _changes(context: Context, who: gr.Dropdown, shown: list[Any]) -> None:
    """Rename, and remove with a second click."""
    with gr.Row(equal_height=True):
        new = gr.Textbox(label="New name", max_length=64, max_lines=1, scale=3)
        change = gr.Button("Rename", min_width=90, scale=1)
    ask = gr.Button("Remove…", min_width=90)
    with gr.Row(visible=False) as sure:
        keep = gr.Button("Keep", min_width=90)
        gone = gr.Button("Remove for good", variant="stop", min_width=120)

    def on_rename(name: str | None, to: str) -> list[Any]:
        with told():
            return ["", *_refreshed(context, rename(context, name, to))]

    def on_remove(name: str | None) -> list[Any]:
        with told():
            return [gr.Row(visible=False), *_refreshed(context, remove(context, name))]

    change.click(on_rename, [who, new], [new, *shown], api_name="rename_person", trigger_mode="once")
    gone.click(on_remove, who, [sure, *shown], api_name="remove_person", trigger_mode="once")
    ask.click(lambda name: gr.Row(visible=bool(name)), who, sure, api_visibility="private")
    gr.on(
        [keep.click, who.change],
        lambda: gr.Row(visible=False),
        None,
        sure,
        show_progress="hidden",
        api_visibility="private",
    )


def _refreshed(context: Context, text: str) -> list[Any]:
    """The table, the list to choose from, and what happened."""
    with told():
        rows = people(context)
    names = [row[0] for row in rows]
    return [rows, gr.Dropdown(choices=names, value=None), cards.note(text) if text else ""]


def _owner(context: Context) -> None:
    if not context.admin:
        raise InputError("enrolment is off on this address")


def _chosen(name: str | None) -> str:
    if not name:
        raise GalleryError("choose a person first")
    return name


def _forget(photos: Sequence[Path]) -> None:
    """Delete what was uploaded, and nothing that lies elsewhere."""
    uploads = Path(get_upload_folder()).resolve()
    for photo in photos:
        if photo.resolve().is_relative_to(uploads):
            for file in (photo, *mirrored(photo)):
                file.unlink(missing_ok=True)
