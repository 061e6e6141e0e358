"""Findings, profiles and times in words and colours."""
