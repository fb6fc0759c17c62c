"""What to do in front of the camera, in a few words: one thing at a time."""

from __future__ import annotations

from liveness.live.challenge import Stage
from liveness.live.challengepolicy import Outcome
from liveness.live.doubt import Doubt
from liveness.live.movements import Action
from liveness.live.session import Phase, SessionState
from liveness.types import Box

# The oval, as shares of the frame's height: where a face should be, and how large.
OVAL_CENTRE, OVAL_HEIGHT, OVAL_RATIO = 0.48, 0.66, 0.76
_SMALLEST, _LARGEST, _OFF = 0.3, 0.85, 0.22

PROMPTS = {
    Action.LEFT: "Turn your head to your left",
    Action.RIGHT: "Turn your head to your right",
    Action.NOD: "Nod: chin down, then up again",
    Action.CLOSER: "Come closer to the camera",
    Action.DOT: "Follow the dot with your nose",
    Action.BLINK: "Shut your eyes, count to one, open them",
    Action.SMILE: "Smile",
}
REASONS = {Outcome.FAIL: "Not passed", Outcome.NOT_COMPLETED: "Not completed"}


def placement(box: Box, width: int, height: int) -> str:
    """How the face should move to fill the oval; empty when it is there. In the frame's own pixels."""
    share = box.height / height
    if share < _SMALLEST:
        return "Come closer"
    if share > _LARGEST:
        return "Move back a little"
    x, y = box.centre
    if max(abs(x - width / 2), abs(y - height * OVAL_CENTRE)) > _OFF * height:
        return "Move to the middle"
    return ""


def guidance(state: SessionState, width: int, height: int) -> str:
    """The one thing that would help now; empty when nothing would."""
    if state.face is None:
        return _sentence(state.problem)
    challenge = state.challenge
    if challenge is not None and challenge.stage is Stage.MOVE and challenge.action is not None:
        return PROMPTS[challenge.action]
    if state.problem:
        return _sentence(state.problem.split(": ")[-1])
    if challenge is not None and challenge.stage is Stage.STRAIGHT:
        return "Look straight into the camera"
    if len(state.result.faces) > 1:
        return "Only one face, please"
    if Doubt.LIGHT in state.doubts and state.face.quality is not None:
        return "More light" if state.face.quality.brightness < 128 else "Less light"
    still = state.phase is Phase.CHECKING or Doubt.QUALITY in state.doubts
    return placement(state.face.face.box, width, height) or ("Hold still" if still else "")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
