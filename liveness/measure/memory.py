"""What an evaluation must say where a model is asked about pictures that it has learned from."""

from __future__ import annotations

import numpy as np

from liveness.measure.evaluate import Evaluation, SystemFacts

_MEMORY = "no error rate of anything but memory"


def memory_notes(done: Evaluation) -> list[str]:
    """A sentence for each system that has learned, or may have, from what it was evaluated on."""
    scored = done.scored
    part = int(np.isin(scored.columns["split"], ("train", "dev")).sum())
    notes = [_note(system, part, len(scored)) for system in done.facts.systems]
    return [note for note in notes if note]


def _note(system: SystemFacts, part: int, total: int) -> str:
    if system.learned:
        share = "these pictures" if system.learned > 0.995 else f"{system.learned:.1%} of these pictures"
        return f"{system.name} has learned from {share}, or was tuned on them: there its rates are {_MEMORY}."
    if system.learned is None and part:
        said = f"its file says: {system.training_data}" if system.training_data else "its file says nothing"
        return (
            f"{part} of {total} presentations are of the data set's train or dev part. Whether {system.name} "
            f"has learned from them cannot be told ({said}). If it has, its rates are {_MEMORY}."
        )
    return ""
