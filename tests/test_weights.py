"""Weights: found, downloaded from a server of our own, and refused when they are not the known file."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from liveness import weights
from liveness.errors import WeightsError
from liveness.weights import WEIGHTS, KnownFile, fetch, find

CONTENT = bytes(range(256)) * 800


class Handler(BaseHTTPRequestHandler):
    content = CONTENT
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[type[Handler], str]]:
    handler = type("OwnHandler", (Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield handler, f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


@pytest.fixture
def toy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: tuple[type[Handler], str]
) -> tuple[KnownFile, type[Handler]]:
    """A registry with one file, served from this machine; caches and folders of the user are out of reach."""
    handler, address = server
    known = KnownFile(
        name="toy",
        purpose="a test",
        filename="toy.onnx",
        url=f"{address}/toy.onnx",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size=len(CONTENT),
        licence="MIT",
        licence_url="https://example.org/licence",
    )
    monkeypatch.setattr(weights, "WEIGHTS", {"toy": known})
    monkeypatch.setenv("LIVENESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LIVENESS_MODELS", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return known, handler


def use(monkeypatch: pytest.MonkeyPatch, known: KnownFile) -> None:
    monkeypatch.setattr(weights, "WEIGHTS", {known.name: known})


def test_downloads_once_with_progress(toy: tuple[KnownFile, type[Handler]], tmp_path: Path) -> None:
    assert find("toy") is None
    seen: list[tuple[int, int]] = []
    path = fetch("toy", progress=lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert path == tmp_path / "cache" / "weights" / "toy.onnx"
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert len(seen) > 2
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert fetch("toy") == path
    assert toy[1].asked == 1
    assert list(path.parent.iterdir()) == [path]


def test_the_models_folder_comes_first(
    toy: tuple[KnownFile, type[Handler]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVENESS_MODELS", str(tmp_path))
    (tmp_path / "toy.onnx").write_bytes(CONTENT)
    assert fetch("toy") == tmp_path / "toy.onnx"
    assert toy[1].asked == 0


def test_a_models_folder_without_the_file_is_passed_over(
    toy: tuple[KnownFile, type[Handler]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVENESS_MODELS", str(tmp_path))
    assert fetch("toy").parent == tmp_path / "cache" / "weights"
    monkeypatch.setenv("LIVENESS_MODELS", str(tmp_path / "none"))
    with pytest.raises(WeightsError, match=r"LIVENESS_MODELS names .* not a folder"):
        fetch("toy")


def test_another_file_of_that_name_is_refused_and_left_alone(
    toy: tuple[KnownFile, type[Handler]], tmp_path: Path
) -> None:
    path = tmp_path / "cache" / "weights" / "toy.onnx"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"another")
    with pytest.raises(WeightsError, match="not the expected file"):
        fetch("toy")
    assert path.read_bytes() == b"another"
    assert toy[1].asked == 0


def test_a_download_with_another_hash_is_thrown_away(
    toy: tuple[KnownFile, type[Handler]], tmp_path: Path
) -> None:
    toy[1].content = CONTENT[:-1] + b"!"
    with pytest.raises(WeightsError, match="another SHA-256"):
        fetch("toy")
    assert list((tmp_path / "cache" / "weights").iterdir()) == []


def test_a_server_that_refuses(toy: tuple[KnownFile, type[Handler]], monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, replace(toy[0], url=toy[0].url.replace("toy.onnx", "missing")))
    with pytest.raises(WeightsError, match="404"):
        fetch("toy")


def test_offline_says_what_to_get_and_where_to_put_it(
    toy: tuple[KnownFile, type[Handler]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "http://127.0.0.1:9/toy.onnx"  # the discard port: nobody listens
    use(monkeypatch, replace(toy[0], url=url))
    with pytest.raises(WeightsError, match="no connection") as caught:
        fetch("toy")
    message = str(caught.value)
    for part in ("toy.onnx", url, "MIT", "LIVENESS_MODELS"):
        assert part in message


def test_a_copyleft_licence_must_be_accepted(
    toy: tuple[KnownFile, type[Handler]], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, replace(toy[0], licence="GPL-3.0", copyleft=True))
    with pytest.raises(WeightsError, match=r"under GPL-3\.0.*https://example.org/licence.*--accept-licence"):
        fetch("toy")
    assert toy[1].asked == 0
    path = fetch("toy", accept_licence=True)
    assert fetch("toy") == path  # it is here now: nothing is passed on any more


def test_a_cache_that_cannot_be_written(
    toy: tuple[KnownFile, type[Handler]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LIVENESS_CACHE", str(tmp_path / "file"))
    with pytest.raises(WeightsError):
        fetch("toy")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(WeightsError, match="no weights are called 'nothing', known are: yunet, yolov5-face"):
        fetch("nothing")


def test_the_registry() -> None:
    for file in WEIGHTS.values():
        assert file.url.startswith(
            ("https://github.com/", "https://storage.googleapis.com/mediapipe-models/")
        )
        assert file.licence_url.startswith("https://")
        assert len(bytes.fromhex(file.sha256)) == 32
        assert 0 < file.size < 200_000_000
    assert {file.name for file in WEIGHTS.values() if file.copyleft} == {"yolov5-face"}


def test_the_registry_is_of_the_files_that_were_measured(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVENESS_MODELS", str(shared / "models"))
    for file in WEIGHTS.values():
        path = find(file.name)
        assert path is not None
        assert path.stat().st_size == file.size
