"""Checks whose test did not run to its end yet: the table does not count them, and no test asserts them."""

NOT_MEASURED: frozenset[str] = frozenset()
