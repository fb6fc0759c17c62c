"""Time as evidence: small measures of a stretch of frames, each by itself. Higher is more like an attack.

None of them decides anything by itself: ``liveness cues`` reports them, docs/experiments-live.md says what
they are worth on the few clips that they were tried on, and a fusion fitted on clips of one's own
(``fusion.py``) is used where it is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from liveness.cues.base import Cue, View, see
from liveness.cues.bezel import bezel
from liveness.cues.flicker import flicker
from liveness.cues.flow import plane
from liveness.cues.glare import glare
from liveness.cues.micro import stillness
from liveness.cues.moire import moire

CUES: Mapping[str, Cue] = MappingProxyType(
    {
        "plane": plane,
        "stillness": stillness,
        "moire": moire,
        "flicker": flicker,
        "bezel": bezel,
        "glare": glare,
    }
)

__all__ = ["CUES", "Cue", "View", "see"]
