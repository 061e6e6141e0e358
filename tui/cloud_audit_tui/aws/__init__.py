"""How AWS is read."""
