"""The resources of the embedded AWS's accounts, one module per group of services."""
