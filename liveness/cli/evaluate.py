"""``liveness evaluate``: one or several models on a data set, with ISO/IEC 30107-3 rates."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from liveness.errors import InputError

if TYPE_CHECKING:
    from liveness.measure.evaluate import Evaluation
    from liveness.measure.recognition import SystemReport
    from liveness.systems import System


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("evaluate", help="error rates of models on a data set, with intervals")
    parser.add_argument("dataset", type=Path, help="a folder, manifest.csv, ZIP or NAME[@PROTOCOL]:PATH")
    parser.add_argument(
        "--model",
        type=Path,
        action="append",
        help="a model.onnx, or the JSON of a published system; may be given again (default: the shipped one)",
    )
    add_options(parser)
    parser.add_argument("--threshold", type=float, help="instead of each model's own, 0..1")
    parser.add_argument(
        "--by", metavar="COLUMN,...", help="print tables of these columns only (default: all that divide)"
    )
    parser.add_argument(
        "--match",
        action="store_true",
        help="also match against the gallery, where people have the names of the column subject: IAPAR, FRR",
    )
    parser.add_argument(
        "--gallery",
        metavar="URL",
        help="with --match: database URL or SQLite file (default: LIVENESS_DATABASE_URL, else the user's)",
    )
    parser.set_defaults(run=run)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What ``evaluate`` and ``compare`` share: which pictures, which faces, where results go."""
    parser.add_argument(
        "--split",
        choices=("train", "dev", "test", "all"),
        help="which part of the data (default: test where the data set names one, else all)",
    )
    parser.add_argument(
        "--detector", help="find the faces with this detector (default: the data set's boxes, mtcnn without)"
    )
    parser.add_argument(
        "--join",
        choices=("mean", "median", "max", "min"),
        default="mean",
        help="how the frames of a video become its score",
    )
    parser.add_argument("--frames", type=int, default=8, help="frames taken from each video")
    parser.add_argument(
        "--out", type=Path, help="a folder for scores.csv, report.json, rates.csv, bob/ and figures/"
    )
    parser.add_argument("--save", action="store_true", help="as --out, in a new folder among the runs")


def run(args: argparse.Namespace) -> int:
    from liveness.measure.impostors import impostor_text
    from liveness.measure.tables import groups_text, report_text
    from liveness.modelfile import default_model
    from liveness.systems import load_system

    if args.threshold is not None and not 0 <= args.threshold <= 1:
        raise InputError(f"--threshold must lie in 0..1, got {args.threshold:g}")
    systems = [load_system(path, threads=1) for path in args.model or [default_model()]]
    words = ["evaluate", str(args.dataset), *(w for m in args.model or () for w in ("--model", str(m)))]
    words += ["--match"] if args.match else []
    asked = [name.strip() for name in (args.by or "").split(",") if name.strip()]
    done, folder = evaluation_of(args, systems, args.threshold, words, asked)
    scored = done.scored
    matched = _matched(done, folder, args.gallery) if args.match else []
    wanted = asked or scored.groupings()
    for index, name in enumerate(scored.systems):
        print(f"{name}\n{report_text(scored.report(index), scored.spreads(index))}")
        for column in wanted:
            print(f"\n{groups_text(column, scored.by(column, index))}")
        if args.match:
            print(f"\n{impostor_text(matched[index], name)}")
        print()
    return 0


def _matched(done: Evaluation, folder: Path | None, url: str | None) -> list[SystemReport]:
    """Rates of each system with the matcher; kept beside the others where these are kept."""
    from liveness.matching.gallery import Gallery
    from liveness.matching.match import OrbMatcher
    from liveness.measure.evalfolder import write_matching
    from liveness.measure.impostors import impostor_report

    gallery = Gallery(url)
    matcher, names = OrbMatcher(gallery), gallery.names()
    reports = [impostor_report(done, matcher, names, index) for index in range(len(done.scored.systems))]
    if folder is not None:
        write_matching(folder, reports)
    return reports


def evaluation_of(
    args: argparse.Namespace,
    systems: list[System],
    threshold: float | None,
    words: list[str],
    columns: Sequence[str] = (),
) -> tuple[Evaluation, Path | None]:
    """Judge what the arguments name, print what it was and write it where they say; and that folder.

    Raises InputError before anything is judged when the data set has none of these columns.
    """
    from liveness.cli.common import finish
    from liveness.data.samples import choose_split, load_dataset
    from liveness.detect.boxcache import remembering
    from liveness.measure.evaluate import Setting, dataset_name, evaluate
    from liveness.measure.judging import EvaluateOptions
    from liveness.measure.memory import memory_notes
    from liveness.measure.rows import check_columns

    dataset = load_dataset(args.dataset)
    samples, part = choose_split(dataset.samples, args.split)
    check_columns(columns, samples)
    wanted = args.detector or ("mtcnn" if any(s.box is None for s in samples) else None)
    setting = Setting(
        dataset=dataset_name(args.dataset),
        root=dataset.root.resolve(),
        part=part,
        faces=_faces(wanted, bool(args.detector)),
        command=shlex.join(["liveness", *words, *_given(args, threshold)]),
    )
    work = evaluate(
        systems,
        samples,
        remembering(wanted) if wanted else None,
        thresholds=None if threshold is None else [threshold] * len(systems),
        options=EvaluateOptions(bool(args.detector), args.frames, args.join),
        setting=setting,
    )
    done = finish(work, "judged")
    scored = done.scored
    print(f"{part} of {args.dataset}: {len(scored)} presentations in {scored.pictures} pictures and", end=" ")
    print(f"frames (joined by their {scored.join}), {setting.faces}\n")
    for note in memory_notes(done):
        print(f"Beware: {note}\n")
    for problem in (*dataset.problems, *done.facts.left_out):
        print(f"left out: {problem.where}: {problem.reason}", file=sys.stderr)
    return done, _write(args, done)


def _faces(detector: str | None, always: bool) -> str:
    if always:
        return f"faces by {detector}"
    return "faces by the data set's boxes" + (f", else by {detector}" if detector else "")


def _given(args: argparse.Namespace, threshold: float | None) -> list[str]:
    """The options that matter for the result, as they were given."""
    words = [] if threshold is None else ["--threshold", f"{threshold:g}"]
    for name, usual in (("split", None), ("detector", None), ("join", "mean"), ("frames", 8)):
        value = getattr(args, name)
        words += [] if value == usual else [f"--{name}", str(value)]
    return words


def _write(args: argparse.Namespace, done: Evaluation) -> Path | None:
    from liveness.measure.evalfigures import write_figures
    from liveness.measure.evalfolder import write_evaluation
    from liveness.training.runs import new_run_path

    folder = new_run_path(f"evaluate-{done.facts.dataset}") if args.save and not args.out else args.out
    if folder is not None:
        write_evaluation(folder, done)
        write_figures(folder, done.scored)
        print(f"written to {folder}: scores.csv, report.json, rates.csv, bob/, figures/\n")
    return folder
