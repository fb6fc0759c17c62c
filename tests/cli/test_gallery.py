"""``liveness gallery``: enrol, list, rename, remove."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import pytest

from liveness.cli import main
from liveness.matching.gallery import Gallery
from liveness.types import Face, Image


@pytest.fixture
def photo(tmp_path: Path, astronaut: Image) -> str:
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), cv2.cvtColor(astronaut, cv2.COLOR_RGB2BGR))
    return str(path)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "gallery.db")


@pytest.fixture(autouse=True)
def found(monkeypatch: pytest.MonkeyPatch, astronaut_face: Face) -> None:
    """A detector that finds the astronaut's face at once; the real ones have tests of their own."""
    monkeypatch.setattr("liveness.detect.build_detector", lambda name: lambda image: [astronaut_face])


def enrol(name: str, photo: str, database: str) -> int:
    return main(["gallery", "enrol", name, photo, photo, "--consent", "--database", database])


def test_enrol_list_rename_remove(photo: str, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert enrol("Eileen", photo, database) == 0
    out = capsys.readouterr().out
    # One file given twice is one photo.
    assert out == f"Eileen is enrolled from 1 photo in {database} (not encrypted)\n"
    assert main(["gallery", "list", "--database", database]) == 0
    name, day, photos, detector = capsys.readouterr().out.rstrip().split("\t")
    assert (name, photos, detector) == ("Eileen", "1 photo", "mtcnn")
    assert len(day) == 10
    assert main(["gallery", "rename", "Eileen", "Collins", "--database", database]) == 0
    assert Gallery(database).names() == ("Collins",)
    assert main(["gallery", "remove", "Collins", "--yes", "--database", database]) == 0
    assert Gallery(database).names() == ()


def test_without_consent_the_text_is_shown_and_nothing_stored(
    photo: str, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gallery", "enrol", "Eileen", photo, "--database", database]) == 1
    err = capsys.readouterr().err
    assert "--consent" in err
    assert "not encrypted" in err
    assert not Path(database).exists()


def test_the_environment_names_the_database(
    photo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVENESS_DATABASE_URL", f"sqlite:///{tmp_path / 'env.db'}")
    assert main(["gallery", "enrol", "Eileen", photo, "--consent"]) == 0
    assert Gallery(str(tmp_path / "env.db")).names() == ("Eileen",)


@pytest.mark.parametrize(("answer", "status", "left"), [("y\n", 0, ()), ("\n", 1, ("Eileen",))])
def test_remove_asks_first(
    photo: str,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    status: int,
    left: tuple[str, ...],
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    enrol("Eileen", photo, database)
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert main(["gallery", "remove", "Eileen", "--database", database]) == status
    assert Gallery(database).names() == left


def test_remove_does_not_ask_a_script(
    photo: str, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    enrol("Eileen", photo, database)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(["gallery", "remove", "Eileen", "--database", database]) == 1
    assert "--yes" in capsys.readouterr().err
    assert Gallery(database).names() == ("Eileen",)


def test_errors_are_one_line(photo: str, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    enrol("Eileen", photo, database)
    for arguments in (
        ["enrol", "eileen", photo, "--consent"],
        ["enrol", "   ", photo, "--consent"],
        ["rename", "Nobody", "X"],
        ["remove", "Nobody", "--yes"],
    ):
        capsys.readouterr()
        assert main(["gallery", *arguments, "--database", database]) == 1
        assert capsys.readouterr().err.count("\n") == 1
