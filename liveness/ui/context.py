"""What all tabs share: settings, and detectors, models and the gallery, built once and kept."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import gradio as gr

from liveness.config import AppConfig
from liveness.detect import DEFAULT_DETECTOR, build_detector
from liveness.errors import InputError, LivenessError, ModelError, WeightsError
from liveness.types import Classifier, Detector

if TYPE_CHECKING:
    from liveness.classify import OnnxClassifier
    from liveness.live.expression import Expresser
    from liveness.live.fusion import Fusion
    from liveness.matching.gallery import Gallery
    from liveness.matching.match import OrbMatcher
    from liveness.measure.history import Kind
    from liveness.pipeline import Pipeline

_MODELS_KEPT = 8

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Shared:
    """Components that several tabs read.

    model: this visitor's model path, None for the app's own; opened: kind and name of the run that the Runs
    tab was asked to open, and when.
    """

    model: gr.State
    opened: gr.State = field(default_factory=lambda: gr.State(None))

    def on_opened(self, kind: Kind, choose: Callable[[str], Any], runs: gr.Dropdown) -> None:
        """Choose a run of this kind in its tab's list, by what ``choose`` makes of its name."""
        self.opened.change(
            lambda asked: choose(asked[1]) if asked and asked[0] == kind else gr.skip(),
            self.opened,
            runs,
            show_progress="hidden",
            api_visibility="private",
        )


class Context:
    """Safe to call from many threads: each part is built once, under a lock of its own."""

    def __init__(self, config: AppConfig) -> None:
        self.config = config
        self.admin = config.admin
        self._lock = threading.Lock()
        self._building: dict[object, threading.Lock] = {}
        self._parts: dict[object, object] = {}
        self._classifiers: OrderedDict[tuple[Path, int], OnnxClassifier] = OrderedDict()

    def model_path(self, model: str | Path | None = None) -> Path:
        """The file behind a visitor's choice; None is the app's own model."""
        from liveness.classify import default_model

        return Path(model or self.config.model or default_model())

    def runs(self) -> Path:
        """The folder of training runs; it need not exist yet."""
        from liveness.training.runs import runs_folder

        return Path(self.config.runs) if self.config.runs else runs_folder()

    def detector(self, name: str = DEFAULT_DETECTOR) -> Detector:
        """The detector of that name. Raises WeightsError when its weights cannot be had."""
        return self._once(("detector", name), lambda: build_detector(name))

    def classifier(self, model: str | Path | None = None) -> OnnxClassifier:
        """The classifier for a model file as it is on disk now. Raises ModelError."""
        from liveness.classify import OnnxClassifier

        path = self.model_path(model)
        if not path.is_file():
            raise ModelError(
                f"there is no model at {path.name}: train one, or choose another in the Model tab"
            )
        key = (path.resolve(), path.stat().st_mtime_ns)
        with self._lock_of(("model", path.resolve())):
            found = self._classifiers.get(key)
            if found is None:
                found = OnnxClassifier(path)
            self._remember(key, found)
        return found

    def gallery(self) -> Gallery:
        """The gallery of enrolled people; opened on first use. Raises GalleryError."""
        from liveness.matching.gallery import Gallery

        return self._once("gallery", Gallery)

    @property
    def matching(self) -> bool:
        """Whether faces may be named: not where strangers would learn who is enrolled."""
        return self.admin

    def matcher(self) -> OrbMatcher:
        """Names faces by the gallery. Raises InputError where that is off, GalleryError."""
        if not self.matching:
            raise InputError("matching is off on this address: who is enrolled is not told to visitors")
        from liveness.matching.match import OrbMatcher

        return self._once("matcher", lambda: OrbMatcher(self.gallery()))

    def pipeline(
        self, detector: str = DEFAULT_DETECTOR, model: str | Path | None = None, match: bool = False
    ) -> Pipeline:
        """A pipeline of kept parts; costs nothing once they are built."""
        from liveness.pipeline import Pipeline

        classify: Classifier = self.classifier(model)
        return Pipeline(self.detector(detector), classify, self.matcher() if match else None)

    def live_classifier(self, model: str | Path | None = None) -> Classifier:
        """The classifier, or its int8 twin where that is faster on this machine and agrees with it."""
        from liveness.int8twin import fastest

        return fastest(self.classifier(model)).classifier

    def live_pipeline(
        self, detector: str = DEFAULT_DETECTOR, model: str | Path | None = None, match: bool = False
    ) -> Pipeline:
        """As ``pipeline``, for streams."""
        from liveness.pipeline import Pipeline

        parts = self.detector(detector), self.live_classifier(model)
        return Pipeline(*parts, self.matcher() if match else None)

    def expresser(self) -> Expresser | None:
        """Reads blinks and smiles; None when package or file are not here, or the file cannot be used."""
        from liveness.live.expression import FaceMesh, missing

        try:
            return None if missing() else self._once("expresser", FaceMesh)
        except WeightsError as error:  # the tab says it beside the movements that are asked for
            log.warning("%s", error)
            return None

    def fusion(self) -> Fusion | None:
        """What joins score and cues in the Live tab, None unless a file was named. Raises InputError."""
        from liveness.live.fusion import load_fusion

        return self._once("fusion", lambda: load_fusion(self.config.fusion)) if self.config.fusion else None

    def warm_up(self) -> threading.Thread:
        """Build the default parts in the background, so that the first visitor does not wait."""
        thread = threading.Thread(target=self._warm_up, name="warm-up", daemon=True)
        thread.start()
        return thread

    def _warm_up(self) -> None:
        try:
            self.pipeline()
        except LivenessError as error:  # the tab says it again, to the person who needs it
            log.warning("%s", error)

    def _remember(self, key: tuple[Path, int], classifier: OnnxClassifier) -> None:
        """Keep the models used last; forget older states of the same file."""
        with self._lock:
            for old in [k for k in self._classifiers if k[0] == key[0] and k != key]:
                del self._classifiers[old]
            self._classifiers[key] = classifier
            self._classifiers.move_to_end(key)
            while len(self._classifiers) > _MODELS_KEPT:
                self._classifiers.popitem(last=False)

    def _lock_of(self, key: object) -> threading.Lock:
        with self._lock:
            return self._building.setdefault(key, threading.Lock())

    def _once(self, key: object, build: Callable[[], T]) -> T:
        with self._lock_of(key):
            if key not in self._parts:
                self._parts[key] = build()
            return self._parts[key]  # type: ignore[return-value]


@contextmanager
def told() -> Iterator[None]:
    """Show our own errors to the visitor as one sentence, without a traceback."""
    try:
        yield
    except LivenessError as error:
        raise gr.Error(sentence(error), print_exception=False) from None


def sentence(error: LivenessError) -> str:
    """The message as shown to people: a capital letter first."""
    text = str(error)
    return text[:1].upper() + text[1:]
