"""Reports: the findings of scans as one document, written in many formats and read from some of them."""
