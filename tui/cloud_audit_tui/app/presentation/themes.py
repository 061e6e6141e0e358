"""The themes of the app, and the colors of a severity in any theme."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.theme import BUILTIN_THEMES, Theme

if TYPE_CHECKING:
    from collections.abc import Mapping

DARK_SEVERITIES = {
    "severity-critical": "#ff6e76",
    "severity-high": "#ffa657",
    "severity-medium": "#e8c95a",
    "severity-low": "#79b8ff",
    "severity-unknown": "#b6a1e8",
    "severity-pass": "#5fd07a",
}
LIGHT_SEVERITIES = {
    "severity-critical": "#b3202c",
    "severity-high": "#a84300",
    "severity-medium": "#7a5c00",
    "severity-low": "#0a5fc4",
    "severity-unknown": "#6a3fb0",
    "severity-pass": "#1a7235",
}

DARK = Theme(
    name="cloud-audit-dark",
    primary="#6cb6ff",
    secondary="#8fa3bf",
    accent="#8ddb8c",
    warning="#ffa657",
    error="#ff6e76",
    success="#5fd07a",
    foreground="#d8dee9",
    background="#10141b",
    surface="#171d26",
    panel="#212936",
    dark=True,
    variables={
        **DARK_SEVERITIES,
        "footer-background": "#171d26",
        "footer-key-foreground": "#6cb6ff",
        "footer-description-foreground": "#a9b4c4",
        "border": "#6cb6ff",
        "border-blurred": "#2c3644",
        "block-cursor-background": "#2b4a6b",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "input-selection-background": "#6cb6ff 30%",
    },
)
LIGHT = Theme(
    name="cloud-audit-light",
    primary="#0a5fc4",
    secondary="#51637c",
    accent="#1a7235",
    warning="#a84300",
    error="#b3202c",
    success="#1a7235",
    foreground="#1c2430",
    background="#fbfcfe",
    surface="#f1f4f9",
    panel="#e2e8f1",
    dark=False,
    variables={
        **LIGHT_SEVERITIES,
        "footer-background": "#f1f4f9",
        "footer-key-foreground": "#0a5fc4",
        "footer-description-foreground": "#46556b",
        "border": "#0a5fc4",
        "border-blurred": "#cfd8e5",
        "block-cursor-background": "#cfe2fb",
        "block-cursor-foreground": "#0c1420",
        "block-cursor-text-style": "bold",
        "input-selection-background": "#0a5fc4 25%",
    },
)


COLOUR_BLIND_SEVERITIES = {
    "severity-critical": "#ff9e4a",
    "severity-high": "#f0e442",
    "severity-medium": "#ffffff",
    "severity-low": "#56b4e9",
    "severity-unknown": "#cc9ec4",
    "severity-pass": "#3ec9a7",
}
"""Okabe and Ito's colors, brightened for a dark background: distinguishable without red and green."""

COLOUR_BLIND = replace(
    DARK,
    name="cloud-audit-color-blind",
    primary="#56b4e9",
    accent="#3ec9a7",
    warning="#f0e442",
    error="#ff9e4a",
    success="#3ec9a7",
    foreground="#e4e8ee",
    variables={**DARK.variables, **COLOUR_BLIND_SEVERITIES, "border": "#56b4e9"},
)
TRANSPARENT = replace(
    BUILTIN_THEMES["ansi-dark"],
    name="cloud-audit-transparent",
    variables={**BUILTIN_THEMES["ansi-dark"].variables, **DARK_SEVERITIES},
)
"""The terminal's own colors and background, which may be an image or transparent."""
OWN_THEMES = (DARK, LIGHT, COLOUR_BLIND, TRANSPARENT)


def severity_colors(theme: Theme) -> dict[str, str]:
    """Return the severity colors for a theme that defines none."""
    return dict(DARK_SEVERITIES if theme.dark else LIGHT_SEVERITIES)


def first_theme(environ: Mapping[str, str] | None = None) -> str:
    """Return the name of the first theme: that of ``TEXTUAL_THEME`` if it exists, else the dark one."""
    name = (os.environ if environ is None else environ).get("TEXTUAL_THEME", "")
    return name if name in theme_names() else DARK.name


def theme_names() -> list[str]:
    """Return the names of our themes and of Textual's own, in this order."""
    return [theme.name for theme in OWN_THEMES] + sorted(BUILTIN_THEMES)
