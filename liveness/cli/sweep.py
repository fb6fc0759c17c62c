"""``liveness sweep``: a search for settings of training, resumable."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from liveness.config import RECIPES

    parser = subparsers.add_parser(
        "sweep",
        help="search for settings of training with Optuna",
        description="Train several times, each with settings that Optuna chooses from what came before, for "
        "the highest AUC on dev. The same command goes on with a stopped sweep. Needs the extra: "
        "pip install 'liveness-workbench[sweep]'.",
    )
    parser.add_argument("dataset", help="as liveness train has it")
    parser.add_argument(
        "--vary",
        action="append",
        required=True,
        metavar="NAME=RANGE",
        help="a setting of config.json and its values: lr=1e-5..1e-3:log, epochs=4..12 or batch=16,32,64; "
        "may be given again",
    )
    parser.add_argument("--trials", type=int, default=20, help="trainings in all, earlier ones too (20)")
    parser.add_argument(
        "--recipe", choices=sorted(RECIPES), default="quick", help="all other settings (quick)"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="another setting, the same for all"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/sweep"), help="its folder (runs/sweep)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from liveness.config import RECIPES
    from liveness.data.samples import load_dataset
    from liveness.training.options import parse_setting, with_changes
    from liveness.training.sweep import parse_range, sweep

    base = with_changes(RECIPES[args.recipe], dict(map(parse_setting, args.set)))
    samples = load_dataset(args.dataset).samples
    best = None
    for tried in sweep(samples, base, [parse_range(text) for text in args.vary], args.out, args.trials):
        settings = " ".join(f"{name}={value}" for name, value in tried.settings.items())
        print(f"trial {tried.number}: dev AUC {tried.auc:.4f}  {settings}", flush=True)
        best = tried if best is None or tried.auc > best.auc else best
    print("nothing left to do: raise --trials" if best is None else f"best of these: {best.folder}")
    return 0
