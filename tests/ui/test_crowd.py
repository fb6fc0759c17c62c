"""Twenty visitors at once: who waits is told, and nobody's frames mix with another's."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import cv2
import httpx
import pytest
from gradio_client import Client

from liveness.types import Face, Image
from liveness.ui.browserbench import read_code, write_code
from liveness.ui.live import PLACES
from tests.clips import ASTRONAUT, noisy, view
from tests.serving import served

pytestmark = pytest.mark.slow

VISITORS = 20
FRAMES = 4


def place(visitor: int) -> tuple[float, float]:
    """Where this visitor's face is: 12 pixels to the right of the one before."""
    return 200.0 + 12 * visitor, 240.0


def face_of(image: Image) -> list[Face]:
    """Stands for a detector: the face of the visitor whose number is written in the corner."""
    return [view(image, ASTRONAUT, place(read_code(image)))[1]]


def shot(astronaut: Image, visitor: int, seed: int) -> dict[str, str]:
    """A frame of this visitor's camera; the later the visitor, the darker the face."""
    image, _ = view(astronaut, ASTRONAUT, place(visitor))
    marked = write_code(noisy((image * (1.05 - 0.03 * visitor)).clip(0, 255), seed), visitor)
    coded = cv2.imencode(".jpg", marked[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
    return {"url": "data:image/jpeg;base64," + base64.b64encode(coded.tobytes()).decode()}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("app"), 17890, face_of) as address:
        yield address


class ApiClient:
    """A client of its own, and what it was told so far."""

    def __init__(self, url: str, number: int, astronaut: Image) -> None:
        self._client = Client(url, verbose=False, httpx_kwargs={"timeout": 120})
        self._shots = [shot(astronaut, number, seed) for seed in range(2)]
        self.states: list[dict[str, Any]] = []

    def push(self) -> str | None:
        """Send the next frame; the outcome so far."""
        image = self._shots[len(self.states) % 2]
        state = self._client.predict(image=image, match=False, mode="never", api_name="/push_frame")
        self.states.append(state)
        return state["outcome"]


def test_each_client_of_the_api_gets_answers_on_its_own_frames(url: str, astronaut: Image) -> None:
    with ThreadPoolExecutor(VISITORS) as pool:
        clients = list(pool.map(lambda number: ApiClient(url, number, astronaut), range(VISITORS)))
        list(pool.map(lambda client: [client.push() for _ in range(FRAMES)], clients))
    for visitor, client in enumerate(clients):
        assert [state["frame"] for state in client.states] == list(range(FRAMES))
        for state in client.states:
            (face,) = state["faces"]
            assert (face["box"][0] + face["box"][2]) / 2 == pytest.approx(place(visitor)[0], abs=3)
    scores = [client.states[0]["faces"][0]["verdict"]["score"] for client in clients]
    assert all(a > b for a, b in itertools.pairwise(scores)), "each face is a little darker than the last"
    # A verdict takes a second without a gap: alone, so that it comes on a slow machine too.
    for client, outcome in ((clients[0], "pass"), (clients[-1], "fail")):
        assert next(filter(None, (client.push() for _ in range(200)))) == outcome


@dataclass
class Streamer:
    """A visitor's page as the server sees it: it joins the queue, then sends frame after frame."""

    number: int
    said: list[str] = field(default_factory=list)
    overlays: list[tuple[int, float]] = field(default_factory=list)


def live_stream(url: str) -> tuple[int, list[Any]]:
    """The number of the stream's handler, and what its inputs hold beside the camera's frame."""
    config = httpx.get(f"{url}config").json()
    (found,) = [d for d in config["dependencies"] if d["connection"] == "stream"]
    values = {component["id"]: component["props"].get("value") for component in config["components"]}
    return found["id"], [values[number] for number in found["inputs"][1:]]


async def stream(
    url: str, handler: tuple[int, list[Any]], visitor: Streamer, frames: list[dict[str, str]]
) -> None:
    """Send the frames one after the other, each when the one before is answered; then give up the place."""
    api, session, (fn_index, rest) = f"{url}gradio_api", f"visitor-{visitor.number}", handler
    body: dict[str, Any] = {"fn_index": fn_index, "session_hash": session}
    async with httpx.AsyncClient(timeout=120) as http:
        joined = await http.post(f"{api}/queue/join", json={**body, "data": [frames[0], *rest]})
        event = joined.json()["event_id"]
        async with http.stream("GET", f"{api}/queue/data", params={"session_hash": session}) as lines:
            async for line in lines.aiter_lines():
                message = json.loads(line.removeprefix("data:")) if line else {}
                visitor.said.append(message.get("msg", ""))
                if visitor.said[-1] == "process_completed":
                    return
                if visitor.said[-1] != "process_streaming":
                    continue
                visitor.overlays += drawn(message["output"])
                if visitor.said.count("process_streaming") == len(frames):
                    await http.post(f"{api}/stream/{event}/close")
                else:
                    frame = frames[visitor.said.count("process_streaming")]
                    await http.post(f"{api}/stream/{event}", json={**body, "data": [frame, *rest]})


def drawn(output: dict[str, Any]) -> list[tuple[int, float]]:
    """Number of the frame and the middle of its box, from the overlay that the page would show."""
    found = re.findall(
        r'data-frame=\\"(\d+)\\".*?<rect x=\\"(\d+)\\" y=\\"\d+\\" width=\\"(\d+)\\"', json.dumps(output)
    )
    return [(int(frame), 640 - (int(left) + int(width) / 2)) for frame, left, width in found]


def test_twenty_pages_wait_for_four_places_and_see_their_own_boxes(url: str, astronaut: Image) -> None:
    handler = live_stream(url)
    visitors = [Streamer(number) for number in range(VISITORS)]

    async def everybody() -> None:
        shots = [[shot(astronaut, v.number, i) for i in range(FRAMES)] for v in visitors]
        await asyncio.gather(*(stream(url, handler, v, s) for v, s in zip(visitors, shots)))

    asyncio.run(everybody())
    for visitor in visitors:
        assert visitor.said[-1] == "process_completed"
        assert [frame for frame, _ in visitor.overlays] == list(range(FRAMES))
        assert all(x == pytest.approx(place(visitor.number)[0], abs=4) for _, x in visitor.overlays)
    # "estimation" is what the page shows as Waiting; it comes before a place is free.
    waited = [v for v in visitors if "estimation" in v.said[: v.said.index("process_starts")]]
    assert len(waited) >= VISITORS - PLACES
