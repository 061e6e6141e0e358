"""AWS behavior that our fixes need and moto lacks, one module per moto service."""
