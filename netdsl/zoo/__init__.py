"""The specs that ship with netdsl: what is told of each, and how one is taken home."""
