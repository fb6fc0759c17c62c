"""Judge pictures with a running app: the first by itself, then all of them as one presentation.

    liveness app                                           # in another terminal
    python client.py http://127.0.0.1:7860 1.jpg 2.jpg 3.jpg

Needs ``pip install gradio_client``.
"""

import base64
import sys
import time
from pathlib import Path

from gradio_client import Client

STEP = 0.1  # seconds from one frame to the next


def picture(path: Path) -> dict[str, str]:
    """A JPEG in the request itself, so that it never becomes a file on the server."""
    return {"url": "data:image/jpeg;base64," + base64.b64encode(path.read_bytes()).decode()}


def main(server: str, paths: list[Path]) -> None:
    client = Client(server, verbose=False)

    answer = client.predict(image=picture(paths[0]), match=False, api_name="/predict_frame")
    for face in answer["faces"]:
        verdict = face["verdict"]  # None when it cannot be judged: face["quality"]["problems"] says why
        said = f"{verdict['label']} {verdict['score']:.3f}" if verdict else face["quality"]["problems"][0]
        print("alone", said)

    for path in paths:  # each client is one visitor: connect anew for another presentation
        started = time.monotonic()
        state = client.predict(image=picture(path), match=False, mode="never", api_name="/push_frame")
        asked = state["asked"]["words"] if state["asked"] else ""
        print(state["frame"], state["phase"], state["outcome"] or "open", asked or state["problem"])
        time.sleep(max(0.0, STEP - (time.monotonic() - started)))


if __name__ == "__main__":
    main(sys.argv[1], [Path(name) for name in sys.argv[2:]])
