"""Checks of ssm."""
