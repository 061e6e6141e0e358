"""Findings, profiles and times as texts and colors."""
