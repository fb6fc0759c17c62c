"""The Gallery tab, as it is served to its owner and on a public address."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import PIL.Image
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from liveness.config import AppConfig
from liveness.errors import GalleryError, InputError
from liveness.matching.gallery import CONSENT, Gallery
from liveness.matching.match import measured
from liveness.types import Face, Image
from liveness.ui import gallery as tab
from liveness.ui.context import Context, Shared

ENDPOINTS = {"enrol", "rename_person", "remove_person"}


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "gallery.db"
    monkeypatch.setenv("LIVENESS_DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    return path


@pytest.fixture
def context(database: Path, astronaut_face: Face, monkeypatch: pytest.MonkeyPatch) -> Context:
    found = Context(AppConfig())
    monkeypatch.setattr(
        found, "detector", lambda name: lambda image: [astronaut_face] if np.ptp(image) else []
    )
    return found


@pytest.fixture
def photo(tmp_path: Path, astronaut: Image) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir(exist_ok=True)
    PIL.Image.fromarray(astronaut).save(folder / "photo.png")
    return folder / "photo.png"


def page(context: Context) -> gr.Blocks:
    with gr.Blocks() as app:
        tab.build(context, Shared(model=gr.State(None)))
    return app


def names_of(app: gr.Blocks) -> set[str]:
    return {str(d["api_name"]) for d in app.config["dependencies"] if d["api_visibility"] == "public"}


@pytest.fixture
def client(context: Context) -> Iterator[Client]:
    app = page(context)
    app.launch(prevent_thread_lock=True, server_port=7961, quiet=True)
    yield Client(app.local_url, verbose=False, httpx_kwargs={"timeout": 60})
    app.close()


def enrol(client: Client, name: str, photo: Path, consent: bool = True) -> Any:
    pictures = [{"image": handle_file(photo), "caption": None}]
    return client.predict(name, pictures, consent, "mtcnn", False, api_name="/enrol")


def test_enrol_rename_and_remove_through_the_app(client: Client, photo: Path, database: Path) -> None:
    *_, table, who, said = enrol(client, "Eileen", photo)
    assert "Eileen is enrolled from 1 photo" in said
    assert table["data"][0][0] == "Eileen"
    assert table["headers"] == tab.HEADERS
    assert [choice[0] for choice in who["choices"]] == ["Eileen"]
    assert len(Gallery(str(database)).templates()["Eileen"]) == 1
    *_, table, _, said = client.predict("Eileen", "<b>Collins</b>", api_name="/rename_person")
    assert table["data"][0][0] == "<b>Collins</b>"
    assert "<b>" not in said
    *_, table, _, said = client.predict("<b>Collins</b>", api_name="/remove_person")
    assert "is removed" in said
    assert Gallery(str(database)).names() == ()


def test_errors_of_the_app_are_sentences(client: Client, photo: Path, database: Path) -> None:
    with pytest.raises(AppError, match="tick the consent first"):
        enrol(client, "Eileen", photo, consent=False)
    with pytest.raises(AppError, match="A name is needed"):
        enrol(client, " ", photo)
    with pytest.raises(AppError, match="Nobody is enrolled as 'Eve'"):
        client.predict("Eve", api_name="/remove_person")
    assert Gallery(str(database)).names() == ()


def test_the_uploaded_pictures_are_deleted(context: Context, photo: Path) -> None:
    assert "the pictures are deleted" in tab.enrol(context, "Eileen", [(str(photo), None)], True, "mtcnn")
    assert not photo.exists()


def test_a_picture_outside_the_uploads_is_not_deleted(context: Context, photo: Path, tmp_path: Path) -> None:
    mine = photo.rename(tmp_path / "mine.png")
    tab.enrol(context, "Eileen", [(str(mine), None)], True, "mtcnn")
    assert mine.exists()


def test_nothing_is_stored_when_one_photo_is_bad(context: Context, photo: Path, tmp_path: Path) -> None:
    blank = tmp_path / "uploads" / "blank.png"
    PIL.Image.new("RGB", (512, 512)).save(blank)
    with pytest.raises(GalleryError, match=r"blank\.png: no face was found"):
        tab.enrol(context, "Eileen", [(str(photo), None), (str(blank), None)], True, "mtcnn")
    with pytest.raises(GalleryError, match="photos of the face are wanted, got 0"):
        tab.enrol(context, "Eileen", None, True, "mtcnn")
    assert tab.people(context) == []


def test_on_a_public_address_it_is_off(database: Path, photo: Path) -> None:
    context = Context(AppConfig(host="0.0.0.0"))
    app = page(context)
    assert not names_of(app) & ENDPOINTS
    text = str(app.config)
    assert "Enrolment is off on this address" in text
    assert str(database) not in text
    for act in (
        lambda: tab.enrol(context, "Eve", [(str(photo), None)], True, "mtcnn"),
        lambda: tab.people(context),
        lambda: tab.rename(context, "Ada", "Eve"),
        lambda: tab.remove(context, "Ada"),
    ):
        with pytest.raises(InputError, match="off on this address"):
            act()


def test_the_owner_sees_what_is_stored_where_and_what_it_is_worth(context: Context, database: Path) -> None:
    app = page(context)
    assert names_of(app) >= ENDPOINTS
    checkbox = next(b for b in app.blocks.values() if getattr(b, "label", "") == CONSENT)
    assert str(database) in str(checkbox.info)
    text = str(app.config)
    assert "No picture is stored" in text
    assert "not encrypted" in text
    assert escape(measured()) in text


def test_a_wrong_database_url_does_not_break_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVENESS_DATABASE_URL", "://")
    assert "The database URL cannot be read" in str(page(Context(AppConfig())).config)
