"""The Model tab's handlers: what a model says of itself, bringing another, replacing the app's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from liveness.config import AppConfig
from liveness.errors import InputError, ModelError, RunError
from liveness.modelfile import load_info
from liveness.ui import header, models, modeluploads
from liveness.ui.context import Context

MakeModel = Callable[..., Path]


@pytest.fixture(autouse=True)
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "uploads"
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


@pytest.fixture
def context(make_model: MakeModel, tmp_path: Path) -> Context:
    return Context(AppConfig(model=str(make_model()), runs=str(tmp_path / "runs")))


def test_the_card_says_all_that_the_model_says(make_model: MakeModel) -> None:
    info = load_info(
        make_model("b.onnx", threshold=0.31, licence="research only", metrics={"dev_auc": 0.9876})
    )
    rows = modeluploads.described(info)
    assert rows["Threshold"].startswith("0.31")
    assert rows["Licence"] == "research only"
    assert rows["Measured: dev_auc"] == "0.9876"
    assert rows["Training data"] == "not said"
    assert "1 × the face box" in rows["Sees"]


def test_metadata_cannot_inject_markup(make_model: MakeModel) -> None:
    path = make_model("b.onnx", network="<img src=x onerror=alert(1)>")
    context = Context(AppConfig(model=str(path)))
    for html in (models.model_card(context, None), header.model_in_use(context, None)):
        assert "<img" not in html
        assert "&lt;img" in html


def test_without_a_model_the_page_says_what_to_do(tmp_path: Path) -> None:
    context = Context(AppConfig(model=str(tmp_path / "none.onnx")))
    assert "train one in the Train tab" in models.model_card(context, None)
    assert "No model yet" in header.model_in_use(context, None)


def test_an_uploaded_model_is_kept_apart_from_the_upload(make_model: MakeModel) -> None:
    given = make_model("mine.onnx", threshold=0.7)
    kept = modeluploads.take([str(given)])
    given.unlink()
    assert load_info(kept).threshold == 0.7


def test_a_sidecar_comes_along(tmp_path: Path, make_model: MakeModel, uploads: Path) -> None:
    import json

    import onnx

    from liveness.config import to_dict

    path = make_model("foreign.onnx")
    info = load_info(path)
    bare = onnx.load(path)
    del bare.metadata_props[:]
    onnx.save(bare, path)
    with pytest.raises(ModelError, match="does not describe itself"):
        modeluploads.take([str(path)])
    sidecar = tmp_path / "whatever.json"
    sidecar.write_text(json.dumps(to_dict(info)))
    assert load_info(modeluploads.take([str(path), str(sidecar)])) == info
    assert len(list((uploads / "models").iterdir())) == 1, "what was refused is not kept"


def test_what_is_not_one_model_is_refused(tmp_path: Path, make_model: MakeModel) -> None:
    with pytest.raises(InputError, match="got 0"):
        modeluploads.take(None)
    with pytest.raises(InputError, match="got 2"):
        modeluploads.take([str(make_model("a.onnx")), str(make_model("b.onnx"))])
    text = tmp_path / "notes.onnx"
    text.write_text("not a model")
    with pytest.raises(ModelError, match=r"notes\.onnx is not an ONNX model"):
        modeluploads.take([str(text)])


def test_only_the_last_few_uploads_are_kept(make_model: MakeModel, uploads: Path) -> None:
    for i in range(12):
        last = modeluploads.take([str(make_model("m.onnx", threshold=i / 100))])
    assert len(list((uploads / "models").iterdir())) == 8
    assert load_info(last).threshold == 0.11


def test_replacing_keeps_the_old_model(context: Context, make_model: MakeModel) -> None:
    new = modeluploads.take([str(make_model("new.onnx", threshold=0.9))])
    text = models.replace_default(context, str(new))
    own = context.model_path()
    assert load_info(own).threshold == 0.9
    assert load_info(own.with_name("model.previous.onnx")).threshold == 0.5
    assert "model.previous.onnx" in text
    assert context.classifier().threshold == 0.9, "the running app uses the new file"


def test_replacing_is_for_the_owner(make_model: MakeModel) -> None:
    path = make_model()
    context = Context(AppConfig(host="0.0.0.0", model=str(path)))
    before = path.read_bytes()
    with pytest.raises(InputError, match="off"):
        models.replace_default(context, str(make_model("new.onnx", threshold=0.9)))
    assert path.read_bytes() == before


def test_a_broken_model_does_not_replace(context: Context, tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"\x08\x01")
    before = context.model_path().read_bytes()
    with pytest.raises(ModelError):
        models.replace_default(context, str(broken))
    assert context.model_path().read_bytes() == before


@pytest.mark.parametrize("name", ["../x", "/etc", "", None, "nothing"])
def test_a_run_is_named_not_reached(context: Context, name: str | None) -> None:
    with pytest.raises(RunError):
        models.find_run(context, name)
