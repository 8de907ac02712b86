"""Changes to one argument of a call: it is left out, put in other words, or its value is another.

Proposals only, each is tried by `netdsl/fixes.py` before it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.elaborate.remedies.written_arguments import argument_at, value_place
from netdsl.elaborate.scope.entities import Given, short
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.value import Value


def leave_out(call: tree.Call, name: str | None) -> Fix | None:
    """Take an argument out of a call, with the comma that goes with it."""
    names = [argument.name for argument in call.arguments]
    if name not in names:
        return None
    number, file = names.index(name), call.span.file
    argument = call.arguments[number]
    if number:
        place = Span(file, call.arguments[number - 1].span.end, argument.span.end)
    elif len(names) > 1:
        place = Span(file, argument.span.start, call.arguments[1].span.start)
    else:
        place = argument.span
    return Fix((Edit(place, ""),), safe=True)


def without_value(call: tree.Call, span: Span) -> Fix | None:
    """Take a value given by position out of a call."""
    number = next((i for i, a in enumerate(call.arguments) if a.span == span and not a.star), None)
    if number is None:
        return None
    start = call.arguments[number - 1].span.end if number else span.start
    end = call.arguments[1].span.start if not number and len(call.arguments) > 1 else span.end
    text = f"leave `{short(span.text)}` out"
    return Fix((Edit(Span(span.file, start, end), ""),), text=text)


def moved_behind(call: tree.Call, name: str | None, now: str) -> Fix | None:
    """Move an argument behind: `Dropout(0.5, training=True)` -> `Dropout(0.5)(training=True)`.

    `now` is the name that it has there.
    """
    if call.span.behind.lstrip().startswith("("):
        return None
    kept = [a.span.text for a in call.arguments if a.name != name]
    moved = [f"{now}={a.value.span.text}" for a in call.arguments if a.name == name]
    text = f"{call.function.span.text}({', '.join(kept)})({', '.join(moved)})"
    return Fix((Edit(call.span, text),), text=f"write `{' '.join(text.split())}`")


def in_other_words(instead: tuple[str, str], name: Span, value: Span) -> Fix:
    """Put an argument in Keras's words: `keep_prob=0.9` -> `rate=0.1`, `keep_prob=keep` -> `rate=1 - keep`."""
    is_written_out = value.text[:1] in "0123456789.\"'"
    text = instead[0] if is_written_out else instead[1].format(value.text)
    whole = Span(name.file, name.start, value.end)
    return Fix((Edit(whole, text),), safe=True, text=f"write `{text}`")


def whole_division(value: Value, span: Span) -> Fix | None:
    """Propose `//` for a quotient where a whole number is needed: `64 / 2` is 32.0."""
    if not isinstance(value, float) or span.text.count("/") != 1:
        return None
    text = span.text.replace("/", "//")
    return Fix((Edit(span, text),), text=f"divide to a whole number: `{text}`")


def one_tuple(positional: list[Given]) -> Fix | None:
    """Put sizes that were meant to be one tuple in parentheses: `Reshape(28, 28, 1)`."""
    if len(positional) < 2 or not all(isinstance(g.value, (int, list, tuple)) for g in positional):
        return None
    first, last = positional[0].span, positional[-1].span
    if first == last:
        return None  # spread by a `*`
    whole = Span(first.file, first.start, last.end)
    text = f"({', '.join(_sizes_in(given) for given in positional)})"
    return Fix((Edit(whole, text),), text=f"write one tuple: `{text}`")


def _sizes_in(given: Given) -> str:
    text = given.span.text
    return text[1:-1].strip(", ") if text[:1] in ("(", "[") and text[-1:] in (")", "]") else text


def _in_a_line(call: tree.Call, text: str, arguments: Iterable[str]) -> str:
    """Give a changed call for a message: one that is written over several lines is put into one, without comments."""
    if "\n" in text:
        text = f"{call.function.span.text}({', '.join(arguments)})"
    return " ".join(text.split())


def with_argument(call: tree.Expr | None, name: str, value: str, why: str) -> Fix | None:
    """Add an argument to a call that does not give it."""
    return with_arguments(call, {name: value}, why)


def with_arguments(call: tree.Expr | None, arguments: Mapping[str, str], why: str) -> Fix | None:
    """Add arguments to a call that gives none of them, and say so behind `why`."""
    added = added_arguments(call, arguments)
    return None if added is None else Fix((added[0],), text=f"{why}`{added[1]}`")


def added_arguments(
    call: tree.Expr | None, arguments: Mapping[str, str]
) -> tuple[Edit, str] | None:
    """Give the change that adds arguments to a call, and the call as it then is; None where it gives one of them."""
    if not isinstance(call, tree.Call) or any(a.name in arguments for a in call.arguments):
        return None
    given = [a.span.text for a in call.arguments]
    whole, listed = call.span, ", ".join(f"{name}={value}" for name, value in arguments.items())
    if call.arguments:
        place, added = call.arguments[-1].span.end, f", {listed}"
    else:
        place, added = whole.end - 1, listed
    text = whole.text[: place - whole.start] + added + whole.text[place - whole.start :]
    return Edit(Span(whole.file, place, place), added), _in_a_line(call, text, [*given, listed])


def with_value(
    call: tree.Expr | None, name: str, value: str, position: int | None, why: str
) -> Fix | None:
    """Give an argument of a call a value, in place of the one that it has by its name or position."""
    if not isinstance(call, tree.Call):
        return None
    given = argument_at(call, name, position)
    if given is None:
        return with_argument(call, name, value, f"{why}: ")
    place, whole = value_place(given), call.span
    shown = (
        f"{whole.text[: place.start - whole.start]}{value}{whole.text[place.end - whole.start :]}"
    )
    others = [
        (f"{a.name}={value}" if a.name else value) if a is given else a.span.text
        for a in call.arguments
    ]
    return Fix((Edit(place, value),), text=f"{why}: `{_in_a_line(call, shown, others)}`")
