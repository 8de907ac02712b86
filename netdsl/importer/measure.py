"""How much there is to read."""

from __future__ import annotations

import re


def tokens(text: str) -> int:
    """Count the words and signs of a spec: how much there is to read."""
    return len(re.findall(r'"[^"]*"|[\w.]+|->|[^\w\s]', text))
