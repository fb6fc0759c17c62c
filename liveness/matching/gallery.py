"""Enrolled people: names and ORB templates in SQLite, or in any database that SQLAlchemy speaks.

What is stored of a face: keypoints and binary descriptors, the time, the detector and the consent; never
a picture. It is **not encrypted**: descriptors can partly be turned back into a likeness (d'Angelo et al.,
"Beyond Bits: Reconstructing Images from Local Binary Descriptors", ICPR 2012), so treat the database as
biometric data.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from uuid import uuid4

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from liveness.errors import GalleryError
from liveness.matching.gallerydb import PersonRow, StateRow, TemplateRow, database_url, file_of, open_engine
from liveness.matching.template import Template, pack, unpack

CONSENT = (
    "I agree that keypoints and ORB descriptors of my face are stored under this name, with today's date, "
    "to recognise me here until I am removed. No picture is stored. The database is not encrypted."
)
NAME_LENGTH = 64
MOST_TEMPLATES = 20


@dataclass(frozen=True, slots=True)
class Person:
    """What the gallery says of one person. enrolled: when, in UTC; templates: how many.

    detector: the name of the one that found the faces; consent: the text agreed to.
    """

    name: str
    enrolled: datetime
    templates: int
    detector: str
    consent: str


class Gallery:
    """The enrolled people. Methods may be called from any thread or process; each is one transaction.

    url: an SQLAlchemy URL or the path of an SQLite file; None takes ``LIVENESS_DATABASE_URL``, else
    ``gallery.db`` in the user's data folder (file mode 0600, folder 0700). No file is made before
    the first change: until then the gallery is empty. All methods raise GalleryError when the database
    cannot be read or changed.
    """

    def __init__(self, url: str | None = None) -> None:
        self.url = database_url(url)
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    @property
    def place(self) -> str:
        """Where the data lies, in words that can be shown: a path, or a URL without its password."""
        if self.url.get_backend_name() == "sqlite":
            return self.url.database or "memory"
        return self.url.render_as_string(hide_password=True)

    def enrol(self, name: str, templates: Sequence[Template], *, consent: bool, detector: str = "") -> Person:
        """Store a new person with 1 to 20 templates.

        Raises GalleryError without consent, without templates, for a name that ``check_name`` refuses
        and for one that is taken (upper and lower case are the same name).
        """
        name = check_name(name)
        if consent is not True:
            raise GalleryError(f"{name} was not enrolled: the person must agree to what is stored")
        if not 1 <= len(templates) <= MOST_TEMPLATES:
            raise GalleryError(f"{name} needs 1 to {MOST_TEMPLATES} photos of the face, got {len(templates)}")
        person = PersonRow(
            name=name,
            key=_key(name),
            enrolled=datetime.now(timezone.utc).replace(tzinfo=None),
            detector=detector,
            consent=CONSENT,
            templates=[TemplateRow(method=t.method, data=pack(t)) for t in templates],
        )
        with self._change(taken=name) as session:
            session.add(person)
            session.flush()
            return _summary(person)

    def people(self) -> tuple[Person, ...]:
        """Everybody enrolled, sorted by name."""
        if self._unborn:
            return ()
        with self._read() as session:
            return tuple(map(_summary, session.scalars(select(PersonRow).order_by(PersonRow.key))))

    def names(self) -> tuple[str, ...]:
        """The names of everybody enrolled, sorted."""
        if self._unborn:
            return ()
        with self._read() as session:
            return tuple(session.scalars(select(PersonRow.name).order_by(PersonRow.key)))

    def rename(self, old: str, new: str) -> None:
        """Give a person another name. Raises GalleryError for an unknown name and for one that is taken."""
        new = check_name(new)
        with self._change(taken=new) as session:
            person = _find(session, old)
            person.name, person.key = new, _key(new)

    def remove(self, name: str) -> None:
        """Forget a person; SQLite overwrites the bytes. Raises GalleryError for an unknown name."""
        with self._change() as session:
            session.delete(_find(session, name))

    def templates(self) -> Mapping[str, tuple[Template, ...]]:
        """All templates by name, sorted by name. Raises GalleryError when one of them is damaged."""
        if self._unborn:
            return {}
        with self._read() as session:
            people = session.scalars(select(PersonRow).order_by(PersonRow.key)).all()
            return {p.name: tuple(unpack(t.data, t.method) for t in p.templates) for p in people}

    def etag(self) -> str:
        """A text that every change of the gallery replaces; cheap, so that matchers can ask each time."""
        if self._unborn:
            return ""
        with self._read() as session:
            return session.scalars(select(StateRow.etag)).one()

    def close(self) -> None:
        """Let go of the database; the next use opens it again."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    @property
    def _unborn(self) -> bool:
        """Whether the database is a file that nobody has written yet: looking must not make it."""
        path = file_of(self.url)
        return self._engine is None and path is not None and not path.exists()

    def _open(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = open_engine(self.url)
            return self._engine

    @contextmanager
    def _read(self) -> Iterator[Session]:
        with self._in_words(), Session(self._open()) as session:
            yield session

    @contextmanager
    def _change(self, taken: str = "") -> Iterator[Session]:
        """A transaction; ``taken``: the name to complain of when it is there already."""
        with self._in_words(taken), Session(self._open()) as session, session.begin():
            # First of all, so that writers queue here instead of meeting halfway.
            session.execute(update(StateRow).values(etag=uuid4().hex))
            yield session

    @contextmanager
    def _in_words(self, taken: str = "") -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            if taken and isinstance(error, IntegrityError):
                raise GalleryError(
                    f"{taken} is enrolled already: take another name or remove it first"
                ) from error
            reason = error.orig if isinstance(error, DBAPIError) else error
            raise GalleryError(f"the gallery {self.place} cannot be used: {reason}") from error


def check_name(name: str) -> str:
    """The name as it is stored: Unicode NFC, no needless spaces.

    Raises GalleryError when it is empty, longer than 64 characters or not printable.
    """
    tidy = " ".join(part for part in unicodedata.normalize("NFC", name).split(" ") if part)
    if not tidy:
        raise GalleryError("a name is needed, got none")
    if len(tidy) > NAME_LENGTH:
        raise GalleryError(f"a name has at most {NAME_LENGTH} characters, got {len(tidy)}")
    if not tidy.isprintable():
        raise GalleryError("a name is one line of printable characters, got a control or invisible character")
    return tidy


def _key(name: str) -> str:
    """Names with one key are one name: case, width and composition of the characters do not matter."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _find(session: Session, name: str) -> PersonRow:
    person = session.scalars(select(PersonRow).where(PersonRow.key == _key(name.strip()))).one_or_none()
    if person is None:
        raise GalleryError(f"nobody is enrolled as {name.strip()!r}")
    return person


def _summary(person: PersonRow) -> Person:
    return Person(
        name=person.name,
        enrolled=person.enrolled.replace(tzinfo=timezone.utc),
        templates=len(person.templates),
        detector=person.detector,
        consent=person.consent,
    )
