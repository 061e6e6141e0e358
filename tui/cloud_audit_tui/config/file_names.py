"""The names of the files that a user edits; separate, because the modules that read them import slowly."""

AUDIT_FILE = ".cloud-audit.yml"
"""The accepted findings and the scope of an audit, in the working directory."""
SETTINGS_FILE = "config.toml"
"""The settings, in the user's configuration directory."""
