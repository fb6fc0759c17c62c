"""``liveness video``: a clip through the pipeline."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from liveness.cli.judge import add_judge_options, at_threshold, build_pipeline

if TYPE_CHECKING:
    from liveness.live.timeline import ClipResult, Person


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "video",
        help="judge the people in a video clip",
        description="Judge a clip (mp4, mov, webm, avi) frame by frame and give one verdict per person. "
        "Ctrl-C leaves no half-written file.",
    )
    parser.add_argument("clip", type=Path, metavar="CLIP", help="video file")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="judge every N-th frame (1: all)")
    parser.add_argument("--start", type=float, default=0.0, metavar="S", help="start at this second (0)")
    parser.add_argument("--end", type=float, metavar="S", help="stop before this second (the clip's end)")
    parser.add_argument(
        "--save",
        type=Path,
        metavar="DIR",
        help="write the annotated video, the timeline and the frames' CSV here",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the frames' scores to this file")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_judge_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    import json

    from tqdm import tqdm

    from liveness.live.clips import analyse, followed
    from liveness.live.timeline import as_dict

    judge = at_threshold(args, followed(build_pipeline(args), args.clip, args.every))
    result = None
    # delay: not before a frame is judged, or the sentence on a broken clip would stand behind an empty bar.
    look = {"unit": "frame", "dynamic_ncols": True, "leave": False, "disable": None, "delay": 0.1}
    with tqdm(desc=args.clip.name, **look) as bar:
        for progress in analyse(args.clip, judge, args.every, args.start, args.end, args.save, args.csv):
            bar.total = progress.total
            bar.update(progress.done - bar.n)
            result = progress.result
    assert result is not None, "the last progress carries the result"
    if args.json:
        print(json.dumps({"path": str(args.clip), **as_dict(result)}, indent=2))
    else:
        print(_report(args.clip, result))
    return 0


def _line(person: Person) -> str:
    verdict = person.verdict
    parts = [f"  person {person.track}: {verdict.label.word if verdict else 'No decision'}"]
    if verdict:
        parts.append(f"score {verdict.score:.3f}, threshold {verdict.threshold:.3f}")
    parts.append(f"{person.judged} of {len(person.seconds)} frames judged")
    parts.append(f"{person.seconds[0]:.1f}-{person.seconds[-1]:.1f} s")
    return "  ".join([*parts, person.name] if person.known else parts)


def _report(clip: Path, result: ClipResult) -> str:
    """A few lines for the terminal."""
    from liveness.live.timeline import JOINED

    info = result.info
    size = f"{info.width} x {info.height}, {info.seconds:.1f} s, {info.codec}"
    lines = [f"{clip.name}: {size}; {result.frames} frames looked at", *map(_line, result.people)]
    gone = sum(last - first for first, last in result.empty)
    if result.people and gone:
        lines.append(f"  no face for {gone:.1f} s")
    lines += [f"  {note}" for note in result.notes]
    lines += [f"  wrote {path}" for path in (result.video, result.csv, result.figure) if path]
    return "\n".join([*lines, JOINED] if result.people else lines)
