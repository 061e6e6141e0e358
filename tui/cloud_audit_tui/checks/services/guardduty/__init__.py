"""Checks of guardduty."""
