"""Remediations as shell scripts."""
