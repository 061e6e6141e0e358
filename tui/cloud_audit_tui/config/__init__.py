"""The files that a user edits: the settings, and the mutes and scope of an audit."""
