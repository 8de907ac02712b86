"""What is settled before a body runs: the order of its statements, the names of its layers."""
