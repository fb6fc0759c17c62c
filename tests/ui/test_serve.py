"""Who may reach the app, and what is on for them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import gradio as gr
import httpx
import pytest
from gradio.queueing import Event, Queue
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from liveness.config import AppConfig
from liveness.errors import InputError
from liveness.ui.serve import check_exposure, free_port, launch_options, leave_no_sleepers

SECRET = "correct horse"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.0.1"])
def test_on_loopback_the_owner_may_do_all(host: str) -> None:
    config = AppConfig(host=host)
    check_exposure(config, None)
    assert config.admin
    assert not config.public


@pytest.mark.parametrize(
    "config",
    [
        AppConfig(host="0.0.0.0"),
        AppConfig(host="192.168.1.7"),
        AppConfig(host="::"),
        AppConfig(host="my-machine.example"),
        AppConfig(share=True),
        AppConfig(space=True),
    ],
)
def test_where_others_reach_it_the_owners_rights_are_off(config: AppConfig) -> None:
    check_exposure(config, None)
    assert config.public
    assert not config.admin


def test_owners_rights_in_public_need_a_password() -> None:
    config = AppConfig(host="0.0.0.0", allow_admin=True)
    with pytest.raises(InputError, match="LIVENESS_PASSWORD"):
        check_exposure(config, None)
    with pytest.raises(InputError, match="at least 8"):
        check_exposure(config, "short")
    check_exposure(config, SECRET)
    assert config.admin


def test_the_password_opens_and_nothing_else_does() -> None:
    auth = launch_options(AppConfig(), SECRET)["auth"]
    assert auth("anyone", SECRET)
    assert not auth("anyone", "")
    assert not auth("anyone", SECRET + "x")
    assert not auth(SECRET, "falsch äöü")
    assert launch_options(AppConfig(), None)["auth"] is None


def test_the_password_is_in_no_option_that_could_be_printed() -> None:
    assert SECRET not in repr(launch_options(AppConfig(), SECRET))


def test_nothing_of_a_visitor_is_kept_in_the_browser_and_no_foreign_error_text_is_shown() -> None:
    options = launch_options(AppConfig(), None)
    assert options["run_history"] is False
    assert options["show_error"] is False
    assert options["share"] is False
    assert options["server_name"] == "127.0.0.1"


def test_uploads_are_smaller_for_strangers() -> None:
    assert launch_options(AppConfig(), None)["max_file_size"] == "4096mb"
    assert launch_options(AppConfig(host="0.0.0.0"), None)["max_file_size"] == "200mb"


@pytest.mark.parametrize("host", ["::1", "[::1]", "127.0.0.1", "localhost"])
def test_on_loopback_it_answers_to_its_own_names_only(host: str) -> None:
    options = launch_options(AppConfig(host=host, port=7970), None)
    app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("here"))], **options["app_kwargs"])
    client = TestClient(app, base_url=f"http://{options['server_name']}:7970")
    assert client.get("/").status_code == 200
    assert client.get("/", headers={"Host": "localhost:7970"}).status_code == 200
    assert client.get("/", headers={"Host": "evil.example:7970"}).status_code == 400


def test_an_ipv6_address_can_be_served() -> None:
    with gr.Blocks() as app:
        gr.Markdown("here")
    try:
        app.launch(**launch_options(AppConfig(host="::1", port=7975), None), prevent_thread_lock=True)
        assert httpx.get(f"{app.local_url}config").status_code == 200
    finally:
        app.close()


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield int(taken.getsockname()[1])


def test_a_busy_port_is_passed_over(busy_port: int) -> None:
    chosen = free_port(AppConfig(port=busy_port))
    assert busy_port < chosen <= busy_port + 100


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(InputError, match=r"192\.0\.2\.1 is not an address of this machine"):
        free_port(AppConfig(host="192.0.2.1"))


def test_a_port_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match=r"1\.\.65535"):
        AppConfig(port=70000)


def test_a_stream_leaves_no_task_behind_its_frames() -> None:
    leave_no_sleepers()

    async def stream() -> tuple[list[str], int]:
        event = SimpleNamespace(signal=asyncio.Event())
        answers = []
        for _ in range(5):
            asyncio.get_running_loop().call_later(0.005, event.signal.set)
            woken, closed = await Queue.wait_for_batch([cast(Event, event)], [60.0])
            answers.append("frame" if woken and not closed else "end")
        _, closed = await Queue.wait_for_batch([cast(Event, event)], [0.01])  # no frame came: over
        answers.append("end" if closed else "frame")
        return answers, len(asyncio.all_tasks()) - 1  # without this one

    assert asyncio.run(stream()) == (["frame"] * 5 + ["end"], 0)
