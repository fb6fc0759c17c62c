"""How the page looks: system fonts, quiet colours, no request to anywhere else."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

ASSETS = Path(__file__).parent / "assets"
HEAD = '<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">'
_SANS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    return gr.themes.Base(
        primary_hue="teal", secondary_hue="slate", neutral_hue="slate", font=_SANS, font_mono=_MONO
    )
