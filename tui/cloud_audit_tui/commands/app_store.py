"""Opens the app's store for the commands that read it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cloud_audit_tui.commands.options import Mistake
from cloud_audit_tui.store.location import store_path
from cloud_audit_tui.text import plain, storable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cloud_audit_tui.store.store import Store


@contextmanager
def app_store(advice: str) -> Iterator[Store]:
    """Open the store of the app; raises `Mistake` if there is none, or if it cannot be used.

    ``advice`` tells the user what to do if there is no store yet.
    """
    # Importing the store is slow, and the app's child processes do not need it.
    from cloud_audit_tui.store.errors import StoreError  # noqa: PLC0415
    from cloud_audit_tui.store.store import Store  # noqa: PLC0415

    path = store_path()
    if not store_exists(path):
        raise Mistake(f"The app has stored no scan yet. {advice}")
    try:
        with Store.open(path) as store:
            yield store
    except StoreError as error:
        raise Mistake(str(error)) from None


def note_unknown_profiles(store: Store, profiles: Sequence[str]) -> None:
    """Name on stderr the profiles of an option that the store does not know, such as misspelt ones."""
    known_profiles = set(store.profile_names())
    if unknown := [storable(name) for name in profiles if storable(name) not in known_profiles]:
        click.echo(f"The store holds nothing about {plain(', '.join(unknown))}.", err=True)


def store_exists(path: Path) -> bool:
    """Say whether there is a store; raises `Mistake` if its directory may not be entered."""
    try:
        return path.exists()
    except OSError as error:
        raise Mistake(f"{path} cannot be read: {error.strerror}.") from None
