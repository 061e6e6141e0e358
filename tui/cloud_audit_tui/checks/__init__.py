"""The checks, what they need, and the facts that a scan stores."""
