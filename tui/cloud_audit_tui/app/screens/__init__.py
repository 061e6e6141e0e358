"""Whole screens, one a file, and the table of those that a key opens.

A new screen is its file, its keys in `cloud_audit_tui.app.keymap`, and an entry here.
"""
