"""Pure analysis of addresses, security groups, network ACLs and routes; no I/O."""
