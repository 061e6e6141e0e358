"""``cloud-audit-tui mutes``: lists the accepted findings, and the mutes to review."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
import msgspec

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.commands.app_store import store_exists
from cloud_audit_tui.commands.audit_file import audit_file
from cloud_audit_tui.commands.config_option import config_option
from cloud_audit_tui.commands.options import Mistake, mistakes_in_words, table_or_json_option
from cloud_audit_tui.commands.output import write_text
from cloud_audit_tui.config.mutes import review
from cloud_audit_tui.store.location import store_path
from cloud_audit_tui.text import plain

if TYPE_CHECKING:
    from pathlib import Path

    from cloud_audit_tui.config.mutes import Mute
    from cloud_audit_tui.store.view import Row


@click.command()
@config_option
@table_or_json_option
def mutes(config_path: Path | None, form: str) -> None:
    """List the mutes and how many stored findings each covers.

    The mutes to review are named. A mute is unused if it covers no finding in the store, expired after its
    day, and too wide if it covers several checks without naming a resource. Exit code 0: no mute to review.
    1: at least one. 2: no file.
    """
    with mistakes_in_words():
        file = audit_file(config_path)
        if not file.path.exists():
            raise Mistake(f"There is no {file.path}; mute a finding in the app, or name one by --config.")
        result = review(file.mutes, _stored_rows(), list(all_checks()), datetime.now(UTC).date())
    faults = [result.faults(mute) for mute in result.mutes]
    if form == "json":
        entries = [
            {**_plain(mute), "findings": count, "review": fault}
            for mute, count, fault in zip(result.mutes, result.counts, faults, strict=True)
        ]
        write_text(msgspec.json.format(msgspec.json.encode(entries), indent=2).decode())
    else:
        lines = [
            f"{count:>6}  {plain(_scope(mute))}\n        {plain(_decision(mute))}"
            + "".join(f"\n        review: {each}" for each in fault)
            for mute, count, fault in zip(result.mutes, result.counts, faults, strict=True)
        ]
        write_text("\n".join(lines) or f"{file.path} has no mutes.")
    raise SystemExit(1 if any(faults) else 0)


def _stored_rows() -> list[Row]:
    # Importing the store is slow, and the other commands do not need it.
    from cloud_audit_tui.model import Status  # noqa: PLC0415
    from cloud_audit_tui.store.errors import StoreError  # noqa: PLC0415
    from cloud_audit_tui.store.store import Store  # noqa: PLC0415
    from cloud_audit_tui.store.view import View  # noqa: PLC0415

    path = store_path()
    if not store_exists(path):
        return []
    try:
        with Store.open(path) as store:
            view = View(tuple(store.profile_names()), (Status.FAIL, Status.NOT_ASSESSED), muted=True)
            return store.rows(store.row_ids(view))
    except StoreError as error:
        raise Mistake(str(error)) from None


def _plain(mute: Mute) -> dict[str, Any]:
    return {
        "check": mute.check,
        "resource": mute.resource,
        "account": mute.account,
        "region": mute.region,
        "reason": mute.reason,
        "owner": mute.owner,
        "expires": mute.expires,
    }


def _scope(mute: Mute) -> str:
    parts = [mute.check, mute.resource or "every resource"]
    parts += [f"account {mute.account}"] if mute.account else []
    parts += [f"region {mute.region}"] if mute.region else []
    return ", ".join(parts)


def _decision(mute: Mute) -> str:
    return f"{mute.terms}{'' if mute.expires else ' without expiry'}: {mute.reason}".lstrip()
