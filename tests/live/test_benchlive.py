"""bench-live does what it says: function, not time."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from liveness.cli import main
from liveness.cli.bench_live import browser_line, capacity_line, minute_line
from liveness.config import AppConfig
from liveness.errors import InputError
from liveness.live import benchlive
from liveness.live.benchlive import capacities, swaying
from liveness.types import Box, Face, Image


def still(name: str) -> object:
    """A detector that always finds one face."""
    return lambda image: [Face(Box(240, 120, 400, 320), 1.0)]


def test_the_camera_sways_and_is_not_frozen() -> None:
    frames = swaying(6)
    assert all(f.shape == (480, 640, 3) and f.dtype == np.uint8 for f in frames)
    assert not any(np.array_equal(a, b) for a, b in itertools.pairwise(frames))


def test_capacities_count_frames_of_one_and_two_visitors(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchlive, "DETECTORS", ("mtcnn",))
    monkeypatch.setattr(benchlive, "build_detector", still)
    found = list(capacities(tiny_model, 0.3))
    assert [c.visitors for c in found] == [1, 1, 2]
    assert all(c.frames > 0 and c.rate > 0 for c in found)
    assert found[1].searched == 1
    assert set(found[0].stages) == {"detect", "quality", "classify"}
    assert "frames/s" in capacity_line(found[0])
    assert "2 visitors, each" in capacity_line(found[2])


def test_an_error_in_a_visitors_thread_is_raised(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(image: Image) -> list[Face]:
        raise ValueError("broken")

    monkeypatch.setattr(benchlive, "DETECTORS", ("mtcnn",))
    monkeypatch.setattr(benchlive, "build_detector", lambda name: broken)
    with pytest.raises(ValueError, match="broken"):
        list(capacities(tiny_model, 0.2))


def test_a_senseless_length_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench-live", "--seconds", "0"]) == 1
    assert "1..3600" in capsys.readouterr().err


@pytest.mark.parametrize("code", [0, 1, 239, 511])
def test_a_time_code_survives_a_camera(code: int) -> None:
    import cv2

    from liveness.ui.browserbench import read_code, write_code

    marked = write_code(swaying(1)[0], code)
    sent = cv2.imdecode(cv2.imencode(".jpg", marked, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_COLOR)
    assert read_code(marked) == code
    assert read_code(np.asarray(sent, np.uint8)) == code


@pytest.mark.slow
@pytest.mark.browser
def test_verdicts_come_through_a_browser_with_their_time(tiny_model: Path, tmp_path: Path) -> None:
    from liveness.ui.browserbench import browser_run
    from tests.ui.browsers import program, wait_until_idle

    program("chromium", "chromium-browser")
    pytest.importorskip("playwright.sync_api")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVENESS_DATABASE_URL", f"sqlite:///{tmp_path / 'gallery.db'}")
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
        found = browser_run(AppConfig(model=str(tiny_model), port=17863), seconds=20.0)
    wait_until_idle()
    assert len(found.rates) == 1
    assert found.rates[0] > 0
    assert found.timed > 0
    assert 0 <= found.latency[0] < 8000
    assert found.browser > 0
    assert "glass to glass" in browser_line(found)
    (minute,) = found.minutes
    assert minute.seconds >= 20
    assert minute.rate == pytest.approx(found.rates[0], rel=0.1)
    assert minute.latency == found.latency[0]
    assert minute.megabytes > 50
    assert "minute 1 (2" in minute_line(minute, 1)


def test_processor_time_is_said_of_each_verdict_too() -> None:
    from liveness.ui.browserbench import BrowserRun

    run = BrowserRun((6.0, 4.0), (150.0, 200.0), 60, 0.4, 1.0, 0.0, ())
    assert "server 0.40, browser 1.00 (40 and 100 ms a verdict)" in browser_line(run)
    assert "a verdict" not in browser_line(BrowserRun((0.0,), (0.0, 0.0), 0, 0.1, 0.2, 0.0, ()))


def test_a_long_run_is_cut_into_minutes() -> None:
    from liveness.ui.browserbench import _minutes

    seen = [[1000.0 * second, 0, 0] for second in range(5, 95)]
    late = [(when, 100.0 if when < 65_000 else 300.0) for when, _, _ in seen]
    first, rest = _minutes(seen, late, [(60.0, 500.0), (90.0, 501.0)], zero=5000.0)
    assert (first.rate, first.latency, first.megabytes) == (1.0, 100.0, 500.0)
    assert (rest.seconds, rest.rate, rest.latency, rest.megabytes) == (30.0, 1.0, 300.0, 501.0)
    assert "not timed" in minute_line(_minutes([], [], [(60.0, 1.0)], 0.0)[0], 1)


def test_a_detector_that_cannot_be_had_is_said_at_once() -> None:
    pytest.importorskip("playwright")
    from liveness.ui.browserbench import browser_run

    with pytest.raises(InputError, match="no detector is called 'none'"):
        browser_run(AppConfig(), detector="none")
