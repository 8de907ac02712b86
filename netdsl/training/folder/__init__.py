"""The folder that a run leaves: made, kept whole, and read again, also where it comes from a stranger."""
