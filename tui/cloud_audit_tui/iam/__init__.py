"""IAM's policy language and analyses of policies and identities: pure, no I/O."""
