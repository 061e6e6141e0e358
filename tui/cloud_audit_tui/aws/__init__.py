"""Read-only AWS access: profiles, sessions, paging and error mapping."""
