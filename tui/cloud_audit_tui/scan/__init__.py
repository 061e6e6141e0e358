"""Runs jobs and yields their events."""
