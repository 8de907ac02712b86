"""What stands for what while a body is elaborated: frames, entities, values, and the limits on all of it."""
