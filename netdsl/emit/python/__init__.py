"""How Python is laid out and spelled, whatever it says: syntax trees, their plainer forms, the lines they take."""
