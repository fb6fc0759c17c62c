"""``liveness train``: a data set -> a run folder with best.pt and model.onnx."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from liveness.config import RECIPES, TrainConfig
from liveness.training.options import FLAGS, parse_setting, with_changes

if TYPE_CHECKING:
    from tqdm import tqdm

    from liveness.training.parts import Review
    from liveness.training.runs import Progress, RunFolder
    from liveness.types import Sample

_HELP = {
    "--network": "resnet18, or efficientnet_lite0 (two more packages)",
    "--init": "imagenet, trunk, model, none, or a trunk.pt, checkpoint or model.onnx to start from",
    "--epochs": "passes over the data",
    "--size": "side of a crop in pixels",
    "--margin": "crop margin at inference, times the face box (that of a second window: input.crop.inner)",
    "--batch": "crops a step",
    "--lr": "learning rate",
    "--balance": "none, label (both classes equally often) or source (its sources too)",
    "--augment": "strength of the augmentation, 0 to 3",
    "--patience": "stop after so many epochs without a better dev AUC; 0: never",
    "--threshold": "use this threshold instead of one picked on dev",
    "--target-apcer": "the threshold lets at most this share of the worst species pass on dev",
    "--detector": "finds the faces where the manifest has no boxes: mtcnn, yunet or yolov5-face",
    "--seed": "same seed, same run",
    "--precision": "auto, fp32, bf16 or amp",
    "--device": "auto, cpu, cuda or mps",
    "--workers": "threads that make crops",
    "--mlflow": "log to MLflow too: a folder, a tracking URI, or env for MLFLOW_TRACKING_URI",
}
_SHOWN = 10


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "train",
        help="train a model on a folder, a manifest.csv, a ZIP or a public data set",
        description="Train a model. What is not said is taken from the recipe. Ctrl-C stops and keeps the "
        "best checkpoint; --resume goes on after a stop or a kill.",
    )
    parser.add_argument(
        "dataset",
        nargs="?",
        help="folder, manifest.csv, ZIP (docs/data-format.md) or NAME[@PROTOCOL]:PATH (docs/data-sets.md)",
    )
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="default", help="preset (default)")
    for flag, name in FLAGS.items():
        parser.add_argument(flag, metavar=name.split(".")[-1].upper(), help=_HELP[flag])
    parser.add_argument(
        "--teacher",
        action="append",
        metavar="FILE",
        help="learn the scores of this model.onnx or published system (JSON) too; may be repeated",
    )
    parser.add_argument("--deterministic", action="store_true", help="slower, and repeatable to the bit")
    parser.add_argument(
        "--train-dev", action="store_true", help="train on dev too, for all epochs; needs --threshold"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="any setting of config.json"
    )
    parser.add_argument(
        "--run",
        type=Path,
        dest="folder",
        metavar="DIR",
        help="folder of the run (a new one in runs/)",
    )
    parser.add_argument("--name", default="", help="a word for the name of a new run folder")
    parser.add_argument("--resume", action="store_true", help="go on with --run; its own settings are used")
    parser.add_argument(
        "--dry-run", action="store_true", help="only look at the data: counts, problems, sheet.png"
    )
    parser.set_defaults(run=run)


def config_from(args: argparse.Namespace) -> TrainConfig:
    """The recipe with what the options change. Raises InputError for values that do not fit."""
    changes: dict[str, Any] = {}
    for flag, name in FLAGS.items():
        given = getattr(args, flag[2:].replace("-", "_"))
        if given is not None:
            changes[name] = parse_setting(f"{name}={given}")[1]
    if args.teacher:
        changes["teachers"] = args.teacher
    if args.deterministic:
        changes["deterministic"] = True
    if args.train_dev:
        changes["train_on"] = "train+dev"
    changes |= dict(map(parse_setting, args.set))
    return with_changes(RECIPES[args.recipe], changes)


def run(args: argparse.Namespace) -> int:
    from liveness.data.samples import absolute, load_dataset
    from liveness.errors import InputError, RunError
    from liveness.training.runs import RunFolder, new_run_path
    from liveness.training.train import train

    folder = RunFolder(args.folder or new_run_path(args.name))
    if args.resume:
        if args.folder is None:
            raise RunError("--resume needs --run, the folder of the run to go on with")
        config, place = folder.config(), args.dataset or folder.read_json("run.json")["dataset"]
    else:
        config, place = config_from(args), args.dataset
    if not place:
        raise InputError(
            "name a data set: a folder, a manifest.csv, a ZIP or NAME:PATH (liveness dataset list)"
        )
    dataset = load_dataset(place)
    for problem in dataset.problems[:_SHOWN]:
        print(f"left out: {problem.where}: {problem.reason}", file=sys.stderr)
    if len(dataset.problems) > _SHOWN:
        print(f"... and {len(dataset.problems) - _SHOWN} more", file=sys.stderr)
    if args.dry_run:
        return _dry_run(dataset.samples, config, args.folder)
    if not args.resume:
        folder.create(config)
    folder.write_json("run.json", {"dataset": absolute(place)})
    _print_counts(dataset.samples)
    print(f"run folder: {folder.path}")
    finished = _follow(train(dataset.samples, config, folder.path, resume=True))
    if folder.best.exists():  # not when it was stopped before it began to train
        _finish(folder)
    return 0 if finished else 130


def _follow(steps: Generator[Progress, None, None]) -> bool:
    """Show the run until it is done (True), or stop it when asked to (False)."""
    from tqdm import tqdm

    from liveness.cli.common import stop_signals

    shown: tuple[object, object] = ("", None)
    with stop_signals() as asked, tqdm(total=0, unit="step", disable=None) as bar:
        for progress in steps:
            shown = _show(progress, bar, shown)
            if asked and progress.state != "done":
                print("stopping; the best checkpoint is kept", file=sys.stderr)
                steps.close()
                return False
    return True


def _show(progress: Progress, bar: tqdm[None], shown: tuple[object, object]) -> tuple[object, object]:
    """Move the bar; print messages and epochs that are new. Returns what was printed last of both."""
    said, epoch = progress.message.split(":")[0] or shown[0], progress.dev.get("epoch", shown[1])
    if said != shown[0]:
        print(progress.message, file=sys.stderr)
    if progress.loss is not None:
        bar.total = progress.steps
        bar.update(progress.step - bar.n)
        bar.set_postfix(loss=f"{progress.loss:.3f}", images=f"{progress.images_per_second:.0f}/s")
    if epoch != shown[1]:
        bar.write(_epoch_line(progress), file=sys.stdout)
        sys.stdout.flush()
    return said, epoch


def _epoch_line(progress: Progress) -> str:
    row = progress.dev
    parts = [f"epoch {row['epoch']:.0f}/{progress.epochs}"]
    if "train_loss" in row:
        parts.append(f"loss {row['train_loss']:.3f}")
    if "auc" in row:
        parts.append(f"dev loss {row['dev_loss']:.3f} AUC {row['auc']:.4f} EER {row['eer']:.1%}")
        parts.append(f"APCER {row['apcer']:.1%} BPCER {row['bpcer']:.1%} at {row['threshold']:.3f}")
    if progress.best_epoch == row["epoch"]:
        parts.append("best")
    return "  ".join(parts)


def _print_counts(samples: Sequence[Sample]) -> None:
    from liveness.data.samples import count_samples

    for (split, label, species), count in count_samples(samples).items():
        print(f"{split or 'no split':9} {label:10} {species:10} {count:6}")


def _dry_run(samples: Sequence[Sample], config: TrainConfig, folder: Path | None) -> int:
    """Print what a run would train on, and write sheet.png. Nothing is trained."""
    import cv2

    from liveness.training.parts import review

    steps = review(samples, config)
    while True:
        try:
            at = next(steps)
        except StopIteration as end:
            found: Review = end.value
            break
        if sys.stderr.isatty():
            print(f"finding faces: {at.done} of {at.total}", end="\r", file=sys.stderr)
    print(found.how)
    for split, word, species, count in found.table():
        print(f"{split:6} {word:6} {species:10} {count:6}")
    print(f"no face found: {len(found.prepared.no_face)}, unreadable: {len(found.prepared.problems)}")
    for problem in found.prepared.problems[:_SHOWN]:
        print(f"  {problem.where}: {problem.reason}")
    print(f"near-duplicates in two splits: {len(found.duplicates)}")
    for one, other in found.duplicates[:_SHOWN]:
        print(f"  {one.path} ({one.split}) and {other.path} ({other.split})")
    path = (folder or Path()) / "sheet.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(found.sheet, cv2.COLOR_RGB2BGR))
    print(f"crops as training sees them: {path}")
    return 0


def _finish(folder: RunFolder) -> None:
    """Figures, model.onnx beside the checkpoint, and what to type next."""
    from liveness.measure.figures import write_figures
    from liveness.training.exportrun import export_best
    from liveness.training.runlogs import upload_finished

    write_figures(folder)
    print(export_best(folder).text)
    upload_finished(folder)
    place = folder.read_json("run.json")["dataset"]
    print(f"next: liveness evaluate {shlex.quote(place)} --model {shlex.quote(str(folder.model))}")
