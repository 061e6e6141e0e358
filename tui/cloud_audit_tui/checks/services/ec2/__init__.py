"""Checks of ec2."""
