"""The formats of reports: one module each, with a `Format` named ``FORMAT``."""
