"""Everything that scans have found, in one SQLite file: written as it arrives, queried for the views."""
