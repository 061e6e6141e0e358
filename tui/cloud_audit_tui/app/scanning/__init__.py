"""Running scans and their events."""
