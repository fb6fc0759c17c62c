"""The gallery's tables, and how its database is opened."""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

from platformdirs import user_data_path
from sqlalchemy import (
    URL,
    Engine,
    ForeignKey,
    LargeBinary,
    QueuePool,
    String,
    create_engine,
    event,
    make_url,
    select,
)
from sqlalchemy.exc import (
    ArgumentError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from liveness.errors import GalleryError

FORMAT = 1
_PATIENCE = 30  # seconds that a writer waits for another


class Base(DeclarativeBase):
    """Tables of the gallery; times are UTC without a zone, for databases that know none."""


class StateRow(Base):
    """One row: the format of the tables, and a text that changes with every change."""

    __tablename__ = "liveness_state"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    format: Mapped[int]
    etag: Mapped[str] = mapped_column(String(32))


class PersonRow(Base):
    """A name, unique by ``key``, and the consent given."""

    __tablename__ = "liveness_person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(255), unique=True)
    enrolled: Mapped[datetime]
    detector: Mapped[str] = mapped_column(String(64))
    consent: Mapped[str] = mapped_column(String(1000))
    templates: Mapped[list[TemplateRow]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, lazy="selectin", order_by="TemplateRow.id"
    )


class TemplateRow(Base):
    """One face of a person, as ``liveness.matching.template.pack`` writes it."""

    __tablename__ = "liveness_template"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("liveness_person.id", ondelete="CASCADE"), index=True)
    method: Mapped[str] = mapped_column(String(64))
    data: Mapped[bytes] = mapped_column(LargeBinary(2**20))


def database_url(url: str | None) -> URL:
    """The URL meant: as given (a URL, or the path of an SQLite file), else by environment, else the default.

    Raises GalleryError when it is not a database URL.
    """
    text = url or os.environ.get("LIVENESS_DATABASE_URL") or str(default_path())
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).expanduser()))
    try:
        return make_url(text)
    except ArgumentError as error:
        raise GalleryError("the database URL cannot be read; wanted e.g. sqlite:///gallery.db") from error


def file_of(url: URL) -> Path | None:
    """The plain SQLite file that the URL means; None for memory, file: URLs and servers."""
    named = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if named and not url.query else None


def default_path() -> Path:
    """``gallery.db`` in the user's data folder."""
    return user_data_path("liveness", appauthor=False) / "gallery.db"


def open_engine(url: URL) -> Engine:
    """An engine with its tables made. Raises GalleryError for a missing driver or newer tables."""
    options: dict[str, Any] = {}
    if url.get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": _PATIENCE, "check_same_thread": False}
        path = file_of(url)
        if path is not None:
            _private_file(path)
        elif url.database in (None, "", ":memory:"):
            # One connection, lent to one thread at a time: each further one would be another, empty database.
            options |= {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
    try:
        engine = create_engine(url, **options)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise GalleryError(f"the database driver of {url.drivername} is not installed: {error}") from error
    if engine.dialect.is_async:
        raise GalleryError(f"{url.drivername} is an asynchronous driver; wanted a plain one")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
    try:
        _make_tables(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _private_file(path: Path) -> None:
    """Make sure that only the owner can read the file; SQLite gives its journal files the same mode."""
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True)
        path.parent.chmod(0o700)
    if path == default_path():
        path.parent.chmod(0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    """foreign_keys: templates go with their person; secure_delete: what is removed is overwritten."""
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")


def _make_tables(engine: Engine) -> None:
    # Others may be making them just now: each try lost to them leaves one table fewer to make.
    for _ in Base.metadata.tables:
        try:
            Base.metadata.create_all(engine)
            break
        except (OperationalError, ProgrammingError, IntegrityError):
            continue
    else:
        Base.metadata.create_all(engine)
    with Session(engine) as session:
        found = session.scalars(select(StateRow)).one_or_none()
        if found is not None and found.format != FORMAT:
            raise GalleryError(
                f"the gallery's tables have format {found.format}, this version reads {FORMAT}"
            )
        if found is None:
            _first_state(session)


def _first_state(session: Session) -> None:
    session.add(StateRow(id=1, format=FORMAT, etag="new"))
    try:
        session.commit()
    except IntegrityError:
        session.rollback()  # another process was first
