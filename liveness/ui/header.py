"""The line above the tabs: what this is, and which model judges."""

from __future__ import annotations

from html import escape
from pathlib import Path

from liveness.errors import ModelError
from liveness.ui.context import Context, sentence

NAME = "Liveness workbench"
PURPOSE = "Is the face in front of the camera a living person, or a print or a screen?"


_MARK = (
    '<svg viewBox="0 0 32 32" aria-hidden="true">'
    '<path d="M3 10V6a3 3 0 0 1 3-3h4M22 3h4a3 3 0 0 1 3 3v4"/>'
    '<path d="M29 22v4a3 3 0 0 1-3 3h-4M10 29H6a3 3 0 0 1-3-3v-4"/>'
    '<path d="M6 17h5l3-7 4 12 3-5h5"/></svg>'
)


def title() -> str:
    """HTML: the name and one sentence."""
    return f'<div class="lw-title">{_MARK}<div><h1>{NAME}</h1><p>{PURPOSE}</p></div></div>'


def model_in_use(context: Context, model: str | None) -> str:
    """HTML: the model that judges for this visitor, or why there is none."""
    from liveness.modelfile import load_info

    path = context.model_path(model)
    if not path.is_file() and model is None:
        return _line("none", "No model yet", "train one in the Train tab, or load one in the Model tab")
    try:
        info = load_info(path)
    except ModelError as error:
        return _line("none", "No usable model", sentence(error))
    facts = [info.network, f"threshold {info.threshold:.3g}", info.operating_point, info.created[:10]]
    whose = "chosen by you, for this visit" if model is not None else ""
    return _line("ok", _name(path, model), " · ".join(filter(None, facts)), whose)


def _name(path: Path, model: str | None) -> str:
    return path.name if model is not None else f"{path.name} (default)"


def _line(state: str, name: str, facts: str, whose: str = "") -> str:
    badge = f'<span class="lw-badge">{escape(whose)}</span>' if whose else ""
    return (
        f'<div class="lw-model {state}" role="status"><span class="lw-label">Model in use</span> '
        f'<strong>{escape(name)}</strong> {badge}<span class="lw-facts">{escape(facts)}</span></div>'
    )
