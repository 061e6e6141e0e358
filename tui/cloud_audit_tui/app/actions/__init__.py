"""What a key does with the chosen findings."""
