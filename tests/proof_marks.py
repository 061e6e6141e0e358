"""Which tests are proofs without bearing the mark themselves."""

from __future__ import annotations

PROOF_FIXTURES = frozenset(
    {
        "cli_proof",
        "demo_scan",
        "embedded_aws",
        "empty_aws",
        "newest_cli",
        "proxy",
        "quick",
        "snap_compare",
        "terraform_proof",
    }
)
"""What a test asks for that runs programs, serves an AWS or draws a picture of the app."""
OPENS_APP = "opens an app"
"""The argument of the mark of a proof that is one by this alone."""
