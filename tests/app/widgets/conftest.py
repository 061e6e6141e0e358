"""Fixtures that show one screen alone."""

from single_screen import host, text_of  # noqa: F401
