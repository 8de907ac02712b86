"""Names in a text of Python changed, where the module has something else of that name."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Mapping


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Change names; attributes and the names of arguments stay."""
    if not names:
        return text
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    lines = text.split("\n")
    depth = 0
    edits: list[tuple[int, int, str]] = []
    for index, token in enumerate(tokens):
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
        elif token.type == tokenize.NAME and token.string in names:
            is_attribute = tokens[index - 1].string == "."
            is_argument = depth > 0 and tokens[index + 1].string == "="
            if not is_attribute and not is_argument:
                edits.append((token.start[0] - 1, token.start[1], token.string))
    for row, column, name in reversed(edits):
        line = lines[row]
        lines[row] = line[:column] + names[name] + line[column + len(name) :]
    return "\n".join(lines)
