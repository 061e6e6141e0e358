"""botocore's models decoded by the decoder of the scanner, in a third of the time."""

from __future__ import annotations

from botocore.loaders import JSONFileLoader

from cloud_audit_tui.aws.service_models import full_loader


def decode_quickly() -> None:
    """Let each loader of this process decode so; a process loads a dozen services for its AWS or its CLI."""
    JSONFileLoader._load_file = type(full_loader().file_loader)._load_file
