"""Mistakes with names after `as`, types of outputs, counts of loops, and the form of each statement that declares.

The rules recognise one mistake each; `form_of` gives what a statement looks like where no rule knows what was meant.
"""

from __future__ import annotations

import re

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netdsl.diagnostics.problems.syntax import PythonStatement
from netdsl.source import Span
from netdsl.syntax.faults import shorten
from netdsl.syntax.recovery import BODY, BODY_WORDS, is_name
from netdsl.syntax.stop import Stop, unexpected

#: What statements that declare something look like, by their first words.
_FORMS = {
    (
        "extern",
        "layer",
    ): 'extern layer Name(…): [h, w, c] -> [h, w, 2 * c] weights [c] from "module"',
    ("extern", "fn"): 'extern fn name from "module"',
    ("extern",): 'extern regularizer Name(factor: float = 1e-3) from "module"',
    ("defaults",): "defaults Conv2D, Dense(use_bias=False)",
    ("weight",): "weight name: [64] = zeros",
    ("inputs",): 'inputs features: {"age": [1], "title": string[1]}',
    ("layer",): "layer name = Dense(64)",
}
_OF_DEFAULTS = _FORMS["defaults",]


def form_of(stop: Stop, began: int) -> str:
    """Say what a statement looks like that begins with a token; empty where its form says little."""
    first, second = (*stop.tokens.kinds[began : began + 2], "", "")[:2]
    if (first, second) == ("extern", "layer") and stop.kind == ",":
        return "write several tensors in parentheses: `([n], [m]) -> ([n], [1])`"
    form = _FORMS.get((first, second)) or _FORMS.get((first,))
    return f"write it as `{form}`" if form is not None else ""


def name_after_as(stop: Stop) -> Diagnostic | None:
    """Recognise `as s*`, `as skips[i]`, `as a, b`: what stands after `as` is one name."""
    tokens, index = stop.tokens, stop.index
    if index < 2 or not is_name(stop.previous) or tokens.text(index - 2) != "as":
        return None
    name, label = stop.previous_text, "one name stands after `as`"
    place = tokens.span(index - 1)
    if stop.kind == "*":
        fix = Fix((Edit(Span(tokens.file, place.start, stop.span.end), f"*{name}"),), safe=True)
        return unexpected(
            stop, index, "the star stands before the name", f"write `as *{name}`", fix
        )
    if stop.kind == "[":
        last = stop.brackets.partner.get(index, index)
        edit = Edit(Span(tokens.file, place.end, tokens.ends[last]), "")
        help_ = f"write `as {name}`: outside of the loop it is the list of all turns"
        return unexpected(stop, index, label, help_, Fix((edit,), safe=True))
    if stop.kind == "," and not stop.open_brackets[:-1]:
        help_ = f"write `{name}, … = x -> …` as a statement, which takes several tensors apart"
        return unexpected(stop, index, label, help_, None)
    return None


def typed_output(stop: Stop) -> Diagnostic | None:
    """Recognise `output y: [10] = x -> Dense(10)`: what leaves has the type that it has."""
    tokens, index = stop.tokens, stop.index
    if stop.kind != ":" or index < 2 or tokens.kinds[index - 2] != "output":
        return None
    opens = index + 1 if stop.following() == "[" else index + 2
    last = stop.brackets.partner.get(opens)
    if last is None or tokens.kinds[opens] != "[" or tokens.kinds[last + 1] != "=":
        return None
    place = Span(tokens.file, tokens.starts[index], tokens.ends[last])
    fix = Fix((Edit(place, ""),), safe=True)
    help_ = f"leave `{shorten(place.text)}` out, or say it in an `assert`"
    return unexpected(stop, index, "an output has the type that it has", help_, fix)


def plural_output(stop: Stop) -> Diagnostic | None:
    """Recognise `outputs [a, b]`, `returns [a, b]`."""
    tokens, began = stop.tokens, stop.began
    word = tokens.text(began)
    if stop.where != BODY or word not in ("outputs", "returns") or stop.index > began + 1:
        return None
    if tokens.kinds[began + 1] not in ("[", "{", "("):
        return None
    return unexpected(
        stop,
        began,
        "no statement begins with this word",
        "write `output`",
        stop.replace(began, "output"),
    )


def named_count(stop: Stop) -> Diagnostic | None:
    """Recognise `repeat n=3 { … }`: a count has no name."""
    tokens, index = stop.tokens, stop.index
    if stop.kind != "=" or index < 2 or tokens.kinds[index - 2] != "repeat":
        return None
    place = Span(tokens.file, tokens.starts[index - 1], tokens.ends[index])
    label, count = "a count has no name", shorten(tokens.text(index + 1))
    fix = Fix((Edit(place, ""),), safe=True)
    return unexpected(stop, index, label, f"write `repeat {count} {{ … }}`", fix)


def loop_as_statement(stop: Stop) -> Diagnostic | None:
    """Recognise `repeat 3 { … }` behind a statement that no arrow can continue: `input x: [8]`."""
    tokens, began = stop.tokens, stop.began
    if tokens.kinds[began] != "repeat" or stop.index != began + 1 or stop.before is None:
        return None
    if tokens.kinds[stop.before] not in BODY_WORDS - {"output", "layer"}:
        return None
    count = shorten(tokens.text(began + 1))
    help_ = f"let a tensor go through it: `y = x -> repeat {count} {{ … }}`"
    return unexpected(stop, began, "a loop is a stage of a chain", help_, None)


def several_defaults(stop: Stop) -> Diagnostic | None:
    """Recognise `defaults (Conv2D, Dense)(…)`, `defaults Conv2D(…), Dense(…)`."""
    tokens, index = stop.tokens, stop.index
    if stop.kind == "(" and stop.previous == "defaults":
        label = "the names of layers are expected here"
        return unexpected(stop, index, label, f"write it as `{_OF_DEFAULTS}`", None)
    first = stop.before if index == stop.began else stop.began
    if stop.kind != "," or stop.previous != ")" or first is None:
        return None
    if tokens.kinds[first] != "defaults":
        return None
    help_ = f"write a statement for each, or one for all: `{_OF_DEFAULTS}`"
    return unexpected(stop, index, "a statement ends before this", help_, None)


def output_in_parentheses(stop: Stop) -> Diagnostic | None:
    """Recognise `output(y = x -> Dense(4))`."""
    tokens, opens = stop.tokens, stop.began + 1
    last = stop.brackets.partner.get(opens)
    if stop.kind != "=" or stop.index != opens + 2 or tokens.kinds[stop.began] != "output":
        return None
    if tokens.kinds[opens] != "(" or last is None:
        return None
    edits = (Edit(tokens.span(opens), " "), Edit(tokens.span(last), ""))
    name = shorten(stop.previous_text)
    label, help_ = "`output` is a word, and no function", f"write `output {name} = …`"
    return unexpected(stop, opens, label, help_, Fix(edits, safe=True))


def name_in_quotes(stop: Stop) -> Diagnostic | None:
    """Recognise `model "Net" { … }`, `block "conv"(n) = …`."""
    index = stop.index
    words = ("model", "block", "train", "fn", "layer", "let")
    if stop.kind != "STRING" or index != stop.began + 1 or stop.previous not in words:
        return None
    name = re.sub(r"\W+", "_", stop.text.strip("\"'")).strip("_")
    if not name.isidentifier():
        return None
    return unexpected(
        stop, index, "a name stands without quotes", f"write `{name}`", stop.replace(index, name)
    )


def sequential_in_braces(stop: Stop) -> Diagnostic | None:
    """Recognise `block net = Sequential { … }`."""
    if stop.kind != "{" or stop.previous_text != "Sequential":
        return None
    help_ = "write layers one after the other with `->`: `Dense(64) -> ReLU() -> Dense(10)`"
    return unexpected(stop, stop.index, "a chain needs no `Sequential` around it", help_, None)


#: What the network stands in as a class of Python.
_METHODS = frozenset({"forward", "call", "__init__", "build", "init", "setup"})


def method_of_class(stop: Stop) -> Diagnostic | None:
    """Recognise `forward(x) { return … }`, the method of a class without its `def`."""
    tokens, began = stop.tokens, stop.began
    last = stop.brackets.partner.get(began + 1)
    if stop.where != BODY or tokens.text(began) not in _METHODS or last is None:
        return None
    if tokens.kinds[began + 1] != "(" or tokens.kinds[last + 1] not in ("{", ":"):
        return None
    name = shorten(tokens.text(began))
    return PythonStatement.at(
        tokens.span(began),
        "a model has no methods: its statements stand in its own braces",
        help="declare what comes in, `input x: [8]`, and what leaves, `output x -> Dense(4)`",
        word=f"{name}()",
    )


RULES = (
    output_in_parentheses,
    name_in_quotes,
    sequential_in_braces,
    method_of_class,
    several_defaults,
    name_after_as,
    typed_output,
    plural_output,
    named_count,
    loop_as_statement,
)
