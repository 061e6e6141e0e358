"""A whole scan as a document."""
