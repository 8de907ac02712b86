"""Files: read, linked with those they import, names resolved."""
