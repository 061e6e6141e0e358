"""Checks of secrets_manager."""
