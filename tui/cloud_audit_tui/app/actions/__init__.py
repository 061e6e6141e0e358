"""The actions of the keys; each function takes the session and the host."""
