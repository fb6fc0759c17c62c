"""Which model files are refused, and that the message says why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from liveness.config import FORMAT_VERSION, CropConfig, InputConfig, to_dict
from liveness.errors import ModelError
from liveness.modelfile import MAX_BYTES, PREFIX, default_model, load_info, write_info

Make = Callable[..., Path]


def change(path: Path, edit: Callable[[onnx.ModelProto], None]) -> Path:
    model = onnx.load(path)
    edit(model)
    onnx.save(model, path)
    return path


def set_property(path: Path, field: str, value: str | None) -> Path:
    def edit(model: onnx.ModelProto) -> None:
        kept = [(p.key, p.value) for p in model.metadata_props if p.key != PREFIX + field]
        del model.metadata_props[:]
        for key, text in kept if value is None else [*kept, (PREFIX + field, value)]:
            model.metadata_props.add(key=key, value=text)

    return change(path, edit)


def test_metadata_comes_back_as_it_was_written(make_model: Make) -> None:
    info = load_info(make_model(threshold=0.25, licence="research only", metrics={"auc": 0.5}))
    assert (info.threshold, info.licence, info.metrics) == (0.25, "research only", {"auc": 0.5})
    assert info.input == InputConfig(CropConfig(margin=1.0, size=32), mean=(0.0,) * 3, std=(1.0,) * 3)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model file at .*nowhere\.onnx"):
        load_info(tmp_path / "nowhere.onnx")


@pytest.mark.parametrize("content", [b"", b"hello, I am a text", b"\x00" * 100, b"PK\x03\x04" + b"z" * 64])
def test_a_file_that_is_no_model(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="is not an ONNX model"):
        load_info(path)


def test_a_truncated_model(tiny_model: Path) -> None:
    tiny_model.write_bytes(tiny_model.read_bytes()[:-40])
    with pytest.raises(ModelError):
        load_info(tiny_model)


def test_too_large(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # sparse: costs no disk
    with pytest.raises(ModelError, match="models up to 200 MB"):
        load_info(path)


def test_no_metadata_at_all(tiny_model: Path) -> None:
    change(tiny_model, lambda model: model.ClearField("metadata_props"))
    with pytest.raises(ModelError, match=r"does not describe itself.*no model\.json"):
        load_info(tiny_model)


@pytest.mark.parametrize("field", ["threshold", "input", "output", "live_index", "network", "format_version"])
def test_each_field_that_scores_depend_on_is_asked_for(tiny_model: Path, field: str) -> None:
    set_property(tiny_model, field, None)
    with pytest.raises(ModelError, match=rf"lacks liveness\.{field}"):
        load_info(tiny_model)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("threshold", "1.5", "must lie in 0..1"),
        ("threshold", "NaN", "not JSON"),
        ("threshold", "high", "not JSON"),
        ("threshold", '"0.5"', "expected float"),
        ("output", '"probability"', "expected one of"),
        ("live_index", "-1", "live_index -1 does not exist"),
        ("live_index", "1", "live_index 1 does not exist"),
        ("colour_order", '"rgb"', "unknown setting colour_order"),
        ("format_version", str(FORMAT_VERSION + 1), "update liveness"),
    ],
)
def test_unusable_metadata(tiny_model: Path, field: str, value: str, reason: str) -> None:
    set_property(tiny_model, field, value)
    with pytest.raises(ModelError, match=reason):
        load_info(tiny_model)


def test_size_at_odds_with_the_graph(make_model: Make) -> None:
    path = make_model()
    other = InputConfig(CropConfig(margin=1.0, size=64))
    set_property(path, "input", json.dumps(to_dict(other)))
    with pytest.raises(ModelError, match=r"takes the shape \(\?, 3, 32, 32\).*says \(batch, 3, 64, 64\)"):
        load_info(path)


def test_outputs_at_odds_with_the_metadata(make_model: Make) -> None:
    assert load_info(make_model("a.onnx", values=2, output="logits", live_index=1)).live_index == 1
    with pytest.raises(ModelError, match="live_index 2 is beyond its 2 outputs"):
        load_info(make_model("b.onnx", values=2, output="logits", live_index=2))
    with pytest.raises(ModelError, match="gives 2 values a face"):
        load_info(make_model("c.onnx", values=2, output="logit"))


def test_weights_in_another_file(tiny_model: Path) -> None:
    def move_out(model: onnx.ModelProto) -> None:
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="elsewhere.bin")

    raw = onnx.load(tiny_model)
    move_out(raw)
    tiny_model.write_bytes(raw.SerializeToString())
    with pytest.raises(ModelError, match="keeps weights in another file"):
        load_info(tiny_model)


def test_operators_outside_the_standard(tiny_model: Path) -> None:
    def add(model: onnx.ModelProto) -> None:
        model.graph.node[0].op_type = "FusedConv"
        model.graph.node[0].domain = "com.microsoft"

    change(tiny_model, add)
    with pytest.raises(ModelError, match=r"outside the ONNX standard: com\.microsoft\.FusedConv"):
        load_info(tiny_model)


def test_operators_outside_the_standard_inside_a_branch(tiny_model: Path) -> None:
    def add(model: onnx.ModelProto) -> None:
        node = helper.make_node("Anything", ["x"], ["z"], domain="my.ops")
        body = helper.make_graph(
            [node], "then", [], [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)]
        )
        model.graph.node.append(helper.make_node("If", ["x"], ["w"], then_branch=body, else_branch=body))

    change(tiny_model, add)
    with pytest.raises(ModelError, match=r"my\.ops\.Anything"):
        load_info(tiny_model)


def test_two_inputs(tiny_model: Path) -> None:
    extra = helper.make_tensor_value_info("depth", TensorProto.FLOAT, [1])
    change(tiny_model, lambda model: model.graph.input.append(extra))
    with pytest.raises(ModelError, match="has 2 inputs and 1 outputs"):
        load_info(tiny_model)


def test_a_sidecar_describes_a_foreign_model(tiny_model: Path) -> None:
    info = load_info(tiny_model)
    change(tiny_model, lambda model: model.ClearField("metadata_props"))
    beside = tiny_model.with_suffix(".json")
    beside.write_text(json.dumps({**to_dict(info), "threshold": 0.75}), encoding="utf-8")
    assert load_info(tiny_model).threshold == 0.75
    beside.write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match=r"model\.json is not JSON"):
        load_info(tiny_model)


def test_sidecar_and_metadata_that_contradict(tiny_model: Path) -> None:
    info = load_info(tiny_model)
    beside = tiny_model.with_suffix(".json")
    beside.write_text(json.dumps(to_dict(info)), encoding="utf-8")
    assert load_info(tiny_model) == info
    beside.write_text(json.dumps({**to_dict(info), "threshold": 0.75}), encoding="utf-8")
    with pytest.raises(ModelError, match="contradict each other"):
        load_info(tiny_model)


def test_writing_metadata_keeps_foreign_properties(tiny_model: Path) -> None:
    info = load_info(tiny_model)
    model = onnx.load(tiny_model)
    model.metadata_props.add(key="author", value="somebody")
    write_info(model, info)
    write_info(model, info)
    keys = [p.key for p in model.metadata_props]
    assert keys.count("author") == 1
    assert len(keys) == len(set(keys))


def test_the_default_model(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    monkeypatch.delenv("LIVENESS_MODEL", raising=False)
    assert default_model() == Path(__file__).resolve().parent.parent / "model.onnx"
    monkeypatch.setenv("LIVENESS_MODEL", str(tiny_model))
    assert default_model() == tiny_model
