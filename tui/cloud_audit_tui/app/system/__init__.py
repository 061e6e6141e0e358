"""The clipboard and files."""
