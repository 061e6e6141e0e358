"""S3 Control's addresses when AWS is not AWS."""

from __future__ import annotations

from cloud_audit_tui.aws.endpoint_override import without_account_in_host
from each_row import each_row

PATH = "/v20180820/configuration/publicAccessBlock"


def test_the_account_stays_only_before_a_name() -> None:
    rows = [
        ("111122223333.127.0.0.1:4566", "127.0.0.1:4566"),
        ("111122223333.localhost:4566", "localhost:4566"),
        ("111122223333.localhost", "localhost"),
        ("111122223333.[::1]:4566", "[::1]:4566"),
        (
            "111122223333.s3-control.eu-central-1.amazonaws.com",
            "111122223333.s3-control.eu-central-1.amazonaws.com",
        ),
        ("111122223333.aws.example.com", "111122223333.aws.example.com"),
        ("127.0.0.1:4566", "127.0.0.1:4566"),
    ]
    with each_row() as row:
        for host, sent_to in rows:
            with row(host):
                params = {"url": f"http://{host}{PATH}"}
                without_account_in_host(params, model=None)
                assert params == {"url": f"http://{sent_to}{PATH}"}
