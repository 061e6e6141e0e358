"""Checks of ecs."""
