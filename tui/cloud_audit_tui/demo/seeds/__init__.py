"""What the accounts of the embedded AWS hold, one module for each group of services."""
