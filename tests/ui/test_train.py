"""The Train tab's handlers: options and their command line, what is refused, how a run is shown."""

from __future__ import annotations

import shlex
from pathlib import Path

import gradio as gr
import numpy as np
import PIL.Image
import pytest

from liveness.cli import build_parser
from liveness.cli.train import config_from
from liveness.config import RECIPES, AppConfig, TrainConfig
from liveness.data.problems import Problem
from liveness.data.samples import Dataset
from liveness.errors import DatasetError, InputError, RunError
from liveness.training import jobs
from liveness.training.runs import Progress, RunFolder
from liveness.ui import checkup, curves, datatab, recipe, runsview, train
from liveness.ui.context import Context

ROW = {"epoch": 1.0, "step": 10.0, "train_loss": 0.6, "dev_loss": 0.5, "auc": 0.9, "eer": 0.1}
ROW |= {"threshold": 0.4, "apcer": 0.05, "bpcer": 0.2, "seconds": 3.0}


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(AppConfig(runs=str(tmp_path / "runs"), dataset=str(tmp_path / "dataset")))


@pytest.fixture
def run(context: Context) -> RunFolder:
    """A run of two epochs that is done."""
    folder = RunFolder(context.runs() / "first")
    folder.create(TrainConfig(epochs=2))
    folder.write_metrics([ROW, {**ROW, "epoch": 2.0, "dev_loss": 0.3, "auc": 0.97, "bpcer": 0.1}])
    folder.write_progress(
        Progress("done", "done", epoch=2, epochs=2, step=20, steps=20, dev={**ROW, "auc": 0.97}, best_epoch=2)
    )
    return folder


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    for label in ("live", "spoof/print"):
        folder = root / label
        folder.mkdir(parents=True)
        PIL.Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(folder / "a.png")
    return root


# ------------------------------------------------------------------ options


@pytest.mark.parametrize("name", sorted(RECIPES))
@pytest.mark.parametrize("start", ["imagenet", "none", "model"])
def test_the_command_line_trains_the_same(name: str, start: str) -> None:
    values: list[float | None] = [3, 64, 16, 0.001, 0.5, 0.25, 2, 0.1, 7]
    config = recipe.config_of(name, "efficientnet_lite0", start, values)
    words = shlex.split(recipe.command("my data/set", name, config, "try"))
    assert words[:3] == ["liveness", "train", "my data/set"]
    args = build_parser().parse_args(words[1:])
    assert config_from(args) == config
    assert args.name == "try"
    assert (config.epochs, config.input.crop.size, config.augment.attacks, config.seed) == (3, 64, 0.25, 7)


def test_empty_fields_keep_the_recipe() -> None:
    config = recipe.config_of("quick", "resnet18", "imagenet", [None] * len(recipe.SETTINGS))
    assert config == RECIPES["quick"]
    assert recipe.command("", "quick", config).split()[2] == "DATASET"


def test_a_value_that_does_not_fit_is_named() -> None:
    with pytest.raises(InputError, match="epochs"):
        recipe.config_of("quick", "resnet18", "none", [0, *[None] * 8])


def test_every_setting_exists_and_is_explained() -> None:
    for name, (label, info) in recipe.SETTINGS.items():
        assert recipe.setting(RECIPES["quick"], name) is not None
        assert label
        assert info.endswith(".")
    assert {name for _, name in recipe.RECIPE_WORDS} == set(RECIPES)


@pytest.mark.slow
def test_the_networks_are_those_that_can_be_built() -> None:
    from liveness.training.network import NETWORKS

    assert set(recipe.NETWORKS) == set(NETWORKS)


# ------------------------------------------------------------------ starting


def test_training_is_off_where_others_reach_it(dataset: Path) -> None:
    public = Context(AppConfig(host="0.0.0.0"))
    with pytest.raises(InputError, match="off"):
        train.start_run(public, str(dataset), TrainConfig(), "")


def test_a_run_is_started_where_the_runs_are(
    context: Context, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[Path, Path]] = []

    def start(where: Path, config: TrainConfig, path: Path, name: str = "") -> RunFolder:
        begun.append((where, path))
        return RunFolder(path)

    monkeypatch.setattr(jobs, "start", start)
    name = train.start_run(context, f" {dataset} ", TrainConfig(), "my run").name
    assert begun[0][0] == dataset
    assert begun[0][1].parent == context.runs()
    assert name.endswith("-my-run")


def test_what_cannot_be_trained_on_is_said_at_once(context: Context, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name a data set"):
        train.start_run(context, " ", TrainConfig(), "")
    with pytest.raises(DatasetError, match="no data set at"):
        train.start_run(context, str(tmp_path / "nothing"), TrainConfig(), "")
    assert not context.runs().exists()


def test_one_run_at_a_time(
    context: Context, run: RunFolder, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "busy", lambda folder: [run])
    with pytest.raises(RunError, match="first is still running"):
        train.start_run(context, str(dataset), TrainConfig(), "")


# ------------------------------------------------------------------ watching


def test_a_page_that_is_opened_shows_the_newest_run(context: Context, run: RunFolder) -> None:
    assert train.chosen_run(context) == "first"
    status, loss, rates, *_, timer, seen = train.watch(context, "first", "")
    assert "Done" in status
    assert "0.9700" in status
    assert list(loss["loss"]) == [0.6, 0.5, 0.6, 0.3]
    assert rates["per cent"].max() == pytest.approx(20)
    assert isinstance(timer, gr.Timer)
    assert timer.active is False
    again = train.watch(context, "first", seen)
    assert again[1] == gr.skip(), "curves that have not changed are not sent again"


def test_without_a_run_the_page_says_what_to_do(context: Context) -> None:
    assert train.chosen_run(context) is None
    assert "No run yet" in train.watch(context, None, "")[0]


def test_an_interrupted_run_says_so_and_can_be_resumed(context: Context, run: RunFolder) -> None:
    run.write_progress(Progress("training", epoch=1, epochs=2, step=10, steps=20, eta=90.0))
    run.last.write_bytes(b"state")
    status, *_, stop, resume, _, _ = train.watch(context, "first", "")
    assert "Failed" in status
    assert "can be resumed" in status
    assert (stop.interactive, resume.interactive) == (False, True)


def test_a_running_run_shows_what_is_left(
    context: Context, run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = Progress(
        "training", epoch=1, epochs=2, step=5, steps=20, loss=0.5, images_per_second=31.0, eta=600.0
    )
    monkeypatch.setattr(jobs, "progress", lambda _: at)
    monkeypatch.setattr(runsview, "is_running", lambda _: True)
    status, *_, stop, resume, timer, _ = train.watch(context, "first", "")
    assert "10 min left" in status
    assert "width:25.0%" in status
    assert (stop.interactive, resume.interactive, timer.active) == (True, False, True)


def test_the_table_shows_the_best_epoch(context: Context, run: RunFolder) -> None:
    row = runsview.table([run])["data"][0]
    assert row == ["first", "Done", 2, 2, "0.9700", "10.0%", "5.0%", "10.0%", "0.400"]


def test_a_run_that_cannot_be_read_does_not_hide_the_others(context: Context, run: RunFolder) -> None:
    broken = RunFolder(context.runs() / "second")
    broken.create(TrainConfig())
    (broken.path / "progress.json").write_text("{")
    rows = runsview.table([broken, run])["data"]
    assert "not JSON" in rows[0][1]
    assert rows[1][0] == "first"


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "5 s"), (600, "10 min"), (12_000, "3 h 20 min"), (89.6, "90 s")]
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert runsview.duration(seconds) == words


# ------------------------------------------------------------------ data


def test_the_check_needs_a_data_set(context: Context) -> None:
    with pytest.raises(DatasetError, match="name a data set"):
        checkup.check("", TrainConfig(), lambda done, total: None)


def test_the_report_escapes_and_shortens_paths(tmp_path: Path) -> None:
    from collections import Counter

    from liveness.data.prepare import Prepared
    from liveness.training.parts import Review
    from liveness.types import Label

    counts = Counter({("train", Label.BONA_FIDE, "", "a"): 3, ("dev", Label.ATTACK, "<b>", "a"): 2})
    problem = Problem(f"{tmp_path}/x/live/<img>.jpg", "damaged")
    found = Review(counts, "by source", Prepared(()), (), np.zeros((4, 4, 3), np.uint8))
    html = checkup.report(Dataset(tmp_path, (), (problem,)), found)
    assert "liveness cache --clear regions" in html
    assert "x/live/&lt;img&gt;.jpg: damaged" in html
    assert str(tmp_path) not in html
    assert "Spoof: &lt;b&gt;" in html
    assert "by source" in html


def test_the_demo_set_is_made_once(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def make(folder: Path, progress: object) -> None:
        folder.mkdir(parents=True)
        (folder / "manifest.csv").write_text("path,label\n")
        made.append(folder)

    monkeypatch.setattr(datatab, "make_demo", make)
    first = datatab.make_demo_set(context, lambda done, total: None)
    assert datatab.make_demo_set(context, lambda done, total: None) == first
    assert made == [first]


def test_a_curve_without_epochs_yet_takes_numbers_for_numbers() -> None:
    """Gradio draws by the types that it saw first: an untyped column made every number a name of its own."""
    with gr.Blocks(analytics_enabled=False):
        plot = curves.by_epoch("Loss", "loss", "part", runsview.LOSS_COLOURS)
    types = plot.get_config()["value"]["datatypes"]
    assert (types["epoch"], types["loss"]) == ("quantitative", "quantitative")
