"""What a user decides in files: accepted findings, and the scans that a repository asks for."""
