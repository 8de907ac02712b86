"""`train` blocks: their settings read and checked."""
