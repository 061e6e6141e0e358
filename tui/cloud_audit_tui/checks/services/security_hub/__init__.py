"""Checks of security_hub."""
