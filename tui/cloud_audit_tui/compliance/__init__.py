"""Compliance frameworks as data: one file a framework, and the controls that a check bears on."""
