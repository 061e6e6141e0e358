"""Checks of sagemaker."""
