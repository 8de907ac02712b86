"""Recognises what was meant where a statement stops making sense, and says how netdsl writes it.

Each rule knows one way to go wrong that people coming from Python, or from a page of the language's own
documentation, take again and again. It gives a diagnostic with the change that would do, or None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, first_that_helps
from netdsl.diagnostics.habits import help_for
from netdsl.diagnostics.problems import syntax as problems
from netdsl.diagnostics.suggest import closest
from netdsl.source import Span
from netdsl.syntax.faults import leftward, shorten
from netdsl.syntax.grammar import END, stage_words
from netdsl.syntax.recovery import BODY, BODY_WORDS, SETTINGS, TOP, TOP_WORDS, is_name
from netdsl.syntax.stop import Stop, unexpected

_BEGINNINGS = {TOP: tuple(sorted(TOP_WORDS)), BODY: tuple(sorted(BODY_WORDS))}


def _methods() -> Mapping[str, str]:
    """Give the methods of a Keras model, and what there is instead."""
    return help_for("loss of its own", "method of a model")


def misspelled_word(stop: Stop) -> Diagnostic | None:
    """Recognise `modle Net {`, `imput x: [8]`: two names in a row, the first nearly a word that begins a statement."""
    kinds, began = stop.tokens.kinds, stop.began
    if stop.where not in _BEGINNINGS or kinds[began] != "NAME" or stop.index - began > 1:
        return None
    if not (is_name(kinds[began + 1]) or kinds[began + 1] == "STRING"):
        return None
    near = closest(stop.tokens.text(began), _BEGINNINGS[stop.where])
    if near is None:
        return None
    label, fix = "no statement begins with this word", stop.replace(began, near)
    return unexpected(stop, began, label, f"did you mean `{near}`?", fix)


def hyphenated_name(stop: Stop) -> Diagnostic | None:
    """Recognise `skip-path = x -> …`: a name with a hyphen in it, which subtracts."""
    tokens, began = stop.tokens, stop.began
    if stop.kind != "-" or stop.index != began + 1 or not is_name(tokens.kinds[began]):
        return None
    end = began
    while tokens.kinds[end + 1] == "-" and is_name(tokens.kinds[end + 2]):
        if tokens.starts[end + 2] != tokens.ends[end] + 1:
            return None
        end += 2
    if tokens.kinds[end + 1] != "=":
        return None
    file = tokens.file
    span = Span(file, tokens.starts[began], tokens.ends[end])
    name = span.text.replace("-", "_")
    places = re.finditer(rf"(?<![\w-]){re.escape(span.text)}(?![\w-])", file.text)
    edits = tuple(Edit(Span(file, *place.span()), name) for place in places)
    return problems.UnexpectedToken.at(
        stop.span,
        "a name has letters, digits and `_`",
        help=f"write `{name}`",
        fix=Fix(edits, safe=True),
        found="-",
    )


def backward_arrow(stop: Stop) -> Diagnostic | None:
    """Recognise `h <- x -> Dense(8)`, which begins as a comparison with a negative."""
    tokens, index = stop.tokens, stop.index
    if stop.kind != "<" or index != stop.began + 1 or tokens.kinds[index + 1] != "-":
        return None
    if tokens.starts[index + 1] != tokens.ends[index]:
        return None
    return leftward(Span(tokens.file, tokens.starts[index], tokens.ends[index + 1]))


def stages_with_comma(stop: Stop) -> Diagnostic | None:
    """Recognise `x -> Dense(16), Dense(4)`: a comma for an arrow."""
    kinds, index = stop.tokens.kinds, stop.index
    if stop.kind != "," or stop.where != BODY or not is_name(kinds[index + 1]):
        return None
    if kinds[index + 2] != "(" or stop.previous != ")":
        return None
    fix = stop.replace(index, " ->", safe=False)
    help = "write `->` between two stages, or an `output` of its own for each tensor"
    return unexpected(stop, index, "a statement gives one chain", help, fix)


def nameless_declaration(stop: Stop) -> Diagnostic | None:
    """Recognise `model {`, `model = Sequential([…])`, `train Net(…)`, `Net.compile(…)`."""
    word = stop.tokens.kinds[stop.began]
    if stop.where != TOP:
        return None
    if word in ("model", "block") and stop.index == stop.began + 1 and stop.kind in ("{", "=", "("):
        example = "model Name { input x: [8]  output y = x -> Dense(4) }"
        if word == "block":
            example = "block name(units) = Dense(units) -> ReLU()"
        label = f"the name of the {word} is expected here"
        return unexpected(stop, stop.index, label, f"write `{example}`", None)
    if word == "train" and stop.previous == ")" and "{" in stop.accepted:
        name = shorten(stop.tokens.text(stop.began + 1))
        return problems.BreaksOff.at(
            stop.tokens.span(stop.index - 1),
            "the settings are expected after this, between braces",
            help=f"write them without commas: `train {name} {{ optimizer = adam … }}`",
        )
    return None


def method_of_model(stop: Stop) -> Diagnostic | None:
    """Recognise `Net.compile(…)`, `model.add(…)`: what Keras does with a model once it is made."""
    tokens, began = stop.tokens, stop.began
    kinds = tokens.kinds
    if not is_name(kinds[began]) or kinds[began + 1] != "." or stop.index - began > 1:
        return None
    method = tokens.text(began + 2) if kinds[began + 2] != END else ""
    if method not in _methods() or kinds[began + 3] != "(":
        return None
    name = shorten(tokens.text(began))
    span = Span(tokens.file, tokens.starts[began], tokens.ends[began + 2])
    return problems.PythonStatement.at(
        span,
        "a statement of Python",
        help=_methods()[method].format(name),
        word=f"{name}.{method}()",
    )


def input_type(stop: Stop) -> Diagnostic | None:
    """Recognise `input x = [8]`, `input x: (28, 28, 1)`, `input x: int32(100)`, `input x(shape=(28, 28, 1))`."""
    if stop.tokens.kinds[_statement(stop)] != "input" or stop.kind not in ("=", "("):
        return None
    if stop.kind == "=" and ":" in stop.accepted:
        help = "write a tensor's type behind a colon: `input name: [32, 32, 3]`"
        place = Span(stop.tokens.file, stop.gap.end, stop.span.end)
        fix = stop.shows_line(Fix((Edit(place, ":"),), safe=True))
        return unexpected(stop, stop.index, "a colon is expected here", help, fix)
    if stop.kind == "(" and ("[" in stop.accepted or ":" in stop.accepted):
        help = "write a shape between `[` and `]`: `input name: [32, 32, 3]`"
        return unexpected(
            stop, stop.index, "`[` is expected here", help, stop.shows_line(_shape(stop))
        )
    return None


def _statement(stop: Stop) -> int:
    """Give the token that begins the statement which the token was to continue."""
    if stop.index == stop.began and stop.before is not None and stop.goes_on:
        return stop.before
    return stop.began


def _shape(stop: Stop) -> Fix | None:
    """Put square brackets in place of round ones, without `shape=`."""
    tokens, first = stop.tokens, stop.index
    last = stop.brackets.partner.get(first)
    if last is None:
        return None
    whole = Span(tokens.file, tokens.starts[first], tokens.ends[last])
    sizes = re.sub(r"^shape\s*=\s*", "", whole.text[1:-1].strip())
    sizes = sizes.strip("()[]").rstrip(", ").replace("None", "?")
    lead = "" if "[" in stop.accepted else ": "
    return Fix((Edit(whole, f"{lead}[{sizes}]"),), safe=True)


def colon_for_equals(stop: Stop) -> Diagnostic | None:
    """Recognise `output y: x -> …`, and `optimizer: adam` in a train block."""
    is_body = "{" in stop.accepted
    if stop.kind != ":" or "=" not in stop.accepted or stop.open_brackets or is_body:
        return None
    gap = "" if stop.tokens.file.text[stop.span.start - 1] == " " else " "
    fix = stop.replace(stop.index, f"{gap}=")
    return unexpected(stop, stop.index, "`=` is expected here", "write `=`", fix)


def colon_after_output(stop: Stop) -> Diagnostic | None:
    """Recognise `output: x -> Dense(4)`, as in a list of settings."""
    is_output = stop.previous == "output" and stop.index - 1 in (stop.began, stop.before)
    if stop.kind != ":" or stop.where != BODY or not is_output:
        return None
    label = "a tensor is expected here, or its name and `=`"
    fix = stop.replace(stop.index, "")
    return unexpected(stop, stop.index, label, "leave the `:` out", fix)


def comma_after_setting(stop: Stop) -> Diagnostic | None:
    if stop.kind != "," or stop.where != SETTINGS:
        return None
    fix = stop.replace(stop.index, "")
    return unexpected(stop, stop.index, "nothing stands between settings", "leave the `,` out", fix)


def import_statement(stop: Stop) -> Diagnostic | None:
    """Recognise `from parts/conv.net import a`, `from "a.net" import *`, `import a from "a.net"`."""
    tokens, began = stop.tokens, stop.began
    if stop.where != TOP:
        return None
    if tokens.text(began) == "import":
        return _import_first(stop)
    if tokens.kinds[began] != "from":
        return None
    if stop.kind == "*":
        help = "name what you want of it: `import conv_bn, residual`"
        return unexpected(stop, stop.index, "a name is expected here", help, None)
    if stop.kind in ("/", ".") and "import" in stop.accepted:
        last = next((i for i in range(began, stop.resume) if tokens.kinds[i] == "import"), None)
        if last is not None:
            span = Span(tokens.file, tokens.starts[began + 1], tokens.ends[last - 1])
            fix = Fix((Edit(span, f'"{span.text}"'),), safe=True)
            help = f'write the name of a file in quotes: `"{shorten(span.text)}"`'
            return unexpected(stop, stop.index, "`import` is expected here", help, fix)
    return None


def _import_first(stop: Stop) -> Diagnostic | None:
    """`import a, b from "a.net"` has its two halves the wrong way round; any other `import` is Python's."""
    tokens, began = stop.tokens, stop.began
    end = stop.resume
    word = next((i for i in range(began, end) if tokens.kinds[i] == "from"), None)
    span = tokens.span(began)
    label = "a statement of Python"
    if word is not None and tokens.kinds[word + 1] == "STRING":
        names = Span(tokens.file, tokens.starts[began + 1], tokens.ends[word - 1]).text
        whole = Span(tokens.file, span.start, tokens.ends[word + 1])
        text = f"from {tokens.text(word + 1)} import {names}"
        fix = Fix((Edit(whole, text),), safe=True)
        return problems.PythonStatement.at(
            span, label, help=f"write `{text}`", fix=fix, word="import"
        )
    help = "leave it out: the names of Keras are known"
    return problems.PythonStatement.at(span, label, help=help, fix=whole_line(span), word="import")


# Lines at the head of a file that go when the names of Keras are known: imports of Python, and empty ones.
_PYTHON_IMPORTS = re.compile(r"(?:[ \t]*(?:(?:import|from)[ \t]+(?!std\b)[A-Za-z_][^\n]*)?\r?\n)*")
_EMPTY_LINES = re.compile(r"(?:[ \t]*\r?\n)*")


def whole_line(span: Span) -> Fix:
    """Take out the line that a place is on, at the head of a file with the empty lines below it."""
    text = span.file.text
    start, end = text.rfind("\n", 0, span.start) + 1, text.find("\n", span.end)
    end = len(text) if end < 0 else end + 1
    above = _PYTHON_IMPORTS.match(text, 0, start)
    below = _EMPTY_LINES.match(text, end)
    if above is not None and above.end() == start and below is not None:
        end = below.end()
    return Fix((Edit(Span(span.file, start, end), ""),), safe=True)


def input_in_chain(stop: Stop) -> Diagnostic | None:
    """Recognise `block head(n) = input x -> Dense(n)`: a block of one chain has no name for what arrives."""
    tokens, index = stop.tokens, stop.index
    if stop.previous_text != "input" or tokens.kinds[_statement(stop)] != "block" or index < 2:
        return None
    if tokens.kinds[index - 2] != "=":
        return None
    fix = None
    if tokens.kinds[index + 1] == "->":
        span = Span(tokens.file, tokens.starts[index - 1], tokens.starts[index + 2])
        fix = Fix((Edit(span, ""),), safe=True)
    help = "leave it out: a chain takes what arrives; or write a body between `{` and `}`"
    return unexpected(stop, index - 1, "a block of one chain names no input", help, fix)


def extern_without_shape(stop: Stop) -> Diagnostic | None:
    tokens = stop.tokens
    if stop.kind != "from" or tokens.kinds[stop.began] != "extern" or ":" not in stop.accepted:
        return None
    help = "say which shape it makes of which: `extern layer Name(…): [h, w, c] -> [h, w, 2 * c] from …`"
    return unexpected(stop, stop.index, "`:` is expected here", help, None)


def missing_braces(stop: Stop) -> Diagnostic | None:
    """Recognise `repeat 3 Dense(8)`, `if fast ReLU() else GELU()`: what is done stands in braces."""
    tokens = stop.tokens
    if "{" not in stop.accepted or not is_name(stop.kind):
        return None
    heads = [i for i in range(stop.began, stop.index) if tokens.kinds[i] in stage_words()]
    if not heads:
        return None
    head = Span(tokens.file, tokens.starts[heads[-1]], tokens.ends[stop.index - 1]).text
    help = f"write what is to be done between braces: `{shorten(head)} {{ … }}`"
    return unexpected(stop, stop.index, "`{` is expected here", help, _braces(stop))


def _braces(stop: Stop) -> Fix | None:
    """Put braces round the call here, and round the one behind `else`."""
    tokens, partner, index = stop.tokens, stop.brackets.partner, stop.index
    edits: list[Edit] = []
    while is_name(tokens.kinds[index]) and tokens.kinds[index + 1] == "(":
        last = partner.get(index + 1)
        if last is None:
            return None
        start = tokens.starts[index]
        edits += [Edit(Span(tokens.file, start, start), "{ "), Edit(stop.after(last), " }")]
        if tokens.kinds[last + 1] != "else":
            break
        index = last + 2
    return Fix(tuple(edits), safe=True) if edits else None


def repeat_without_count(stop: Stop) -> Diagnostic | None:
    """Recognise `repeat { Dense(8) }`: the brace was read as the beginning of a dict."""
    if not stop.open_brackets or stop.opener != "{":
        return None
    brace = stop.open_brackets[-1]
    if brace == 0 or stop.tokens.text(brace - 1) != "repeat":
        return None
    label = "a count is expected here"
    return unexpected(stop, brace, label, "write a number: `repeat 3 { … }`", None)


def tuple_never_closed(stop: Stop) -> Diagnostic | None:
    """Recognise `Conv2D(64, (3, 3, padding="same")`: a named argument in what was to be a tuple."""
    tokens = stop.tokens
    waiting = stop.open_brackets
    if stop.kind != "=" or len(waiting) < 2 or not is_name(stop.previous):
        return None
    inner = waiting[-1]
    if tokens.kinds[inner] != "(" or stop.opener == "call" or tokens.kinds[stop.index - 2] != ",":
        return None
    fix = stop.append(stop.index - 3, ")", safe=False)
    return problems.UnclosedBracket.at(
        tokens.span(inner), "a `)` is missing", help="close it with `)`", fix=fix, bracket="("
    )


def braces_for_colon(stop: Stop) -> Fix | None:
    """Put braces, or the `=` of a chain, in place of a colon and the lines further in behind it."""
    tokens, colon = stop.tokens, stop.index
    line = stop.began
    column = tokens.column(line)
    last = colon
    while tokens.kinds[last + 1] != END:
        first = tokens.is_first_on_line(last + 1)
        if first and (tokens.column(last + 1) <= column or not tokens.is_first_on_line(colon + 1)):
            break
        last += 1
    if last == colon:
        return None
    on_line = not tokens.is_first_on_line(colon + 1)
    brace = Edit(tokens.span(colon), " {" if stop.touches else "{")
    if any(
        tokens.kinds[i] == "}" and i not in stop.brackets.partner
        for i in range(colon, len(tokens.kinds))
    ):
        return Fix((brace,), safe=True)  # what closes the body is there
    chain = Edit(tokens.span(colon), " =")
    close = Edit(stop.after(last), " }" if on_line else "\n" + " " * column + "}")
    return first_that_helps([Fix((brace, close), safe=True), Fix((chain,), safe=True)])
