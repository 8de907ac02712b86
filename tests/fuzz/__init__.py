"""Random input for the whole compiler: whatever the text, no traceback, no more than two seconds and 1 GiB."""
