"""The Live tab's streams: a session for each visitor. Numbers are kept while it lasts, no frame."""

from __future__ import annotations

import csv
import io
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic

from liveness.cues import CUES
from liveness.live.activecheck import Mode
from liveness.live.challengepolicy import ChallengePolicy
from liveness.live.expression import Expresser
from liveness.live.fusion import Fusion
from liveness.live.movements import LANDMARKS, Action
from liveness.live.session import Session, SessionConfig, SessionState
from liveness.pipeline import Pipeline
from liveness.types import Image

_FORGET_AFTER = 600.0
_ROWS_KEPT = 6000  # ten minutes at ten frames a second
COLUMNS = (
    *("seconds", "presentation", "phase", "faces", "score", "steadied", "threshold"),
    *("asked", "outcome", "frames_per_second", "detect_ms", "classify_ms", "total_ms"),
    *CUES,
)


def row(state: SessionState) -> tuple[object, ...]:
    """The numbers of one frame, in the order of ``COLUMNS``."""
    verdict, times = (state.face.verdict if state.face else None), state.result.timings
    asked = state.challenge.action if state.challenge else None
    cues = state.cues.values if state.cues else {}
    return (
        f"{state.result.seconds:.3f}",
        state.presentation,
        state.phase.value,
        len(state.result.faces),
        f"{state.score:.5f}" if state.score is not None else "",
        f"{verdict.score:.5f}" if verdict else "",
        verdict.threshold if verdict else "",
        asked.value if asked else "",
        state.outcome.value if state.outcome else "",
        f"{state.stream.rate:.2f}",
        *(f"{times.get(stage, 0.0):.1f}" for stage in ("detect", "classify", "total")),
        *("" if value is None else f"{value:.4f}" for value in (cues.get(name) for name in CUES)),
    )


class Visitor:
    """One visitor's stream. May be called from several threads: frames wait for each other."""

    def __init__(self, express: Expresser | None = None, fusion: Fusion | None = None) -> None:
        self.last = self._started = monotonic()
        self._express, self._fusion = express, fusion
        self.shown: dict[str, str] = {}  # what the page shows, so that only changes are sent
        self._session: Session | None = None
        self._rows: deque[SessionState] = deque(maxlen=_ROWS_KEPT)
        self._lock = threading.Lock()

    def look(
        self, pipeline: Pipeline, image: Image, mode: Mode = "never", cues: bool = False, light: bool = False
    ) -> SessionState:
        """Judge a frame, uint8 RGB (height, width, 3), in the light of this visitor's frames before it.

        cues: measured over time; light: coloured light.
        """
        with self._lock:
            self.last = monotonic()
            if self._session is None:
                actions = tuple(Action) if self._express else LANDMARKS
                config = SessionConfig(challenge=ChallengePolicy(actions=actions))
                self._session = Session(pipeline, config, self._express, self._fusion)
            self._session.use(pipeline)
            self._session.ask(mode)
            self._session.measure(cues)
            self._session.shine(light)
            state = self._session.push(image, self.last - self._started)
            self._rows.append(state)
            return state

    def retry(self) -> None:
        """Let another challenge begin."""
        with self._lock:
            if self._session is not None:
                self._session.retry()

    def recent(self, seconds: float) -> list[SessionState]:
        """The states of the last seconds, oldest first."""
        with self._lock:
            rows = list(self._rows)
        return [s for s in rows if s.result.seconds >= rows[-1].result.seconds - seconds] if rows else []

    def changed(self, name: str, html: str) -> bool:
        """Whether this differs from what the page shows there; it is taken as shown from now on."""
        changed = self.shown.get(name) != html
        self.shown[name] = html
        return changed

    def as_csv(self) -> str:
        """A row a frame, numbers alone."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        with self._lock:
            rows = list(self._rows)
        writer.writerows(row(state) for state in rows)
        return out.getvalue()


class Visitors:
    """The streams of all visitors; who leaves is forgotten.

    express: gives what reads blinks and smiles, if anything does; fusion: what joins score and cues, if a
    file was named. Called when a visitor comes.
    """

    def __init__(
        self,
        express: Callable[[], Expresser | None] = lambda: None,
        fusion: Callable[[], Fusion | None] = lambda: None,
    ) -> None:
        self._express, self._fusion = express, fusion
        self._lock = threading.Lock()
        self._streams: dict[str, Visitor] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def of(self, session: str) -> Visitor:
        with self._lock:
            now = monotonic()
            for old in [s for s, v in self._streams.items() if now - v.last > _FORGET_AFTER]:
                del self._streams[old]
            if session not in self._streams:
                self._streams[session] = Visitor(self._express(), self._fusion())
            return self._streams[session]

    def forget(self, session: str) -> None:
        with self._lock:
            self._streams.pop(session, None)
