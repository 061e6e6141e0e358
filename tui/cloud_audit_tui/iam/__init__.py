"""IAM's policy language and what follows from it: pure, no I/O."""
