"""The kinds of reports that can be read: one module each, with a `Reader` named ``READER``."""
