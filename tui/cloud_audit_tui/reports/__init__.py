"""What scans found as one document, written in many formats and read back from some."""
