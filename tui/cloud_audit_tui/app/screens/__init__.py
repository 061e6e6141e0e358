"""Whole screens, one per file, and the registry of those that a key opens.

A new screen is its file, its keys in `cloud_audit_tui.app.keymap`, and an entry in `registry`.
"""
