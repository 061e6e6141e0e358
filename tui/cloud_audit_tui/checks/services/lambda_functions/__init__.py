"""Checks of lambda_functions."""
