"""What is wrong: one module per AWS service."""
