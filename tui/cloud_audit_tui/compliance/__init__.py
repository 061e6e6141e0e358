"""Compliance frameworks as data, one file each, and the controls that refer to a check."""
