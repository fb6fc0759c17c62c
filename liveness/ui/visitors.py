"""The Live tab's streams: a session a visitor. Numbers are kept while it lasts, frames only if asked for."""

from __future__ import annotations

import base64
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
from liveness.ui.keptframes import KeptFrames

_FORGET_AFTER = 600.0
_LATE = 5.0  # seconds in which frames of a visitor who left may still arrive
_TYPES = {"csv": "text/csv", "zip": "application/zip"}
_ROWS_KEPT = 6000  # five minutes at twenty frames a second
STATES_KEPT = 20.0  # seconds: a whole state takes twenty times the room of its row
COLUMNS = (
    *("frame", "seconds", "presentation", "phase", "doubts", "faces", "score", "steadied", "threshold"),
    *("asked", "outcome", "frames_per_second", "detect_ms", "classify_ms", "total_ms"),
    *CUES,
)


def row(state: SessionState) -> tuple[object, ...]:
    """The numbers of one frame, in the order of ``COLUMNS``."""
    verdict, times = (state.face.verdict if state.face else None), state.result.timings
    asked = state.challenge.action if state.challenge else None
    cues = state.cues.values if state.cues else {}
    return (
        state.result.index,
        f"{state.result.seconds:.3f}",
        state.presentation,
        state.phase.value,
        " ".join(doubt.value for doubt in state.doubts),
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


def _csv(values: tuple[object, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue()


class Visitor:
    """One visitor's stream. May be called from several threads: frames wait for each other."""

    def __init__(self, express: Expresser | None = None, fusion: Fusion | None = None) -> None:
        self.last = self._started = monotonic()
        self._express, self._fusion = express, fusion
        self.shown: dict[str, str] = {}  # what the page shows, so that only changes are sent
        self._session: Session | None = None
        self._rows: deque[str] = deque(maxlen=_ROWS_KEPT)
        self._states: deque[SessionState] = deque()
        self._frames = KeptFrames()
        self._lock = threading.Lock()

    def look(
        self,
        pipeline: Pipeline,
        image: Image,
        mode: Mode = "never",
        cues: bool = False,
        light: bool = False,
        keep: bool = False,
    ) -> SessionState:
        """Judge a frame, uint8 RGB (height, width, 3), in the light of this visitor's frames before it.

        cues: measured over time; light: coloured light; keep: the frame, until it is saved.
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
            self._rows.append(_csv(row(state)))
            self._states.append(state)
            while self._states[0].result.seconds < state.result.seconds - STATES_KEPT:
                self._states.popleft()
            if keep:
                self._frames.add(state.result.index, image, state.result.seconds)
            else:
                self._frames.clear()
            return state

    def retry(self) -> None:
        """Let another challenge begin."""
        with self._lock:
            if self._session is not None:
                self._session.retry()

    def recent(self) -> list[SessionState]:
        """The states of the last twenty seconds, oldest first."""
        with self._lock:
            return list(self._states)

    def changed(self, name: str, html: str) -> bool:
        """Whether this differs from what the page shows there; it is taken as shown from now on."""
        changed = self.shown.get(name) != html
        self.shown[name] = html
        return changed

    @property
    def frames(self) -> int:
        """How many frames are kept now."""
        return len(self._frames)

    def drop_frames(self) -> None:
        """Forget the frames that were kept."""
        with self._lock:
            self._frames.clear()

    def as_csv(self) -> str:
        """A row a frame, numbers alone."""
        with self._lock:
            return "".join([_csv(COLUMNS), *self._rows])

    def take(self) -> str:
        """What is saved, as a data: URL: the CSV, or a ZIP of it and the frames, which are forgotten then."""
        scores = self.as_csv()
        with self._lock:
            frames, self._frames = self._frames, KeptFrames()
        kind, data = ("zip", frames.zipped(scores)) if len(frames) else ("csv", scores.encode())
        return f"data:{_TYPES[kind]};base64,{base64.b64encode(data).decode()}"


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
        self._left: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def of(self, session: str) -> Visitor:
        """The visitor with this session; for one who has just left, one that is not remembered."""
        with self._lock:
            now = monotonic()
            for old in [s for s, v in self._streams.items() if now - v.last > _FORGET_AFTER]:
                del self._streams[old]
            self._left = {s: when for s, when in self._left.items() if now - when < _LATE}
            if session in self._left:
                return Visitor(self._express(), self._fusion())
            if session not in self._streams:
                self._streams[session] = Visitor(self._express(), self._fusion())
            return self._streams[session]

    def forget(self, session: str) -> None:
        """Whatever is known of this visitor, who may begin anew."""
        with self._lock:
            self._streams.pop(session, None)

    def leave(self, session: str) -> None:
        """The visitor's page is gone: forgotten, and frames that are still on their way begin nothing."""
        self.forget(session)
        with self._lock:
            self._left[session] = monotonic()
