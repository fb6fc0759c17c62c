"""One presentation over time: push frames with their times, read what is known. The Live tab uses it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from liveness.errors import InputError
from liveness.live.activecheck import ActiveCheck, ActiveState, Mode
from liveness.live.challenge import Observation
from liveness.live.cuewatch import CueWatch
from liveness.live.doubt import DoubtWatch
from liveness.live.expression import Expresser
from liveness.live.follow import Follower
from liveness.live.fusion import Fusion
from liveness.live.light import LightCheck, LightState
from liveness.live.movements import EXPRESSIONS
from liveness.live.presentation import Phase as Phase
from liveness.live.presentation import SessionConfig as SessionConfig
from liveness.live.presentation import SessionState as SessionState
from liveness.live.stream import StreamState, StreamWatch
from liveness.live.temporal import Tracker, TrackerConfig
from liveness.matching.identity import Look, look
from liveness.pipeline import Pipeline
from liveness.types import Detector, FaceResult, Frame, FrameResult, Image, Verdict

_LONGEST_MEMORY = 5.0


@dataclass(slots=True)
class _Presentation:
    """Evidence on one face: when its first frame was judged, how many were, the last steadied verdict."""

    track: int
    number: int
    first: float | None = None
    judged: int = 0
    verdict: Verdict | None = None


class Session:
    """One camera's or clip's frames in order of time, from one thread at a time. No frame is kept.

        session = Session(Pipeline(build_detector("yunet"), OnnxClassifier("model.onnx")))
        for frame in read_video("clip.mp4"):
            state = session.push(frame.image, frame.seconds)

    The face that the session is about is the largest, and stays it until another is clearly larger. Its
    evidence is dropped at once when it leaves for more than a second, when another face takes its place, when
    the camera was away, and when the detector or the model changes.

    express: reads blinks and smiles (``expression.FaceMesh``), while one is asked for. fusion: joins score
    and cues (``liveness train-fusion``); the verdict is then its verdict. Raises InputError when the config
    asks for blinks or smiles and nothing can read them.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        config: SessionConfig = SessionConfig(),
        express: Expresser | None = None,
        fusion: Fusion | None = None,
    ) -> None:
        if express is None and EXPRESSIONS & set(config.challenge.actions):
            raise InputError("a session that asks for blinks or smiles needs express, which reads them")
        self.config = config
        self._express = express
        self._fusion = fusion
        self._cues = CueWatch(fusion.window if fusion else 2.0)
        self._doubts = DoubtWatch(config.doubt)
        self._measured = config.cues
        self._light = LightCheck() if config.light else None
        self._lit_for = 0
        self._count = 0
        self._presentations = 0
        self._active = ActiveCheck(config.active, config.challenge)
        self._watch = StreamWatch()
        self._follower: Follower | None = None
        self._now = -math.inf
        self._tracker = Tracker()
        self._shown: _Presentation | None = None
        self._pipeline = self._wrapped(pipeline)

    @property
    def pipeline(self) -> Pipeline:
        """What judges the frames, with the detector as it was given."""
        mine = self._pipeline
        return Pipeline(self._detect, mine.classify, mine.match, mine.limits)

    @property
    def searched(self) -> bool:
        """Whether the whole of the last frame was searched for faces, rather than known ones followed."""
        return self._follower is None or self._follower.searched

    def use(self, pipeline: Pipeline) -> None:
        """Go on with another pipeline; scores of another model or detector are no evidence for this one."""
        same = pipeline.detect is self._detect and pipeline.classify is self._pipeline.classify
        if same:
            self._pipeline.match = pipeline.match
        else:
            self._pipeline = self._wrapped(pipeline)
            self._restart()

    def push(self, image: Image, seconds: float) -> SessionState:
        """Judge a frame in the light of those before it. image: uint8 RGB (height, width, 3).

        seconds: since the stream began. Raises what the pipeline's parts raise.
        """
        stream = self._watch(image, seconds)
        if stream.gap or stream.resized or seconds < self._now:
            self._restart()
        self._now = seconds
        frame = Frame(image, self._count, seconds)
        self._count += 1
        looks: list[Look | None] = []
        if stream.problem:
            self._restart()
            empty = FrameResult(frame.index, seconds, ())
            state = SessionState(
                empty, presentation=self._presentations, stream=stream, problem=stream.problem
            )
        else:
            alone = self._pipeline(frame)
            self._tracker.config = TrackerConfig(memory=_memory(stream.rate))
            looks = [look(image, f.face) for f in alone.faces] if self.config.identity else []
            seen = self._with_cues(image, self._state(alone, self._tracker(alone, looks), stream))
            state = self._weighed(seen)
        active = self._asked(image, state, looks)
        light = self._lit(image, state)
        return replace(state, challenge=active.challenge, why=active.why, wait=active.wait, light=light)

    def ask(self, mode: Mode) -> None:
        """Change when movements are asked for; a challenge that runs is dropped."""
        if mode != self._active.mode:
            self._active = ActiveCheck(mode, self.config.challenge)

    def measure(self, cues: bool) -> None:
        """Whether the cues are measured as the stream goes; a fusion measures them anyway."""
        self._measured = cues

    def shine(self, light: bool) -> None:
        """Switch coloured light on or off; it begins anew with the next frame."""
        if light != (self._light is not None):
            self._light = LightCheck() if light else None

    def retry(self) -> None:
        """Let another challenge begin after one that did not pass, and coloured light again."""
        self._active.retry()
        self._light = LightCheck() if self._light else None

    def _with_cues(self, image: Image, state: SessionState) -> SessionState:
        """What the frames show over time, and the fusion's verdict in place of the network's."""
        face = state.face
        if face is None or not (self._measured or self._fusion):
            return state
        place = next(i for i, f in enumerate(state.result.faces) if self._is_shown(f))
        seconds = state.result.seconds
        window = self._cues.push(image, state.result.faces[place].face, seconds, state.score)
        state = replace(state, cues=window)
        if self._fusion is None:
            return state
        verdict = None
        if window is not None:
            verdict = Verdict(self._fusion(window.values, window.score), self._fusion.threshold)
        faces = list(state.result.faces)
        faces[place] = replace(faces[place], verdict=verdict)
        result = replace(state.result, faces=tuple(faces))
        return replace(state, result=result, face=replace(face, verdict=verdict))

    def _lit(self, image: Image, state: SessionState) -> LightState | None:
        """Coloured light begins with a face, and anew with another presentation."""
        if self._light is None or state.presentation == 0:
            return LightState() if self._light else None
        if state.presentation != self._lit_for:
            self._lit_for, self._light = state.presentation, LightCheck(self._light.policy)
        face = state.face.face if state.face else None
        return self._light.push(image, face, state.result.seconds)

    def _asked(self, image: Image, state: SessionState, looks: list[Look | None]) -> ActiveState:
        place = next((i for i, f in enumerate(state.result.faces) if self._is_shown(f)), None)
        face = state.result.faces[place] if place is not None else None
        wanted = self._active.asked in EXPRESSIONS  # it costs as much as the network
        seen = Observation(
            state.result.seconds,
            face,
            len(state.result.faces),
            state.presentation,
            looks[place] if looks and place is not None else None,
            self._express(image, face.face) if self._express and face and wanted else None,
        )
        always = self._active.mode == "always" and state.judged >= self.config.least_frames
        return self._active.push(seen, due=state.phase is Phase.UNSURE or always, why=state.doubts)

    def _is_shown(self, face: FaceResult) -> bool:
        return self._shown is not None and face.track == self._shown.track

    def _state(self, alone: FrameResult, result: FrameResult, stream: StreamState) -> SessionState:
        place = self._main(result)
        if place is None:
            return SessionState(
                result, presentation=self._presentations, stream=stream, problem="no face is seen"
            )
        face, raw = result.faces[place], alone.faces[place].verdict
        shown = self._current(face)
        if face.verdict is not None:
            shown.first = result.seconds if shown.first is None else shown.first
            shown.judged += 1
            shown.verdict = face.verdict
        self._doubts.push(result.seconds, face.quality)
        return SessionState(
            result,
            face=replace(face, verdict=shown.verdict),
            score=raw.score if raw else None,
            presentation=shown.number,
            evidence=result.seconds - shown.first if shown.first is not None else 0.0,
            judged=shown.judged,
            stream=stream,
            problem=_quality(face),
        )

    def _weighed(self, state: SessionState) -> SessionState:
        """Whether the evidence is enough, and sure. A fusion's verdict holds the cues already."""
        if state.face is None:
            return state
        verdict = state.face.verdict
        enough = state.evidence >= self.config.least_seconds and state.judged >= self.config.least_frames
        if verdict is None or not enough:
            return replace(state, phase=Phase.CHECKING)
        cues = state.cues.values if state.cues and self._fusion is None else {}
        doubts = self._doubts.doubts(verdict, cues)
        return replace(state, phase=Phase.UNSURE if doubts else Phase.DECIDED, doubts=doubts)

    def _main(self, result: FrameResult) -> int | None:
        """Which face the session is about: the one it was about, unless another is clearly larger."""
        if not result.faces:
            return None
        largest = max(range(len(result.faces)), key=lambda i: result.faces[i].face.box.area)
        for i, face in enumerate(result.faces):
            if self._is_shown(face) and face.face.box.area * 1.5 >= result.faces[largest].face.box.area:
                return i
        return largest

    def _current(self, face: FaceResult) -> _Presentation:
        assert face.track is not None
        if self._shown is None or self._shown.track != face.track:
            self._presentations += 1
            self._shown = _Presentation(face.track, self._presentations)
            self._cues.forget()
            self._doubts.forget()
            if self._follower is not None:
                self._follower.forget()  # what was followed is gone: look at the whole frame
        return self._shown

    def _restart(self) -> None:
        """Forget all evidence; presentations go on being counted."""
        self._tracker = Tracker()
        self._shown = None
        self._now = -math.inf
        if self._follower is not None:
            self._follower.forget()

    def _wrapped(self, pipeline: Pipeline) -> Pipeline:
        """The pipeline with a detector that follows faces of this stream alone."""
        self._detect: Detector = pipeline.detect
        self._follower = Follower(pipeline.detect, self.config.follow) if self.config.follow else None
        detect = self._follower or pipeline.detect
        return Pipeline(detect, pipeline.classify, pipeline.match, pipeline.limits)


def _memory(rate: float) -> float:
    """Seconds that a lost face is waited for: longer where frames come slowly, never long."""
    return min(max(1.0, 2.5 / rate), _LONGEST_MEMORY) if rate else _LONGEST_MEMORY


def _quality(face: FaceResult) -> str:
    return face.quality.problems[0] if face.quality and face.quality.problems else ""
