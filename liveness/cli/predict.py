"""``liveness predict``: photos through the pipeline."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from liveness.cli.judge import add_judge_options, at_threshold, build_pipeline

if TYPE_CHECKING:
    from liveness.results import Entry
    from liveness.types import Frame, FrameResult, Image


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "predict",
        help="judge the faces in photos",
        description="Find every face in photos and say of each whether it is live. A file that cannot be "
        "read does not stop the others; the exit status is 1 then.",
    )
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="picture, folder (searched to any depth) or pattern"
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the results to this CSV file")
    parser.add_argument(
        "--save", type=Path, metavar="DIR", help="write the annotated pictures to this folder"
    )
    parser.add_argument("--json", action="store_true", help="print the results as a JSON array")
    add_judge_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from liveness.frames import find_photos
    from liveness.results import csv_text, json_text, write_text

    paths = find_photos(args.paths)
    entries: list[Entry] = []
    for entry in judged(paths, at_threshold(args, build_pipeline(args)), args.save):
        entries.append(entry)
        if not args.json:
            _print(entry)
    if args.json:
        sys.stdout.write(json_text(entries))
    if args.csv is not None:
        write_text(args.csv, csv_text(entries))
    return int(any(isinstance(result, str) for _, result in entries))


def judged(
    paths: Iterable[Path], judge: Callable[[Frame], FrameResult], folder: Path | None
) -> Iterator[Entry]:
    """Each file with its result, or with what is wrong with it; annotated pictures go to the folder."""
    from liveness.draw import draw
    from liveness.errors import InputError
    from liveness.frames import read_photo

    taken: set[str] = set()
    for path in paths:
        try:
            frame = read_photo(path)
            result = judge(frame)
        except InputError as error:
            yield str(path), str(error)
            continue
        if folder is not None:
            _save(folder / _free_name(path.stem, taken), draw(frame.image, result))
        yield str(path), result


def _free_name(stem: str, taken: set[str]) -> str:
    """A name that no other picture of this run has: files of one name may come from several folders."""
    name, number = f"{stem}.png", 1
    while name.lower() in taken:
        number += 1
        name = f"{stem}_{number}.png"
    taken.add(name.lower())
    return name


def _save(path: Path, image: Image) -> None:
    import io

    import PIL.Image

    from liveness.results import write_bytes

    content = io.BytesIO()
    PIL.Image.fromarray(image).save(content, "PNG")
    write_bytes(path, content.getvalue())


def _print(entry: Entry) -> None:
    from liveness.results import summary

    name, result = entry
    if isinstance(result, str):
        print(f"liveness: {result}", file=sys.stderr)
        return
    print(f"{name}: {', '.join(f'{stage} {spent:.0f}' for stage, spent in result.timings.items())} ms")
    for line in summary(result):
        print(f"    {line}")
