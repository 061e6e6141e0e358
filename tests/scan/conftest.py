"""What several tests of the scanner share."""

from organization import org  # noqa: F401
