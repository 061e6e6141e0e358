"""The results of every scan in one SQLite file: written as they arrive, queried for the views."""
