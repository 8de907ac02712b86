"""What Python asks a dict for, `words.items()`, in the words of a spec: a dict has keys and nothing else."""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.problems.names import UnknownMember
from netdsl.elaborate.scope.entities import POISON, short
from netdsl.elaborate.scope.frame import Frame
from netdsl.syntax import tree
from netdsl.value import Value

#: A method, and the expression that comes to the same; `{d}` is the dict.
_METHODS = {
    "items": "[(key, {d}[key]) for key in {d}]",
    "values": "[{d}[key] for key in {d}]",
    "keys": "{d}",
}


def report_member(
    expr: tree.Attribute, call: tree.Call | None, keys: list[Value], frame: Frame
) -> Value:
    """Report `words.items()`, and `words.age` for `words["age"]`."""
    written, member = expr.value.span.text, expr.name
    text = _instead(written, member, call, keys)
    fix = (
        None
        if text is None
        else Fix((Edit((call or expr).span, text),), text=f"write `{short(text)}`")
    )
    listed = ", ".join(f'`"{key}"`' for key in keys[:8] if isinstance(key, str))
    frame.report(
        UnknownMember.at(
            expr.name_span,
            "a dict has keys and no members",
            name=member,
            help=fix.text
            if fix
            else f"take one by its key: {listed}"
            if listed
            else "take one by its key",
            fix=fix,
        )
    )
    return POISON


def _instead(written: str, member: str, call: tree.Call | None, keys: list[Value]) -> str | None:
    if call is None:
        return f'{written}["{member}"]' if member in keys else None
    given = [a.value.span.text for a in call.arguments if a.name is None and not a.star]
    if member == "get" and given and len(given) == len(call.arguments):
        otherwise = given[1] if len(given) > 1 else "None"
        return f"{written}[{given[0]}] if {given[0]} in {written} else {otherwise}"
    return _METHODS[member].format(d=written) if member in _METHODS and not call.arguments else None
