"""Two versions of a network: what changed in it, and whether trained weights still load."""
