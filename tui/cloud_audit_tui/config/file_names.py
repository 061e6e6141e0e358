"""The names of the files in which a user decides, apart from their readers, which are slow to import."""

AUDIT_FILE = ".cloud-audit.yml"
"""The accepted findings and the scope of an audit, in the working directory."""
SETTINGS_FILE = "config.toml"
"""The settings, in the user's configuration directory."""
