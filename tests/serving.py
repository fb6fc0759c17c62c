"""The whole app, served to tests: a model that calls bright faces live, and nothing kept outside a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from liveness.config import AppConfig, CropConfig, InputConfig, ModelInfo
from liveness.types import Face, Image
from liveness.ui import context, launch
from tests.conftest import brightness_model
from tests.ui.browsers import wait_until_idle


def bright_is_live(folder: Path) -> Path:
    """A model file for which bright faces are live and dark ones are spoofs."""
    crop = InputConfig(CropConfig(margin=1.0, size=32), mean=(0.0,) * 3, std=(1.0,) * 3)
    info = ModelInfo(network="brightness", threshold=0.5, operating_point="chosen by hand", input=crop)
    return brightness_model(folder / "model.onnx", info)


@contextmanager
def served(folder: Path, port: int, detect: Callable[[Image], Sequence[Face]] | None = None) -> Iterator[str]:
    """The app's address. detect stands for whatever detector is asked for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVENESS_DATABASE_URL", f"sqlite:///{folder / 'gallery.db'}")
        patch.setenv("GRADIO_TEMP_DIR", str(folder))  # so that the app's own folder is put back afterwards
        if detect is not None:
            patch.setattr(context, "build_detector", lambda name: detect)
        app = launch(AppConfig(model=str(bright_is_live(folder)), port=port), block=False)
        try:
            yield str(app.local_url)
        finally:
            app.close()
            wait_until_idle()
