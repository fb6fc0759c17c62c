"""The JSON and CSV forms of results, to the letter."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from liveness.errors import InputError
from liveness.results import CSV_COLUMNS, NO_FACE, csv_text, entry_dict, json_text, summary, write_text
from liveness.types import Box, Face, FaceResult, FrameResult, Landmarks, Match, Quality, Verdict

MARKS = Landmarks((1, 2), (3, 4), (5, 6), (7, 8), (9, 10.04))
FULL = FaceResult(
    Face(Box(1.04, 2.06, 30, 40), 0.98765, MARKS),
    Verdict(0.75, 0.5),
    Quality(40.0, 100.0, 120.0, 1.0),
    Match("Ada", 0.25, 0.125),
)
BARE = FaceResult(Face(Box(5, 5, 9, 9), 0.9), quality=Quality(4, 1, 1, 1, ("too small", "blurred")))
RESULT = FrameResult(0, 0.0, (FULL, BARE), {"detect": 1.23456, "total": 2.0})
EMPTY = FrameResult(0, 0.0, (), {"detect": 1.0, "total": 1.5})


def rows(*entries: tuple[str, FrameResult | str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_text(entries))))


def test_json_has_exactly_this_form() -> None:
    assert entry_dict("a.jpg", RESULT) == {
        "path": "a.jpg",
        "faces": [
            {
                "box": [1.0, 2.1, 30, 40],
                "detection_score": 0.9877,
                "verdict": {"score": 0.75, "threshold": 0.5, "label": "bona_fide"},
                "quality": {
                    "size": 40.0,
                    "sharpness": 100.0,
                    "brightness": 120.0,
                    "visible": 1.0,
                    "problems": [],
                },
                "match": {"name": "Ada", "score": 0.25, "known": True},
            },
            {
                "box": [5, 5, 9, 9],
                "detection_score": 0.9,
                "verdict": None,
                "quality": {
                    "size": 4,
                    "sharpness": 1,
                    "brightness": 1,
                    "visible": 1,
                    "problems": ["too small", "blurred"],
                },
                "match": None,
            },
        ],
        "timings": {"detect": 1.235, "total": 2.0},
    }
    assert entry_dict("b.jpg", "b.jpg is empty") == {"path": "b.jpg", "error": "b.jpg is empty"}
    assert json.loads(json_text([("ü.jpg", EMPTY)])) == [
        {"path": "ü.jpg", "faces": [], "timings": {"detect": 1.0, "total": 1.5}}
    ]


def test_csv_has_a_row_for_each_face_and_for_files_without() -> None:
    first, second, none, failed = rows(("a.jpg", RESULT), ("b.jpg", EMPTY), ("c.jpg", "c.jpg is empty"))
    assert list(first) == list(CSV_COLUMNS)
    assert first == dict.fromkeys(CSV_COLUMNS, "") | {
        **{"path": "a.jpg", "face": "1", "left": "1.0", "top": "2.1", "right": "30", "bottom": "40"},
        **{"detection_score": "0.9877", "label": "bona_fide", "score": "0.75", "threshold": "0.5"},
        **{"quality": "ok", "name": "Ada", "match_score": "0.25", "match_threshold": "0.125"},
        **{"access": "granted", "milliseconds": "2.0"},
        **{"left_eye_x": "1", "left_eye_y": "2", "right_eye_x": "3", "right_eye_y": "4"},
        **{"nose_x": "5", "nose_y": "6", "left_mouth_x": "7", "left_mouth_y": "8"},
        **{"right_mouth_x": "9", "right_mouth_y": "10.0"},
    }
    assert (second["face"], second["label"], second["quality"]) == ("2", "no decision", "too small; blurred")
    assert (none["label"], none["face"], none["error"]) == (NO_FACE, "", "")
    assert (failed["label"], failed["error"]) == ("", "c.jpg is empty")


def test_an_unknown_person_is_not_named_and_not_let_in() -> None:
    stranger = FaceResult(FULL.face, FULL.verdict, match=Match("Ada", 0.1, 0.125))
    row = rows(("a.jpg", FrameResult(0, 0.0, (stranger,))))[0]
    assert (row["name"], row["access"]) == ("unknown", "refused")
    spoof = FaceResult(FULL.face, Verdict(0.1, 0.5), match=FULL.match)
    row = rows(("a.jpg", FrameResult(0, 0.0, (spoof,))))[0]
    assert (row["name"], row["label"], row["access"]) == ("Ada", "attack", "refused")


@pytest.mark.parametrize("name", ["=1+1.jpg", "@cmd", "+a", "-a"])
def test_names_cannot_become_spreadsheet_formulas(name: str) -> None:
    assert rows((name, EMPTY))[0]["path"] == f"'{name}"


def test_commas_quotes_and_lines_survive_csv() -> None:
    name = 'a,"b"\nc.jpg'
    assert rows((name, "x, y"))[0]["path"] == name


def test_summary_for_people() -> None:
    known, bare = summary(RESULT)
    assert known == (
        "face 1 at 1,2-30,40, Live (score 0.750, threshold 0.500), "
        "Ada (match 0.250, threshold 0.125), access granted"
    )
    assert bare == "face 2 at 5,5-9,9, no decision, too small; blurred"
    assert summary(EMPTY) == [NO_FACE]


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.csv"
    write_text(path, "é")
    assert path.read_bytes() == "é".encode()
    write_text(path, "again")
    assert path.read_text() == "again"
    assert list(path.parent.iterdir()) == [path]
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="could not be written"):
        write_text(tmp_path / "folder", "x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "new"]
