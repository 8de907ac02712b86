"""What words a mistake and mends it."""
