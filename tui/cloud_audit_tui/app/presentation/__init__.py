"""Findings, profiles and times as texts and colours."""
