"""What a key does with the chosen findings; each function takes the session and the host."""
