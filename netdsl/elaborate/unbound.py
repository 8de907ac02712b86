"""Says of a name that nothing binds what to write for it: an output's tensor, an input, a constant."""

from __future__ import annotations

from netdsl.elaborate.frame import Frame
from netdsl.source import Span
from netdsl.syntax import tree

_FAR = 400  # characters that are read back to see what a name stands in


def how_to_bind(span: Span, name: str, frame: Frame) -> str:
    """Give the help for an unknown name that is near to none of the known ones."""
    text = span.file.text
    line = text[text.rfind("\n", 0, span.start) + 1 : span.start]
    if line.strip() == "output":
        return f"give the output its tensor: `output {name} = …`"
    for statement in frame.unit.module.statements:
        body = getattr(statement, "body", None)
        if isinstance(statement, tree.Block) and isinstance(body, tree.Body):
            bound = (s.target.span.text for s in body.statements if isinstance(s, tree.Bind))
            if name in bound:
                return (
                    f"it is bound inside `{statement.name}`: let that give it, with `output {name}`"
                )
    if line.lstrip().startswith(("let ", "assert ", "fn ", "if ")) or _is_in_call(span):
        return f"bind it, `let {name} = …`, or make it a parameter"
    return f"declare it, `input {name}: […]`, or bind it, `{name} = …`"


def _is_in_call(span: Span) -> bool:
    """Tell whether a name stands between the parentheses of a call."""
    depth = 0
    text = span.file.text[max(0, span.start - _FAR) : span.start]
    for index in range(len(text) - 1, 0, -1):
        if text[index] in ")]}":
            depth += 1
        elif text[index] in "([{" and depth:
            depth -= 1
        elif text[index] in "({":
            return text[index] == "(" and text[index - 1].isalnum()
    return False
