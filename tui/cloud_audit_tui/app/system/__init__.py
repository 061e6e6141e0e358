"""The terminal, the clipboard, the browser, other programs, and files."""
