"""Checks of bedrock."""
