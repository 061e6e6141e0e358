"""Checks of Account Management."""
