"""``liveness app``: options become settings, and what is unsafe does not start."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

import liveness.ui
from liveness.cli import main
from liveness.config import AppConfig

SECRET = "correct horse"


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[AppConfig, str | None]]:
    """What the command would have served."""
    calls: list[tuple[AppConfig, str | None]] = []

    def launch(config: AppConfig, password: str | None, **_: Any) -> None:
        calls.append((config, password))

    monkeypatch.setattr(liveness.ui, "launch", launch)
    for name in ("SPACE_ID", "LIVENESS_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return calls


def test_by_default_it_listens_on_this_machine_alone(launched: list[tuple[AppConfig, str | None]]) -> None:
    assert main(["app"]) == 0
    ((config, password),) = launched
    assert (config.host, config.port, config.public, config.admin) == ("127.0.0.1", 7860, False, True)
    assert password is None


def test_on_a_space_it_is_public_and_training_is_off(
    launched: list[tuple[AppConfig, str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_ID", "someone/something")
    assert main(["app"]) == 0
    ((config, _),) = launched
    assert (config.host, config.public, config.admin) == ("0.0.0.0", True, False)


def test_the_password_comes_from_the_environment_and_is_in_no_setting(
    launched: list[tuple[AppConfig, str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVENESS_PASSWORD", SECRET)
    assert main(["app", "--host", "0.0.0.0", "--allow-admin", "--runs", "elsewhere"]) == 0
    ((config, password),) = launched
    assert password == SECRET
    assert SECRET not in repr(config)
    assert (config.admin, config.runs) == (True, "elsewhere")


def test_what_is_unsafe_or_impossible_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LIVENESS_PASSWORD", raising=False)
    assert main(["app", "--host", "0.0.0.0", "--allow-admin"]) == 1
    assert "LIVENESS_PASSWORD" in capsys.readouterr().err
    assert main(["app", "--host", "0.0.0.0", "--allow-admin", "--password", "short"]) == 1
    assert "at least 8" in capsys.readouterr().err
    assert main(["app", "--port", "0"]) == 1
    assert "1..65535" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """As in `liveness dataset list | head -1`, with a pipe that is closed before anything is written."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "liveness", "dataset", "list"]
    with os.fdopen(writing, "wb") as closed:
        ended = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 141
    assert ended.stderr == ""
