"""Checks of kms."""
