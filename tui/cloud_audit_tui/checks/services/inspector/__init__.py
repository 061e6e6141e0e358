"""Checks of inspector."""
