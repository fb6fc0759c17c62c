"""How the page looks: system fonts, quiet colours, no request to anywhere else."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

ASSETS = Path(__file__).parent / "assets"
_SCRIPTS = ("returned.js", "pace.js", "radios.js")  # loaded once, with the page
HEAD = (
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">'
    # Gradio's footer lies outside of what the style sheets reach. A small screen has one link, and a dot.
    "<style>@media (max-width: 640px) { footer .divider { display: none !important; } }</style>"
    + "".join(f"<script>{(ASSETS / name).read_text(encoding='utf-8')}</script>" for name in _SCRIPTS)
)
_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    """Blue on slate, light and dark; contrast of text on buttons is at least 4.5 to 1."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.sky,
        secondary_hue=gr.themes.colors.sky,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_md,
        font=_SANS,
        font_mono=_MONO,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        block_shadow="none",
        block_label_background_fill="white",
        block_label_background_fill_dark="*neutral_900",
        block_label_border_width="0px",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        block_title_text_weight="600",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_700",
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
        button_large_text_size="*text_md",
        button_large_padding="*spacing_md calc(2 * *spacing_md)",
        slider_color="*primary_600",
        slider_color_dark="*primary_500",
    )
