"""Parts are built once, whoever asks, and a changed model file is read anew."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import pytest

from liveness.config import AppConfig
from liveness.errors import InputError, ModelError
from liveness.ui import context as module
from liveness.ui.context import Context, told

MakeModel = Callable[..., Path]


def test_strangers_are_not_told_who_is_enrolled(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "build_detector", lambda name: object())
    public = Context(AppConfig(host="0.0.0.0", model=str(tiny_model)))
    assert public.pipeline().match is None
    with pytest.raises(InputError, match="matching is off on this address"):
        public.pipeline(match=True)
    behind_a_password = Context(AppConfig(host="0.0.0.0", allow_admin=True, model=str(tiny_model)))
    assert behind_a_password.pipeline(match=True).match is not None


def test_many_threads_build_a_detector_once(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []

    def build(name: str) -> object:
        time.sleep(0.05)
        built.append(name)
        return object()

    monkeypatch.setattr(module, "build_detector", build)
    context = Context(AppConfig())
    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(context.detector("mtcnn"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built == ["mtcnn"]
    assert len(set(map(id, got))) == 1
    context.detector("yunet")
    assert built == ["mtcnn", "yunet"]


def test_a_model_is_kept_until_its_file_changes(make_model: MakeModel) -> None:
    path = make_model(threshold=0.4)
    context = Context(AppConfig(model=str(path)))
    first = context.classifier()
    assert context.classifier(path) is first
    make_model(threshold=0.6)
    second = context.classifier()
    assert second is not first
    assert second.threshold == 0.6


def test_only_a_few_models_are_kept(make_model: MakeModel) -> None:
    context = Context(AppConfig())
    paths = [make_model(f"{i}.onnx") for i in range(10)]
    kept = [context.classifier(path) for path in paths]
    assert context.classifier(paths[-1]) is kept[-1]
    assert context.classifier(paths[0]) is not kept[0]


def test_a_missing_model_is_named_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        Context(AppConfig()).classifier(tmp_path / "gone.onnx")
    assert "gone.onnx" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_errors_are_told_as_one_sentence() -> None:
    with pytest.raises(gr.Error) as caught, told():
        raise InputError("a port lies in 1..65535, got 0")
    assert caught.value.message == "A port lies in 1..65535, got 0"
    assert caught.value.print_exception is False
    with pytest.raises(ZeroDivisionError), told():
        _ = 1 / 0
