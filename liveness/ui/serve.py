"""Who may reach the app and what they may do: checks before it listens, and how it is served."""

from __future__ import annotations

import asyncio
import atexit
import errno
import hmac
import logging
import os
import shutil
import socket
import tempfile
from typing import Any, Literal

import gradio as gr
from gradio.processing_utils import check_all_files_in_cache
from gradio.queueing import Event, Queue
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from liveness.config import AppConfig
from liveness.errors import InputError

PASSWORD_VARIABLE = "LIVENESS_PASSWORD"  # noqa: S105 - the name of a variable
_PASSWORD_LENGTH = 8
_PORTS_TRIED = 100

log = logging.getLogger(__name__)


class Workbench(gr.Blocks):
    """Blocks whose inputs name no files but uploaded ones.

    Gradio itself checks only paths that say what they are: a picture's path without that mark would be read
    wherever it lies on the server.
    """

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> Any:
        if not explicit_call:
            plain: Any = (
                inputs  # not the JsonData that the check's signature names: Gradio gives it these too
            )
            check_all_files_in_cache(plain)
        return await super().preprocess_data(block_fn, inputs, state, explicit_call)

    def spare_hidden_progress(self) -> None:
        """Name no component for progress that is hidden; call it when all events are there.

        The page would tell each component named by any event so far of its progress, at every event: on a
        camera's stream some hundred of them, from every tab, twice a frame.
        """
        for event in self.fns.values():
            if event.show_progress == "hidden":
                event.show_progress_on = []


async def _next_frame(event: Event, seconds: float) -> Literal["signal", "timeout"]:
    """Wait for a stream's next frame, or until its time is over.

    Gradio's own leaves a task asleep behind every frame until the time of the stream is over (five minutes of
    twenty frames a second), and with it what the frame's answer held. This one leaves nothing.
    """
    try:
        await asyncio.wait_for(event.signal.wait(), seconds)
    except asyncio.TimeoutError:
        return "timeout"
    finally:
        event.signal.clear()
    return "signal"


def leave_no_sleepers() -> None:
    """Have all apps of this process wait for the frames of a stream as ``_next_frame`` does."""
    Queue.wait_for_event_or_timeout = staticmethod(_next_frame)  # type: ignore[assignment, method-assign]


def password_from_environment() -> str | None:
    return os.environ.get(PASSWORD_VARIABLE) or None


def on_space() -> bool:
    """Whether this runs as a Hugging Face Space."""
    return bool(os.environ.get("SPACE_ID"))


def check_exposure(config: AppConfig, password: str | None) -> None:
    """Raises InputError when the owner's rights would be open to people who can reach the app."""
    if config.public and config.allow_admin and not password:
        raise InputError(
            "--allow-admin on an address that others can reach needs a password: "
            f"set {PASSWORD_VARIABLE} in the environment"
        )
    if password is not None and len(password) < _PASSWORD_LENGTH:
        raise InputError(f"the password must have at least {_PASSWORD_LENGTH} characters")


def free_port(config: AppConfig) -> int:
    """The port of the config, or the next free one. Raises InputError when none is free."""
    host = "127.0.0.1" if config.host == "localhost" else config.host.strip("[]")
    last = min(config.port + _PORTS_TRIED, 65536)
    for port in range(config.port, last):
        if _is_free(host, port):
            return port
    raise InputError(f"no free port in {config.port}..{last - 1} on {config.host}")


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise InputError(f"port {port} needs more rights than you have: choose one above 1023") from None
        except socket.gaierror:
            raise InputError(f"--host {host} is not an address of this machine") from None
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise InputError(f"--host {host} is not an address of this machine") from None
            return False
    return True


def keep_files_private() -> None:
    """Let Gradio keep what visitors upload in a folder of this process alone, removed when it ends.

    Its own default is one folder for all users of the machine, which they can read and which stays.
    """
    folder = tempfile.mkdtemp(prefix="liveness-app-")  # mode 0700
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["GRADIO_TEMP_DIR"] = folder


def reach_loopback_directly() -> None:
    """Keep Gradio's check that it answers from going through a proxy that the environment names."""
    for name in ("NO_PROXY", "no_proxy"):
        known = [part for part in os.environ.get(name, "").split(",") if part]
        os.environ[name] = ",".join(dict.fromkeys([*known, "localhost", "127.0.0.1", "::1"]))


def launch_options(config: AppConfig, password: str | None) -> dict[str, Any]:
    """The arguments of ``Blocks.launch`` that decide exposure; nothing is left to the environment."""
    secret = password.encode() if password else b""

    def allowed(_name: str, given: str) -> bool:
        return hmac.compare_digest(given.encode(), secret)

    return {
        "server_name": _in_url(config.host),
        "server_port": free_port(config),
        "share": config.share,
        "auth": allowed if password else None,
        "auth_message": "Any user name, and the owner's password." if password else None,
        "max_file_size": f"{config.max_zip_mb if config.admin else config.max_upload_mb}mb",
        "run_history": False,
        "enable_monitoring": False,
        "mcp_server": False,
        "ssr_mode": False,
        "pwa": False,
        "show_error": False,  # sentences of gr.Error alone reach the page, no other exception's text
        "footer_links": ["api", "settings"],
        "quiet": True,
        "app_kwargs": {"middleware": own_names(config)},
        "strict_cors": True,
    }


def own_names(config: AppConfig) -> list[Middleware]:
    """On loopback, answer only to this machine's own names.

    A web page elsewhere could otherwise have its own name resolve to 127.0.0.1 and speak to the app as
    if it were the owner (DNS rebinding).
    """
    if config.public:
        return []
    names = ["127.0.0.1", "localhost", _in_url(config.host)]
    return [Middleware(TrustedHostMiddleware, allowed_hosts=names)]


def _in_url(host: str) -> str:
    """As it stands in an address: IPv6 in brackets."""
    bare = host.strip("[]")
    return f"[{bare}]" if ":" in bare else bare


def announce(url: str, share_url: str | None, config: AppConfig) -> None:
    """Say where the app is, who can reach it, and what is off."""
    print(f"Liveness workbench: {url}")
    if share_url:
        print(f"Public address: {share_url}")
    if config.public and not config.admin:
        print(
            "Others can reach this address: training, capture, enrolment, matching, server paths and "
            "replacing the model are off (--allow-admin with a password turns them on)."
        )
