"""The gallery through its public door: on files, in memory, from threads, and what its bytes hold."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from liveness.errors import GalleryError
from liveness.matching.gallery import CONSENT, MOST_TEMPLATES, Gallery, check_name
from liveness.matching.gallerydb import default_path
from liveness.matching.template import Template

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


def made(seed: int = 0, points: int = 50) -> Template:
    rng = np.random.default_rng(seed)
    where = rng.random((points, 2), dtype=np.float32)
    return Template(where, rng.integers(0, 256, (points, 32), dtype=np.uint8), "made-1")


@pytest.fixture(params=["file", "memory"])
def gallery(request: pytest.FixtureRequest, tmp_path: Path) -> Gallery:
    return Gallery(str(tmp_path / "g.db") if request.param == "file" else "sqlite://")


def test_enrolled_templates_come_back_as_they_were(gallery: Gallery) -> None:
    first, second = made(1), made(2, points=7)
    person = gallery.enrol("Ada", [first, second], consent=True, detector="mtcnn")
    assert (person.name, person.templates, person.detector, person.consent) == ("Ada", 2, "mtcnn", CONSENT)
    assert abs(person.enrolled - datetime.now(timezone.utc)) < timedelta(minutes=5)
    assert gallery.people() == (person,)
    back = gallery.templates()["Ada"]
    for stored, original in zip(back, (first, second), strict=True):
        np.testing.assert_array_equal(stored.points, original.points)
        np.testing.assert_array_equal(stored.descriptors, original.descriptors)
        assert stored.method == "made-1"


def test_an_empty_gallery_is_empty(gallery: Gallery) -> None:
    assert gallery.names() == ()
    assert gallery.people() == ()
    assert dict(gallery.templates()) == {}


def test_rename_and_remove(gallery: Gallery) -> None:
    gallery.enrol("Ada", [made()], consent=True)
    gallery.enrol("Bob", [made(1)], consent=True)
    gallery.rename("ada", "Zoë")
    assert gallery.names() == ("Bob", "Zoë")
    gallery.rename("Zoë", "ZOË")  # only the case: the same person
    gallery.remove("zoë")
    assert gallery.names() == ("Bob",)
    gallery.enrol("Ada", [made()], consent=True)
    assert gallery.names() == ("Ada", "Bob")


@pytest.mark.parametrize("consent", [False, None, 1, "yes"])
def test_nobody_is_enrolled_without_consent(gallery: Gallery, consent: object) -> None:
    with pytest.raises(GalleryError, match="must agree"):
        gallery.enrol("Ada", [made()], consent=consent)  # type: ignore[arg-type]
    assert gallery.names() == ()


@pytest.mark.parametrize("count", [0, MOST_TEMPLATES + 1])
def test_a_sensible_number_of_templates(gallery: Gallery, count: int) -> None:
    with pytest.raises(GalleryError, match=f"got {count}"):
        gallery.enrol("Ada", [made()] * count, consent=True)


@pytest.mark.parametrize("twin", ["Ada", "ADA", " ada ", "A\uff44a"])
def test_a_name_is_taken_whatever_its_case_and_width(gallery: Gallery, twin: str) -> None:
    gallery.enrol("Ada", [made()], consent=True)
    gallery.enrol("Bob", [made()], consent=True)
    with pytest.raises(GalleryError, match="enrolled already"):
        gallery.enrol(twin, [made()], consent=True)
    with pytest.raises(GalleryError, match="enrolled already"):
        gallery.rename("Bob", twin)
    assert gallery.names() == ("Ada", "Bob")


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("", "needed"),
        ("   ", "needed"),
        ("x" * 65, "at most 64"),
        ("a\nb", "printable"),
        ("a\tb", "printable"),
        ("a\x00b", "printable"),
        ("a\u202eb", "printable"),
    ],
)
def test_names_that_are_refused(name: str, complaint: str) -> None:
    with pytest.raises(GalleryError, match=complaint):
        check_name(name)


def test_names_are_stored_tidy() -> None:
    assert check_name("  Ada   Lovelace ") == "Ada Lovelace"
    assert check_name("Zoe\u0308") == "Zo\u00eb"
    assert check_name("x" * 64) == "x" * 64


@pytest.mark.parametrize("act", [lambda g: g.remove("Eve"), lambda g: g.rename("Eve", "Ada")])
def test_an_unknown_name_is_named(gallery: Gallery, act: object) -> None:
    with pytest.raises(GalleryError, match="nobody is enrolled as 'Eve'"):
        act(gallery)  # type: ignore[operator]


def test_every_change_changes_the_etag(gallery: Gallery) -> None:
    seen = [gallery.etag()]
    gallery.enrol("Ada", [made()], consent=True)
    seen.append(gallery.etag())
    gallery.rename("Ada", "Bob")
    seen.append(gallery.etag())
    gallery.remove("Bob")
    seen.append(gallery.etag())
    assert len(set(seen)) == 4
    with pytest.raises(GalleryError):
        gallery.remove("Bob")
    assert gallery.etag() == seen[-1]


def test_a_second_gallery_on_the_file_sees_the_change(tmp_path: Path) -> None:
    one, other = Gallery(str(tmp_path / "g.db")), Gallery(f"sqlite:///{tmp_path / 'g.db'}")
    before = other.etag()
    one.enrol("Ada", [made()], consent=True)
    assert other.etag() != before
    assert other.names() == ("Ada",)


def test_the_environment_names_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVENESS_DATABASE_URL", f"sqlite:///{tmp_path / 'env.db'}")
    Gallery().enrol("Ada", [made()], consent=True)
    assert Gallery(str(tmp_path / "env.db")).names() == ("Ada",)


def test_looking_makes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIVENESS_DATABASE_URL", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    gallery = Gallery()
    assert (gallery.names(), gallery.people(), dict(gallery.templates()), gallery.etag()) == ((), (), {}, "")
    assert list(tmp_path.iterdir()) == []
    gallery.enrol("Ada", [made()], consent=True)
    assert gallery.etag() != ""
    assert gallery.names() == ("Ada",)


@posix
def test_the_default_file_is_the_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIVENESS_DATABASE_URL", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    Gallery().enrol("Ada", [made()], consent=True)
    assert default_path().is_relative_to(tmp_path)
    assert stat.S_IMODE(default_path().stat().st_mode) == 0o600
    assert stat.S_IMODE(default_path().parent.stat().st_mode) == 0o700


@posix
@pytest.mark.parametrize("mode", ["wal", "persist"])
def test_journals_have_the_mode_of_the_file(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "g.db"
    path.touch(0o644)  # made too open by somebody: closed on first use
    Gallery(str(path)).names()
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA journal_mode = {mode}")
        other.execute("UPDATE liveness_state SET etag = 'x'")
        other.commit()
        files = list(tmp_path.iterdir())
    assert len(files) > 1
    assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}


@posix
def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir(mode=0o755)
    Gallery(str(folder / "g.db")).enrol("Ada", [made()], consent=True)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    Gallery(str(tmp_path / "new" / "g.db")).enrol("Ada", [made()], consent=True)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_the_pragmas_are_on(gallery: Gallery) -> None:
    gallery.names()
    with gallery._open().connect() as connection:
        assert connection.execute(text("PRAGMA secure_delete")).scalar() == 1
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_what_is_removed_leaves_no_bytes(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    gallery = Gallery(str(path))
    template = made(3, points=400)
    gallery.enrol("Remarkable Name", [template], consent=True)
    gallery.enrol("Bob", [made(4)], consent=True)
    pieces = [b"Remarkable", *(row.tobytes() for row in template.descriptors)]

    def found() -> int:
        data = path.read_bytes()
        return sum(piece in data for piece in pieces)

    assert found() > 390  # all but the rows that a page's end cuts in two
    gallery.remove("Remarkable Name")
    gallery.close()
    assert found() == 0
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT count(*) FROM liveness_template").fetchone() == (1,)


def test_a_file_that_is_no_database_is_a_sentence_and_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, not a database\n" * 100)
    with pytest.raises(GalleryError, match=r"notes\.txt cannot be used: file is not a database"):
        Gallery(str(path)).names()
    assert path.read_text().startswith("these are notes")


def test_a_damaged_template_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    gallery = Gallery(str(path))
    gallery.enrol("Ada", [made()], consent=True)
    for damage in (b"LVT1\x93NUMPY\x01\x00garbage", b"", b"LVT9"):
        with sqlite3.connect(path) as other:
            other.execute("UPDATE liveness_template SET data = ?", (damage,))
        with pytest.raises(GalleryError, match="stored template"):
            gallery.templates()
    gallery.remove("Ada")  # still possible
    assert gallery.names() == ()


def test_tables_of_a_newer_version_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    Gallery(str(path)).enrol("Ada", [made()], consent=True)
    with sqlite3.connect(path) as other:
        other.execute("UPDATE liveness_state SET format = 99")
    with pytest.raises(GalleryError, match="format 99"):
        Gallery(str(path)).names()


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("://", "cannot be read"),
        ("nosuchdb://host/x", "not installed"),
        ("sqlite:////proc/nowhere/x.db", "cannot be used"),
    ],
)
def test_urls_that_cannot_work(url: str, complaint: str) -> None:
    with pytest.raises(GalleryError, match=complaint):
        Gallery(url).enrol("Ada", [made()], consent=True)


def test_the_password_is_not_shown() -> None:
    assert "secret" not in Gallery("postgresql://me:secret@host/db").place


def test_threads_enrol_side_by_side(gallery: Gallery) -> None:
    names = [f"Person {i}" for i in range(12)]
    refused: list[str] = []

    def work(mine: list[str]) -> None:
        for name in mine:
            try:
                gallery.enrol(name, [made()], consent=True)
            except GalleryError as error:
                refused.append(str(error))

    # Everybody is tried twice, so that each name is raced for.
    threads = [threading.Thread(target=work, args=(mine,)) for mine in (names, names[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(gallery.names()) == set(names)
    assert len(refused) == len(names)
    assert all("enrolled already" in sentence for sentence in refused)


def test_many_make_one_file_in_the_same_moment(tmp_path: Path) -> None:
    for i in range(10):
        together, url = threading.Barrier(8), str(tmp_path / f"{i}.db")

        def enrol(name: str, together: threading.Barrier = together, url: str = url) -> None:
            together.wait()
            Gallery(url).enrol(name, [made()], consent=True)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(enrol, map(str, range(8))))
        assert Gallery(url).names() == tuple("01234567")
