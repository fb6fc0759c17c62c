"""The Evaluate tab's handlers: what is refused, what is kept, the operating point, mistakes and saliency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import gradio as gr
import numpy as np
import PIL.Image
import pytest

from liveness.config import AppConfig
from liveness.errors import DatasetError, InputError, ModelError
from liveness.measure.mistakes import worst
from liveness.metrics import Rate
from liveness.ui import evaldata, evaluate, evalview
from liveness.ui.context import Context, Shared
from liveness.ui.evaldata import IN_USE, Asked
from liveness.ui.evalresults import Views, threshold_of


@pytest.fixture
def context(tmp_path: Path, tiny_model: Path) -> Context:
    return Context(AppConfig(model=str(tiny_model), runs=str(tmp_path / "runs"), dataset=str(tmp_path)))


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return grey_pictures(tmp_path / "<data>")


def grey_pictures(folder: Path) -> Path:
    """Four bright live pictures, one dark; four dark prints, one bright; two phones."""
    folder.mkdir()
    lines = ["path,label,pai_species,device,left,top,right,bottom"]
    for i, level in enumerate((220, 230, 210, 200, 40, 30, 20, 25, 35, 240)):
        PIL.Image.fromarray(np.full((48, 48, 3), level, np.uint8)).save(folder / f"{i}.png")
        label = "bona_fide," if i < 5 else "attack,print"
        lines.append(f"{i}.png,{label},{'<a>' if i % 2 else 'b'},4,4,44,44")
    (folder / "manifest.csv").write_text("\n".join(lines))
    return folder


@pytest.fixture
def asked(dataset: Path) -> Asked:
    return Asked(str(dataset), [IN_USE], "auto", "mtcnn", False, False, "mean", 8)


@pytest.fixture
def name(context: Context, asked: Asked) -> str:
    """A finished evaluation."""
    *_, (_, folder) = evaluate.pages(evaldata.run_evaluation(context, asked), Event())
    assert folder is not None
    return folder.name


@pytest.fixture
def views(context: Context) -> Views:
    with gr.Blocks(analytics_enabled=False):
        return Views(context, Shared(model=gr.State(None)), gr.Dropdown([]))


def test_an_evaluation_is_kept_and_opened_again(context: Context, name: str, dataset: Path) -> None:
    assert evaldata.evaluations(context) == [name]
    done = evaldata.opened(context, name)
    assert done.scored.report().bpcer == Rate(1, 5)
    assert done.facts.command.startswith("liveness evaluate '")
    html = evalview.facts(done)
    assert "&lt;data&gt;" in html
    assert "<data>" not in html
    with pytest.raises(InputError, match=r"no evaluation called \.\./x"):
        evaldata.opened(context, "../x")


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"dataset": " "}, DatasetError, "name a data set first"),
        ({"models": []}, InputError, "choose a model first"),
        ({"models": [IN_USE] * 9}, InputError, "at most 8 models"),
        ({"models": ["gone.onnx"]}, ModelError, "no model file"),
        ({"part": "dev"}, DatasetError, "has no dev part"),
    ],
)
def test_what_cannot_be_evaluated_says_so(
    context: Context, asked: Asked, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        next(evaldata.run_evaluation(context, replace(asked, **changes)))
    assert evaldata.evaluations(context) == []


def test_it_is_off_where_others_reach_it(tiny_model: Path, asked: Asked) -> None:
    context = Context(AppConfig(model=str(tiny_model), host="0.0.0.0"))
    with pytest.raises(InputError, match="off on this address"):
        next(evaldata.run_evaluation(context, asked))


def test_stop_keeps_nothing(context: Context, asked: Asked) -> None:
    stop = Event()
    stop.set()
    ((said, folder),) = evaluate.pages(evaldata.run_evaluation(context, asked), stop)
    assert folder is None
    assert "Stopped after 1 pictures" in said
    assert evaldata.evaluations(context) == []


def test_several_models_stand_in_one_table(
    context: Context, asked: Asked, make_model: Callable[..., Path]
) -> None:
    strict = make_model("strict.onnx", threshold=0.99999)
    both = replace(asked, models=[IN_USE, str(strict)])
    *_, (_, folder) = evaluate.pages(evaldata.run_evaluation(context, both), Event())
    assert folder is not None
    done = evaldata.opened(context, folder.name)
    html = evalview.overview(done.scored).replace("\u00a0", " ")
    assert "20.0 % [0.5, 71.6] 1/5" in html
    assert "100.0 % [47.8, 100.0] 5/5" in html
    assert "only the first wrong" in html, "the second is held against the first"
    assert evaldata.system_of(context, done, 1, None).members[0].path == strict
    told = f"liveness compare data {asked.dataset} {strict}"  # which names its models without an option
    compared = replace(done, facts=replace(done.facts, command=told))
    assert evaldata.system_of(context, compared, 1, None).members[0].path == strict
    strict.unlink()
    with pytest.raises(InputError, match="strict is no longer here"):
        evaldata.system_of(context, done, 1, None)


def test_the_operating_point_moves_everything(views: Views, name: str, context: Context) -> None:
    rates, groups, *figures, gallery, rows, _, _, _ = views.moved(name, 0, 0.5, "device")
    assert "20.0 % [0.5, 71.6] 1/5" in rates
    assert "&lt;a&gt;" in groups
    assert len(rows) == len(gallery.value) == 2
    assert all(figure.visible for figure in figures)
    rates, _, *moved, gallery, rows, _, _, said = views.moved(name, 0, 1.0, "device")
    assert "100.0 % [47.8, 100.0] 5/5" in rates
    assert len(rows) == 5
    assert not said
    assert moved[3].value != figures[3].value, "the figure over the threshold is drawn again"


def test_arrow_keys_move_the_operating_point(context: Context) -> None:
    """Gradio's slider says ``release`` to a mouse alone."""
    with gr.Blocks(analytics_enabled=False) as page:
        views = Views(context, Shared(model=gr.State(None)), gr.Dropdown([]))
    heard = {event for fn in page.fns.values() for part, event in fn.targets if part == views.slider._id}
    assert heard == {"input"}


def test_the_slider_at_the_models_own_threshold_means_it(context: Context, name: str) -> None:
    scored = replace(evaldata.opened(context, name).scored, thresholds=(0.12345,))
    assert threshold_of(scored, 0, 0.123) == 0.12345
    assert threshold_of(scored, 0, 0.125) == 0.125


def test_an_opened_evaluation_fills_the_page(views: Views, name: str) -> None:
    values = views.opened(name)
    assert len(values) == len(views.all)
    assert values[3] == 0.5
    assert views.opened(None) == [gr.skip()] * len(views.all)


def test_a_mistake_is_explained_by_its_method(context: Context, name: str) -> None:
    done = evaldata.opened(context, name)
    wrong = worst(done)
    assert [caption.split(",")[0] for _, caption, _ in wrong] == ["Spoof: print", "Live"]
    system = evaldata.system_of(context, done, 0, None)
    seen, heat, text = evalview.explained(done, wrong[0][0], 0, system, "occlusion")
    assert seen.shape == heat.shape == (480, 480, 3)
    assert "Occlusion sensitivity (Zeiler and Fergus 2014)" in text
    assert "Grad-CAM" not in text
    _, _, text = evalview.explained(done, wrong[0][0], 0, system, "gradcam")
    assert "Occlusion sensitivity" in text
    assert "Grad-CAM needs one of this package's networks" in text
    (Path(done.facts.root) / "9.png").unlink()
    assert len(worst(done)) == 1, "what is gone is left out"
