"""The tabs of the detail pane by their ids, and the widget of each that takes time to fill."""

from __future__ import annotations

EXPLANATION, CLI, TERRAFORM, EVIDENCE = TABS = ("explanation", "cli", "terraform", "evidence")
BODIES = {
    EXPLANATION: "explanation-text",
    CLI: "cli-text",
    TERRAFORM: "terraform-text",
    EVIDENCE: "evidence-text",
}
"""The widget of each tab that takes time to fill; the lead above it is to be read first."""
