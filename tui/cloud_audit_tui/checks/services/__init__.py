"""The checks, one package per AWS service."""
