"""The file: whose it is, who may read it, and what is said when it cannot be used."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cloud_audit_tui.scan.events import AnyEvent, Result
from cloud_audit_tui.store import schema
from cloud_audit_tui.store.store import Store, StoreError
from cloud_audit_tui.store.view import View
from each_row import each_row
from store.made_scans import finding_of, finished, names, reached, scan, started


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_file_and_its_directory_are_their_owners_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        path = tmp_path / "share" / "app" / "findings.db"
        with Store.open(path) as store:
            store.apply(scan("a", finding_of()))
            names(store)
            assert mode(path.parent) == 0o700
            beside = list(path.parent.iterdir())
            assert len(beside) == 3
            assert {mode(file) for file in beside} == {0o600}
    finally:
        os.umask(old)


def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    Store.open(path).close()
    path.chmod(0o644)
    Store.open(path).close()
    assert mode(path) == 0o600


def test_what_was_found_is_there_when_it_is_opened_again(path: Path) -> None:
    with Store.open(path) as store:
        store.apply(scan("a", finding_of("one")))
    with Store.open(path) as store:
        assert names(store) == ["one"]
    assert list(path.parent.iterdir()) == [path]


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    with Store.open(path) as store:
        store.apply(scan("a", finding_of("one")))
        assert names(store) == ["one"]


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    Store.open(path).close()
    change(path, f"PRAGMA user_version = {schema.VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer cloud-audit-tui; update this one, or move the file away"):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.write_text("Dear diary, " * 1_000)
    path.chmod(0o644)
    with pytest.raises(StoreError, match=r"findings\.db is not a database of cloud-audit-tui; move it away"):
        Store.open(path)
    assert path.read_text() == "Dear diary, " * 1_000
    assert mode(path) == 0o644


def test_another_programs_database_is_left_alone(path: Path) -> None:
    change(path, "CREATE TABLE diary (day)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is not a database of cloud-audit-tui"):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_damaged_file_is_an_error_in_words(path: Path) -> None:
    with Store.open(path) as store:
        store.apply(scan("a", *[finding_of(f"endpoint-{n}") for n in range(500)]))
    content = path.read_bytes()
    path.write_bytes(content[:4096] + bytes(len(content) - 4096))
    with pytest.raises(StoreError, match="damaged; move the file away"), Store.open(path) as store:
        store.row_ids(View(("prod",)))


def test_a_damaged_value_is_an_error_in_words(path: Path) -> None:
    def read_everything(store: Store) -> None:
        store.scan_counts(["prod"])
        store.overview(["prod"])
        ids = store.row_ids(View(("prod",)))
        store.rows(ids)
        store.findings(ids)

    with Store.open(path) as store:
        store.apply(scan("a", finding_of()))
        read_everything(store)
    content = path.read_bytes()
    damages = (
        "UPDATE finding SET disposition = 'opeo'",
        "UPDATE topic SET subject_kind = 'resourcf'",
        "UPDATE check_info SET category = 'securitz'",
        "UPDATE finding SET rank = 99",
        "UPDATE finding SET rank = -1",
        "UPDATE finding SET evidence = x'ff'",
        "UPDATE finding SET evidence = CAST(x'7b2261223a22ff227d' AS BLOB)",
    )
    with each_row() as row:
        for damage in damages:
            with row(damage):
                path.write_bytes(content)
                change(path, damage)
                with Store.open(path) as store, pytest.raises(StoreError, match="damaged; move the file"):
                    read_everything(store)


def test_a_place_that_is_no_directory_or_no_file_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot be kept in .* make its directory writable"):
        Store.open(tmp_path / "file" / "findings.db")
    with pytest.raises(StoreError, match="is not a file; choose another place"):
        Store.open(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match=r"cannot be kept in .* make its directory writable"):
            Store.open(tmp_path / "findings.db")
    finally:
        tmp_path.chmod(0o700)


def test_a_directory_that_the_system_refuses_is_an_error_in_words(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StoreError, match=r"\(Permission denied\); make its directory writable"):
        Store.open(path)


def test_a_locked_file_is_an_error_in_words_and_is_usable_afterwards(path: Path) -> None:
    with Store.open(path, wait=0) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked by another program; close it"):
            store.apply(scan("a", finding_of("one")))
        assert names(store) == []
        other.execute("ROLLBACK")
        other.close()
        store.apply(scan("a", finding_of("one")))
        assert names(store) == ["one"]


def test_a_file_that_is_locked_when_it_is_made_is_an_error_in_words(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="locked by another program"):
        Store.open(path, wait=0)
    other.close()


def test_a_full_disk_is_an_error_in_words_and_loses_nothing(path: Path) -> None:
    with Store.open(path) as store:
        store.apply(scan("a", finding_of("one")))
        store._writer.execute("PRAGMA max_page_count = 40")
        with pytest.raises(StoreError, match="is full; free some space"):
            store.apply(scan("b", *[finding_of(f"{n} {'x' * 1_000}") for n in range(500)]))
        assert names(store) == ["one"]
        store._writer.execute("PRAGMA max_page_count = 100000")
        store.apply(scan("c", finding_of("one"), finding_of("two")))
        assert names(store) == ["one", "two"]


def test_a_batch_that_found_the_file_locked_can_be_recorded_afterwards(path: Path) -> None:
    with Store.open(path, wait=0) as store:
        store.apply(scan("a", finding_of("old")))
        store.apply([started("b"), *reached(), Result(finding_of("one"))])
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        last: list[AnyEvent] = [Result(finding_of("two")), finished("b")]
        with pytest.raises(StoreError, match="locked by another program"):
            store.apply(last)
        other.execute("ROLLBACK")
        other.close()
        assert names(store) == ["old", "one"]
        store.apply(last)
        assert names(store) == ["one", "two"]


GROWS = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from store.made_scans import finding_of, names, scan
from cloud_audit_tui.store.store import Store, StoreError
with Store.open(Path(sys.argv[1])) as store:
    store.apply(scan("a", *[finding_of(f"kept {n}") for n in range(100)]))
    size = Path(sys.argv[1] + "-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50_000, resource.RLIM_INFINITY))
    try:
        store.apply(scan("b", *[finding_of(f"{n} {'x' * 1_000}") for n in range(2_000)]))
    except StoreError as error:
        print(error)
    assert len(names(store)) == 100
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    store.apply(scan("c", *[finding_of(f"kept {n}") for n in range(101)]))
"""


@pytest.mark.proof
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits the size of files")
def test_a_write_that_the_system_refuses_is_an_error_in_words_and_loses_nothing(path: Path) -> None:
    grown = subprocess.run(
        [sys.executable, "-c", GROWS, str(path), str(Path(__file__).parents[1])],
        check=True,
        capture_output=True,
        text=True,
    )
    assert f"The disk that holds {path}" in grown.stdout
    assert "full" in grown.stdout
    with Store.open(path) as store:
        assert len(names(store)) == 101


def test_a_closed_store_says_so(store: Store) -> None:
    names(store)
    store.close()
    store.close()
    for use in (lambda: store.apply([]), lambda: names(store), lambda: store.counts(["prod"])):
        with pytest.raises(StoreError, match="have been closed; open them again"):
            use()


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(statement)
    connection.close()
