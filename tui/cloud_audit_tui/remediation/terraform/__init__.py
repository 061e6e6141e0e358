"""Remediations as Terraform files."""
