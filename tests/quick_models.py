"""botocore's models decoded by the decoder of the scanner, in a third of the time, for a whole process.

A process loads the models of a dozen services for its AWS or its CLI. It imports this module for its effect,
before what reads models while it is imported.
"""

from __future__ import annotations

from botocore.loaders import JSONFileLoader

from cloud_audit_tui.aws.service_models import full_loader

JSONFileLoader._load_file = type(full_loader().file_loader)._load_file
