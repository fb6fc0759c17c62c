"""Access, the third fact beside liveness and identity: granted only to a live *and* known face."""

from __future__ import annotations

from typing import NamedTuple

from liveness.types import FaceResult


class Access(NamedTuple):
    """reasons: two short sentences, always both: one of liveness, one of identity."""

    granted: bool
    reasons: tuple[str, str]


def access(result: FaceResult) -> Access:
    """Whether the face may pass, and why; a spoofed or undecided face never does, however well known."""
    return Access(result.granted, (_liveness(result), _identity(result)))


def _liveness(result: FaceResult) -> str:
    verdict = result.verdict
    if verdict is None:
        problems = result.quality.problems if result.quality else ()
        return f"no liveness decision: {'; '.join(problems) or 'the face was not judged'}"
    return f"{verdict.label.word}: score {verdict.score:.2f}, {verdict.threshold:.2f} wanted"


def _identity(result: FaceResult) -> str:
    match = result.match
    if match is None:
        return "not matched: nobody is enrolled, or the face shows too few features"
    # The nearest name stays out of the sentence when it is not good enough: a stranger shall not read it.
    word = f"matches {match.name}" if match.known else "unknown"
    return f"{word}: score {match.score:.2f}, {match.threshold:.2f} wanted"
