"""Reads a report from a file's content with one of the readers, one for each module of `readers`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.reports import readers as modules
from cloud_audit_tui.reports.declarations import declarations
from cloud_audit_tui.reports.reader import UnreadableReportError
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.reports.document import Report
    from cloud_audit_tui.reports.reader import Reader

MOST_BYTES = 256 * 1024 * 1024
"""The largest report that is read: about a hundred thousand findings."""


@cache
def readers() -> dict[str, Reader]:
    """Return every reader by its name, in the order of the names."""
    return declarations(modules, "READER")


def recognized(content: bytes) -> tuple[Reader, Report]:
    """Return the reader that recognizes a file's content, and the report; raises `UnreadableReportError`."""
    if len(content) > MOST_BYTES:
        raise UnreadableReportError(f"The file is larger than {MOST_BYTES // 1024**2} MiB.")
    document = _decoded(content)
    for reader in readers().values():
        if reader.recognizes(document):
            try:
                return reader, reader.read(document).with_findings(_with_plain_id)
            except msgspec.ValidationError as error:
                raise UnreadableReportError(
                    f"The file looks like {reader.description}, but part of it is wrong: {error}."
                ) from None
    kinds = "; ".join(reader.description for reader in readers().values())
    raise UnreadableReportError(f"The file is not a report that can be read. Known kinds: {kinds}.")


def _with_plain_id(finding: Finding) -> Finding:
    """Return a finding whose check has an id that can be shown: in a file it may be any text."""
    check_id = plain(finding.check_id)
    return finding if check_id == finding.check_id else msgspec.structs.replace(finding, check_id=check_id)


def _decoded(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableReportError(f"The file is not JSON: {error}.") from None
    except RecursionError:
        raise UnreadableReportError("The file is not a report: its JSON is nested too deeply.") from None
