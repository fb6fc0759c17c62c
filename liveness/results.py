"""Results as JSON and CSV: one form for the command line and the app."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from liveness.errors import InputError
from liveness.types import Box, FaceResult, FrameResult, Landmarks

# A file's name, and its result or the sentence that says why there is none.
Entry: TypeAlias = tuple[str, FrameResult | str]

_POINTS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
CSV_COLUMNS = (
    *("path", "face", "left", "top", "right", "bottom", "detection_score"),
    *("label", "score", "threshold", "quality", "name", "match_score", "match_threshold", "access"),
    *(f"{point}_{axis}" for point in _POINTS for axis in "xy"),
    *("milliseconds", "error"),
)
NO_FACE = "no face found"


def face_dict(face: FaceResult) -> dict[str, Any]:
    """One face as plain JSON values; boxes in pixels to a tenth, ``verdict`` null where none was given."""
    verdict, quality, match = face.verdict, face.quality, face.match
    return {
        "box": rounded(face.face.box),
        "detection_score": round(face.face.score, 4),
        "verdict": verdict
        and {"score": verdict.score, "threshold": verdict.threshold, "label": verdict.label.value},
        "quality": quality and asdict(quality) | {"problems": list(quality.problems)},
        "match": match and {"name": match.name, "score": match.score, "known": match.known},
    }


def entry_dict(name: str, result: FrameResult | str) -> dict[str, Any]:
    """One file as plain JSON values: its faces, largest first, and timings in milliseconds, or its error."""
    if isinstance(result, str):
        return {"path": name, "error": result}
    return {
        "path": name,
        "faces": [face_dict(face) for face in result.faces],
        "timings": {stage: round(spent, 3) for stage, spent in result.timings.items()},
    }


def json_text(entries: Iterable[Entry]) -> str:
    """The entries as a JSON array."""
    return json.dumps([entry_dict(*entry) for entry in entries], indent=2, ensure_ascii=False) + "\n"


def csv_text(entries: Iterable[Entry]) -> str:
    """The entries as CSV with a header: a row a face, and one for a file without a face or with an error."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, CSV_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for name, result in entries:
        writer.writerows(_rows(name, result))
    return text.getvalue()


def _rows(name: str, result: FrameResult | str) -> list[dict[str, Any]]:
    name = _plain(name)
    if isinstance(result, str):
        return [{"path": name, "error": result}]
    spent = round(result.timings.get("total", 0.0), 1)
    if not result.faces:
        return [{"path": name, "label": NO_FACE, "milliseconds": spent}]
    return [
        {"path": name, "face": number, **_columns(face), "milliseconds": spent}
        for number, face in enumerate(result.faces, 1)
    ]


def _columns(face: FaceResult) -> dict[str, Any]:
    left, top, right, bottom = rounded(face.face.box)
    row: dict[str, Any] = {"left": left, "top": top, "right": right, "bottom": bottom}
    row["detection_score"] = round(face.face.score, 4)
    row["label"] = face.verdict.label.value if face.verdict else "no decision"
    if face.verdict:
        row |= {"score": face.verdict.score, "threshold": face.verdict.threshold}
    if face.quality:
        row["quality"] = "; ".join(face.quality.problems) or "ok"
    if face.match:
        row["name"] = _plain(face.match.name) if face.match.known else "unknown"
        row |= {"match_score": face.match.score, "match_threshold": face.match.threshold}
        row["access"] = "granted" if face.granted else "refused"
    return row | _points(face.face.landmarks)


def _points(landmarks: Landmarks | None) -> dict[str, float]:
    if landmarks is None:
        return {}
    return {
        f"{name}_{axis}": round(value, 1)
        for name, point in zip(_POINTS, landmarks.points())
        for axis, value in zip("xy", point)
    }


def _plain(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text


def rounded(box: Box) -> list[float]:
    """left, top, right, bottom to a tenth of a pixel."""
    return [round(value, 1) for value in box.as_tuple()]


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises InputError when it cannot be written."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all. Raises InputError when it cannot be written."""
    partial = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InputError(f"{path} could not be written: {error.strerror}") from error


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A text file that appears under its name only when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("w", newline="", encoding="utf-8") as file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path, values: Any) -> None:
    """Write plain values as JSON in one piece."""
    with whole_file(path) as file:
        file.write(json.dumps(values, indent=2, ensure_ascii=False) + "\n")


def summary(result: FrameResult) -> Sequence[str]:
    """One line a face for people to read; one line that says so where there is none."""
    if not result.faces:
        return [NO_FACE]
    return [_line(number, face) for number, face in enumerate(result.faces, 1)]


def _line(number: int, face: FaceResult) -> str:
    left, top, right, bottom = (round(value) for value in face.face.box.as_tuple())
    parts = [f"face {number} at {left},{top}-{right},{bottom}"]
    if face.verdict:
        verdict = face.verdict
        parts.append(f"{verdict.label.word} (score {verdict.score:.3f}, threshold {verdict.threshold:.3f})")
    else:
        parts.append("no decision")
    if face.quality and not face.quality.ok:
        parts.append("; ".join(face.quality.problems))
    if face.match:
        name = face.match.name if face.match.known else "unknown"
        parts.append(f"{name} (match {face.match.score:.3f}, threshold {face.match.threshold:.3f})")
        parts.append("access granted" if face.granted else "access refused")
    return ", ".join(parts)
