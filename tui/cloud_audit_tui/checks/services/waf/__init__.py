"""Checks of waf."""
