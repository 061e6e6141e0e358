"""Scan AWS profiles and regions for security faults in the terminal, and copy the fix."""

__version__ = "0.1.0"
