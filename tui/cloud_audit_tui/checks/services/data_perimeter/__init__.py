"""Checks of data_perimeter."""
