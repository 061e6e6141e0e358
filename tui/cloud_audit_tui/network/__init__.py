"""Addresses, security groups, network ACLs and routes: pure, no I/O."""
