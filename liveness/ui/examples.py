"""Pictures to click, made when the app first shows them: no photograph of a person ships with it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import PIL.Image
from gradio.utils import get_upload_folder

from liveness.data.attacks import simulate_print, simulate_replay
from liveness.data.faces import draw_face
from liveness.types import Image

_SIDE = 448


@lru_cache(maxsize=1)
def example_images() -> dict[str, Image]:
    """Caption -> uint8 RGB. The photograph is scikit-image's astronaut, which is in the public domain.

    The seeds are ones at which the simulation leaves enough of the face for the default detector to find.
    """
    photo = _stock("astronaut")
    people = np.random.default_rng(4)
    drawn, other = (draw_face(people, _SIDE)[0] for _ in range(2))
    return {
        "A photograph": photo,
        "Simulated print of it": simulate_print(photo, np.random.default_rng(2)),
        "Simulated replay of it": simulate_replay(photo, np.random.default_rng(3)),
        "A drawn face": drawn,
        "Two drawn faces": np.concatenate([drawn, other], axis=1),
        "No face": _stock("coffee"),
    }


def example_files() -> list[tuple[str, str]]:
    """The pictures as files: (path, caption). Written again where Gradio has emptied its folder."""
    folder = Path(get_upload_folder()) / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for caption, image in example_images().items():
        path = folder / f"{caption.lower().replace(' ', '-')}.jpg"
        if not path.is_file():
            PIL.Image.fromarray(image).save(path, quality=92)
        files.append((str(path), caption))
    return files


def _stock(name: str) -> Image:
    """A picture that scikit-image carries."""
    from skimage import data

    return np.asarray(getattr(data, name)(), dtype=np.uint8)
