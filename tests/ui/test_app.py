"""The app as it is served: through its own API client and plain HTTP."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import numpy as np
import PIL.Image
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from liveness.config import AppConfig, CropConfig, InputConfig, ModelInfo
from liveness.errors import InputError
from liveness.types import Box, Face, Image
from liveness.ui import build_app, launch
from liveness.ui import context as context_module
from tests.conftest import brightness_model

OWNERS = {
    "check_data",
    "evaluate",
    "capture",
    "data_quality",
    "make_demo",
    "start_run",
    "stop_run",
    "resume_run",
    "export_run",
    "replace_model",
}
ONE_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="


def find_one_face(image: Image) -> list[Face]:
    """Stands for a detector: a face in the middle, none in a picture of one colour."""
    height, width = image.shape[:2]
    if np.ptp(image) == 0:
        return []
    return [Face(Box(width * 0.3, height * 0.1, width * 0.7, height * 0.7), 0.99)]


def tiny(folder: Path, **changes: Any) -> Path:
    crop = InputConfig(CropConfig(margin=1.0, size=32), mean=(0.0,) * 3, std=(1.0,) * 3)
    info = ModelInfo("brightness", 0.5, "chosen by hand for tests", input=crop, **changes)
    return brightness_model(folder / "model.onnx", info)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gr.Blocks]:
    folder = tmp_path_factory.mktemp("app")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context_module, "build_detector", lambda name: find_one_face)
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "temp"))
        config = AppConfig(port=7900, model=str(tiny(folder)), runs=str(folder / "runs"), dataset=str(folder))
        app = launch(config, block=False)
        yield app
        app.close()


@pytest.fixture(scope="module")
def client(served: gr.Blocks) -> Client:
    return Client(str(served.local_url), verbose=False)


@pytest.fixture
def photo(tmp_path: Path, astronaut: Image) -> Path:
    path = tmp_path / "astronaut.png"
    PIL.Image.fromarray(astronaut).save(path)
    return path


def analyse(client: Client, *paths: Path, threshold: float = 0.5) -> Any:
    pictures = [{"image": handle_file(path), "caption": None} for path in paths]
    return client.predict(pictures, "mtcnn", False, False, threshold, api_name="/analyse")


def endpoints(app: gr.Blocks) -> set[str]:
    return {
        d["api_name"]
        for d in app.config["dependencies"]
        if d["api_visibility"] == "public" and isinstance(d["api_name"], str)
    }


def test_a_photo_is_judged(client: Client, photo: Path) -> None:
    drawn, cards, times, table, csv, _ = analyse(client, photo)
    assert "Face 1" in cards
    assert ">Live<" in cards
    assert "in all" in times
    assert table["headers"][0] == "path"
    assert table["data"][0][0] == "astronaut.png"
    assert "bona_fide" in Path(csv["value"] if isinstance(csv, dict) else csv).read_text()
    assert drawn


def test_the_threshold_decides(client: Client, photo: Path) -> None:
    assert ">Spoof<" in analyse(client, photo, threshold=0.999)[1]


def test_one_bad_file_does_not_stop_the_others(client: Client, photo: Path, tmp_path: Path) -> None:
    bad, blank = tmp_path / "bad.jpg", tmp_path / "blank.png"
    bad.write_bytes(b"not a picture")
    PIL.Image.new("RGB", (64, 64)).save(blank)
    cards = analyse(client, bad, photo, blank)[1]
    assert "bad.jpg is not a picture that can be read" in cards
    assert "Face 1 · astronaut.png" in cards
    assert "No face found in" in cards
    assert str(tmp_path.parent) not in cards
    assert "gradio" not in cards


def test_errors_are_sentences(client: Client) -> None:
    with pytest.raises(AppError) as caught:
        client.predict(None, "mtcnn", False, False, 0.5, api_name="/analyse")
    assert "Add a picture first" in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_a_frame_of_the_camera_is_told_to_few_components(served: gr.Blocks) -> None:
    """Gradio's page tells every component that an event named so far of every event: of two for each frame of
    a camera. With all tabs' parts among them that took more of the browser than everything else."""
    events = served.get_config_file()["dependencies"]
    assert all(event["show_progress_on"] == [] for event in events if event["show_progress"] == "hidden")
    named: set[int] = set()
    for event in events:
        if any(what == "load" for _, what in event["targets"]):
            shown = event["show_progress_on"]
            named.update(event["inputs"], event["outputs"] if shown is None else shown)
    assert len(named) <= 4, "what runs when the page opens"
    (stream,) = [event for event in events if event["connection"] == "stream"]
    assert (len(stream["inputs"]), len(stream["outputs"])) == (3, 4)


def test_what_nobody_foresaw_is_not_shown(client: Client) -> None:
    with pytest.raises(AppError) as caught:
        client.predict(
            [{"image": handle_file(__file__), "caption": None}],
            "none",
            False,
            False,
            0.5,
            api_name="/analyse",
        )
    assert "/" not in str(caught.value).replace("https://", "")


def test_a_run_needs_data(client: Client) -> None:
    values = ["", "", "quick", "resnet18", "none", *[None] * 9]
    with pytest.raises(AppError, match="Name a data set first"):
        client.predict(*values, api_name="/start_run")
    values[0] = "/nonexistent"
    with pytest.raises(AppError, match="There is no data set at"):
        client.predict(*values, api_name="/start_run")


def test_files_of_the_machine_are_not_served(served: gr.Blocks) -> None:
    for path in ("/etc/passwd", str(Path(__file__)), str(Path(__file__).parents[2] / ".git" / "config")):
        answer = httpx.get(f"{served.local_url}gradio_api/file={path}")
        assert answer.status_code == 403, path


def test_other_sites_may_not_call_it(served: gr.Blocks) -> None:
    answer = httpx.get(f"{served.local_url}config", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_it_answers_to_its_own_names_only(served: gr.Blocks) -> None:
    for name, status in (("127.0.0.1", 200), ("localhost:7900", 200), ("evil.example", 400)):
        answer = httpx.get(f"{served.local_url}config", headers={"Host": name})
        assert answer.status_code == status, name


def test_the_owner_has_all_endpoints_and_visitors_only_theirs(served: gr.Blocks) -> None:
    public = endpoints(build_app(AppConfig(host="0.0.0.0")))
    assert endpoints(served) >= OWNERS
    assert not public & OWNERS
    assert {"analyse", "use_model"} <= public


def test_visitors_cannot_ask_who_is_enrolled(
    tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context_module, "build_detector", lambda name: find_one_face)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))  # launch sets it; put back for the other app here
    app = launch(AppConfig(port=7930, space=True, model=str(tiny(tmp_path))), block=False)
    try:
        client = Client(str(app.local_url), verbose=False)
        ticks = [b for b in app.blocks.values() if getattr(b, "label", "") == "Match against the gallery"]
        assert [(tick.value, tick.visible) for tick in ticks] == [(False, False)] * 3
        with pytest.raises(AppError, match="Matching is off on this address"):
            client.predict(handle_file(photo), "mtcnn", False, True, api_name="/predict_frame")
        assert client.predict(handle_file(photo), "mtcnn", False, False, api_name="/predict_frame")["faces"]
    finally:
        app.close()


def test_owners_rights_without_a_password_do_not_start() -> None:
    with pytest.raises(InputError, match="password"):
        launch(AppConfig(host="0.0.0.0", allow_admin=True), block=False)


def test_a_password_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    app = launch(AppConfig(port=7950, model=str(tiny(tmp_path))), password="correct horse", block=False)
    try:
        assert httpx.get(f"{app.local_url}config").status_code == 401
        login = httpx.post(f"{app.local_url}login", data={"username": "a", "password": "wrong horse"})
        assert login.status_code == 400
        login = httpx.post(f"{app.local_url}login", data={"username": "a", "password": "correct horse"})
        assert login.status_code == 200
    finally:
        app.close()


def test_a_presentation_through_the_api(served: gr.Blocks, tmp_path: Path) -> None:
    """Two clients are two visitors: each has its own count of frames and its own evidence."""
    rng = np.random.default_rng(0)
    clients = [Client(str(served.local_url), verbose=False) for _ in range(2)]
    for i in range(3):
        photo = tmp_path / f"{i}.png"
        PIL.Image.fromarray(rng.integers(150, 250, (240, 320, 3), dtype=np.uint8)).save(photo)
        states = [
            client.predict(handle_file(photo), "mtcnn", False, False, "never", api_name="/push_frame")
            for client in clients[: 2 if i else 1]
        ]
    assert [state["frame"] for state in states] == [2, 1]
    assert states[0]["presentation"] >= 1
    assert len(states[0]["faces"]) == 1
    with pytest.raises(AppError, match="often"):
        clients[0].predict(handle_file(photo), "mtcnn", False, False, "often", api_name="/push_frame")


def test_pictures_of_the_server_are_not_judged(client: Client, photo: Path) -> None:
    """Nobody uploaded this one: its path alone must not do, in whatever form it comes."""
    for picture in ({"path": str(photo)}, {"path": str(photo), "url": "", "orig_name": "a.png"}):
        with pytest.raises(AppError, match="cannot be accessed"):
            client.predict(image=picture, api_name="/push_frame")
        pictures = [{"image": picture, "caption": None}]
        with pytest.raises(AppError, match="cannot be accessed"):
            client.predict(pictures, "mtcnn", False, False, 0.5, api_name="/analyse")
    for path in ("http://127.0.0.1:1/a.jpg", ""):
        with pytest.raises(AppError, match="as an upload"):
            client.predict(image={"path": path}, api_name="/push_frame")
    assert client.predict(image=handle_file(photo), match=False, api_name="/push_frame")["faces"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("data:image/jpeg;base64,###", "data:image/jpeg;base64"),
        ("data:image/jpeg;base64,aGVsbG8=", "not a picture"),
        (f"data:image/png;base64,{ONE_PIXEL}", "too small: 1 x 1"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(client: Client, url: str, words: str) -> None:
    for endpoint in ("/predict_frame", "/push_frame"):
        with pytest.raises(AppError, match=words):
            client.predict(image={"url": url}, api_name=endpoint)


def test_a_4k_picture_in_the_request_itself(client: Client, tmp_path: Path) -> None:
    """It is judged at its own size and leaves no file."""
    image = np.random.default_rng(0).integers(150, 250, (2160, 3840, 3), dtype=np.uint8)
    PIL.Image.fromarray(image).save(tmp_path / "4k.jpg", quality=50)
    data = base64.b64encode((tmp_path / "4k.jpg").read_bytes()).decode()
    folder = Path(os.environ["GRADIO_TEMP_DIR"])
    before = sorted(folder.rglob("*"))
    answer = client.predict(
        image={"url": f"data:image/jpeg;base64,{data}"}, match=False, api_name="/push_frame"
    )
    assert answer["faces"][0]["box"] == pytest.approx([1152, 216, 2688, 1512])
    assert answer["faces"][0]["verdict"]["label"] == "bona_fide"
    assert sorted(folder.rglob("*")) == before
