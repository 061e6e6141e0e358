"""A `replayed_aws` of many accounts, which differ in nothing but their ids.

Whoever assumes a role gets keys of the role's account, and ``sts:GetCallerIdentity`` answers by the keys.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.replayed_aws import ReplayedAws, Request, finished, http_response, serve

_ROLE = re.compile(rb"RoleArn=arn%3Aaws%3Aiam%3A%3A(\d{12})%3Arole%2F(\w+)")
_KEY = re.compile(rb"Credential=ASIA(\d{12})")
_MANAGEMENT = b"999999999999"


class ReplayedOrganization(ReplayedAws):
    """Answers STS by the account, and the rest from memory."""

    def answer(self, request: Request) -> asyncio.Future[bytes]:
        """Return the whole HTTP response to a request."""
        name = request.name
        if name == "sts:AssumeRole" and (role := _ROLE.search(request.body)):
            self._calls[name] += 1
            return finished(_xml("AssumeRole", _assumed(role[1].decode(), role[2].decode())))
        if name == "sts:GetCallerIdentity":
            self._calls[name] += 1
            key = _KEY.search(request.headers)
            return finished(_xml("GetCallerIdentity", _caller((key[1] if key else _MANAGEMENT).decode())))
        return super().answer(request)


def _assumed(account: str, role: str) -> str:
    return (
        f"<Credentials><AccessKeyId>ASIA{account}AAAA</AccessKeyId><SecretAccessKey>x</SecretAccessKey>"
        "<SessionToken>y</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
        f"<AssumedRoleUser><Arn>{_arn(account, role)}</Arn><AssumedRoleId>x:y</AssumedRoleId>"
        "</AssumedRoleUser>"
    )


def _caller(account: str) -> str:
    return f"<Arn>{_arn(account, 'Audit')}</Arn><UserId>x:y</UserId><Account>{account}</Account>"


def _arn(account: str, role: str) -> str:
    return f"arn:aws:sts::{account}:assumed-role/{role}/audit"


def _xml(operation: str, result: str) -> bytes:
    body = (
        f'<{operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{operation}Result>{result}'
        f"</{operation}Result><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></{operation}Response>"
    )
    return http_response(200, body.encode(), [("Content-Type", "text/xml")])


if __name__ == "__main__":
    asyncio.run(serve(ReplayedOrganization(sys.argv[1], float(sys.argv[2]) / 1000)))
