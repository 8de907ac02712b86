"""Statements that say the right thing in other words: the line as it was meant is put in its place.

Each rule reads the line of a broken statement and gives the diagnostic with the rewritten line, or None.
"""

from __future__ import annotations

import re

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netdsl.diagnostics.problems import syntax as problems
from netdsl.diagnostics.suggest import closest
from netdsl.source import Span
from netdsl.syntax.faults import shorten
from netdsl.syntax.recovery import BODY, TOP, is_name
from netdsl.syntax.stop import Stop

_SHAPE = r"[\[(]{1,2}(?P<sizes>[^\[\]()]*)[\])]{1,2}"
_DTYPE = r"[\"']?(?P<dtype>[a-z]+\d*)[\"']?"
# How a type is written elsewhere: `shape=(8, 8)`, `"int32"[8]`, `[8] int32`, `8`.
_TYPES = tuple(
    re.compile(rf"{form}\s*(?:#.*)?$")
    for form in (
        rf"shape\s*=\s*{_SHAPE}",
        rf"{_DTYPE}\s*{_SHAPE}",
        rf"{_SHAPE}\s*:?\s*{_DTYPE}",
        rf"{_SHAPE}\s*,\s*(?:dtype\s*=\s*)?{_DTYPE}",
        r"(?P<sizes>\d+(?:\s*,\s*\d+)*)",
    )
)
_INPUT = re.compile(r"input\s+\w+\s*:\s*")
_CALLED = re.compile(
    rf"(?P<head>input\s+\w+)\s*[:=]\s*[\w.]*Input\(\s*(?:shape\s*=\s*)?{_SHAPE}\s*\)"
)


def _line(stop: Stop, token: int) -> Span:
    """Give the rest of the line from a token on."""
    text, start = stop.tokens.file.text, stop.tokens.starts[token]
    end = text.find("\n", start)
    return Span(stop.tokens.file, start, len(text) if end < 0 else end)


def _statement(stop: Stop) -> int:
    """Give the token that begins the statement which the token was to continue."""
    is_behind = stop.before is not None and not stop.tokens.is_first_on_line(stop.began)
    return stop.before if is_behind and stop.before is not None else stop.began


def _diagnostic(stop: Stop, label: str, help_: str, fix: Fix | None) -> Diagnostic:
    return problems.UnexpectedToken.at(
        stop.span, label, help=help_, fix=fix, found=shorten(stop.text)
    )


def input_type(stop: Stop) -> Diagnostic | None:
    """Recognise `input x: "int32"[8]`, `input x: [8] int32`, `input x: shape=[8, 8]`, `input x: 8`."""
    first = _statement(stop)
    if stop.tokens.kinds[first] != "input":
        return None
    line = _line(stop, first)
    if called := _CALLED.match(line.text):
        text = f"{called['head']}: [{called['sizes'].rstrip(', ').replace('None', '?')}]"
        fix = Fix((Edit(Span(line.file, line.start, line.start + called.end()), text),), safe=True)
        return _diagnostic(stop, "a type is a dtype and a shape", f"write `{text}`", fix)
    head = _INPUT.match(line.text)
    if head is None or stop.span.start < line.start + head.end():
        return None
    written = line.text[head.end() :].rstrip()
    found = next((m for form in _TYPES if (m := form.match(written))), None)
    if found is None or (stop.kind == "(" and stop.previous == "NAME"):
        return None
    parts = found.groupdict()
    sizes = ", ".join(s.strip() for s in (parts["sizes"] or "").split(",") if s.strip())
    text = f"{parts.get('dtype') or ''}[{sizes.replace('None', '?')}]"
    place = Span(line.file, line.start + head.end(), line.start + head.end() + len(written))
    fix = Fix((Edit(place, text),), safe=True)
    help_ = f"write `{head.group().rstrip()} {text}`"
    return problems.UnexpectedToken.at(
        place, "a type is a dtype and a shape", help=help_, fix=fix, found=shorten(written)
    )


def several_names(stop: Stop) -> Diagnostic | None:
    """Recognise `input x, y`, `output a, b`: each has a statement of its own."""
    tokens, first = stop.tokens, _statement(stop)
    word = tokens.kinds[first]
    if stop.kind != "," or word not in ("input", "output") or stop.where != BODY:
        return None
    found = re.match(rf"{word}\s+(\w+(?:\s*,\s*\w+)+)\s*(:[^#=]*)?$", _line(stop, first).text)
    if found is None:
        return None
    type_ = (found.group(2) or "").rstrip()
    indent = " " * tokens.column(first)
    names = re.findall(r"\w+", found.group(1))
    lines = [f"{word} {name}{type_}" for name in names]
    start = tokens.starts[first]
    place = Span(tokens.file, start, start + len(found.group().rstrip()))
    fix = Fix((Edit(place, f"\n{indent}".join(lines)),), safe=True)
    shown = " and ".join(f"`{line}`" for line in lines[:2])
    help_ = f"write one `{word}` statement for each, on lines of their own: {shown}"
    return _diagnostic(stop, f"one `{word}` statement names one tensor", help_, fix)


def misspelled_output(stop: Stop) -> Diagnostic | None:
    """Recognise `outputs: x -> Dense(4)`, `ouput: y = x -> Dense(4)`: a word like `output`, and a colon."""
    tokens, began = stop.tokens, stop.began
    if stop.kind != ":" or stop.where != BODY or stop.index != began + 1:
        return None
    if tokens.kinds[began] != "NAME" or closest(tokens.text(began), ("output",)) is None:
        return None
    place = Span(tokens.file, tokens.starts[began], stop.span.end)
    told = problems.UnexpectedToken.at(
        tokens.span(began),
        "no statement begins with this word",
        help="did you mean `output`? It takes no `:`",
        fix=Fix((Edit(place, "output"),), safe=True),
        found=shorten(tokens.text(began)),
    )
    return told


def import_of_library(stop: Stop) -> Diagnostic | None:
    """Recognise `import std.vision.conv_bn`, `from .std.vision import conv_bn`, `from ..blocks import conv`."""
    tokens, began = stop.tokens, stop.began
    if stop.where != TOP:
        return None
    line = _line(stop, began)
    whole = re.match(r"import\s+(std\.\w+)\.(\w+)(?=\s*(?:#|$))", line.text)
    if whole is not None:
        text = f"from {whole.group(1)} import {whole.group(2)}"
        place = Span(line.file, line.start, line.start + whole.end())
        fix = Fix((Edit(place, text),), safe=True)
        return problems.PythonStatement.at(
            tokens.span(began),
            "a statement of Python",
            help=f"write `{text}`",
            fix=fix,
            word="import",
        )
    dotted = re.match(r"from\s+(\.+)(\w+(?:\.\w+)*)", line.text)
    if dotted is None or tokens.kinds[began] != "from" or stop.index > began + 1:
        return None
    name = dotted.group(2)
    text = name if name.startswith("std.") else '"' + name.replace(".", "/") + '.net"'
    place = Span(line.file, line.start + dotted.start(1), line.start + dotted.end())
    fix = Fix((Edit(place, text),), safe=True)
    help_ = f"write `from {text} import …`; a file is named by its path, in quotes"
    return _diagnostic(stop, "an import begins with no dot", help_, fix)


def message_without_quotes(stop: Stop) -> Diagnostic | None:
    """Recognise `assert n > 2, too few`: why it is promised is a string."""
    tokens, first = stop.tokens, _statement(stop)
    began = first if tokens.kinds[first] == "assert" else stop.before
    if began is None or tokens.kinds[began] != "assert" or not is_name(stop.kind):
        return None
    line = _line(stop, began)
    comma = line.text.rfind(",", 0, stop.span.start - line.start)
    why = line.text[comma + 1 :].split("#")[0].strip(" \t\"'}")
    if comma < 0 or not re.fullmatch(r"[A-Za-z][\w ,.'-]*", why):
        return None
    found = re.compile(rf"[\"']?{re.escape(why)}[\"']?").search(line.text, comma)
    assert found is not None
    place = Span(line.file, line.start + found.start(), line.start + found.end())
    fix = Fix((Edit(place, f'"{why}"'),), safe=True)
    return problems.UnexpectedToken.at(
        place,
        "a string is expected here",
        help=f'write it in quotes: `"{shorten(why)}"`',
        fix=fix,
        found=shorten(why),
    )


def condition_behind(stop: Stop) -> Diagnostic | None:
    """Recognise `x -> Dense(4) if wide`: the condition stands before what it decides on."""
    tokens = stop.tokens
    last = stop.index - 1
    heads = [i for i in range(stop.began, stop.index) if tokens.kinds[i] == "if"]
    if "else" not in stop.accepted or not heads or tokens.kinds[heads[-1] - 1] != ")":
        return None
    word = heads[-1]
    arrow = max((i for i in range(stop.began, word) if tokens.kinds[i] == "->"), default=None)
    if arrow is None or word == last:
        return None
    file = tokens.file
    stage = Span(file, tokens.starts[arrow + 1], tokens.ends[word - 1])
    condition = Span(file, tokens.starts[word + 1], tokens.ends[last])
    text = f"if {condition.text} {{ {stage.text} }}"
    fix = Fix((Edit(Span(file, stage.start, condition.end), text),), safe=True)
    return problems.UnexpectedToken.at(
        tokens.span(word),
        "a condition stands before what it decides on",
        help=f"write `if {shorten(condition.text)} {{ … }}`",
        fix=fix,
        found="if",
    )


def word_before_brace(stop: Stop) -> Diagnostic | None:
    """Recognise `if wide then { … }`, `repeat 3 times { … }`: a word that other languages have there."""
    if "{" not in stop.accepted or stop.following() != "{" or not is_name(stop.kind):
        return None
    gap = Span(stop.tokens.file, stop.gap.start, stop.span.end)
    help_ = f"leave `{shorten(stop.text)}` out"
    return _diagnostic(stop, "`{` is expected here", help_, Fix((Edit(gap, ""),), safe=True))


def name_in_quotes(stop: Stop) -> Diagnostic | None:
    """Recognise `-> Dense(8) as "code"`: what `as` gives is a name of the spec."""
    name = stop.text.strip("\"'")
    if stop.kind != "STRING" or stop.previous != "as" or not name.isidentifier():
        return None
    return _diagnostic(
        stop, "a name is expected here", f"write `as {name}`", stop.replace(stop.index, name)
    )


def output_behind(stop: Stop) -> Diagnostic | None:
    """Recognise `x -> Dense(4) -> output y`: an output begins with its word and its name."""
    first = _statement(stop)
    line = _line(stop, first)
    found = re.fullmatch(r"(\w.*?)\s*->\s*output(?:\s+(\w+))?\s*(?:#.*)?", line.text)
    if found is None or stop.where != BODY or not stop.tokens.is_first_on_line(first):
        return None
    head = f"output {found.group(2)} = " if found.group(2) else "output "
    end = line.start + (found.end(2) if found.group(2) else found.end(1) + len(" -> output"))
    fix = Fix((Edit(Span(line.file, line.start, end), head + found.group(1)),), safe=True)
    start = line.text.rfind("output")
    place = Span(line.file, line.start + start, line.start + start + len("output"))
    help_ = f"begin the statement with it: `{head}{shorten(found.group(1))}`"
    return problems.UnexpectedToken.at(
        place, "no stage of this name", help=help_, fix=fix, found="output"
    )


def gathered_arguments(stop: Stop) -> Diagnostic | None:
    """Recognise `block conv(n, **options)`: no parameter gathers what is left."""
    if stop.kind not in ("*", "**") or stop.previous not in ("(", ",") or stop.opener != "call":
        return None
    head = stop.open_brackets[-1] - 2
    if head < 0 or stop.tokens.kinds[head] not in ("block", "model", "fn", "layer"):
        return None
    return _diagnostic(
        stop,
        "a name is expected here",
        "name each parameter, with a default where it has one",
        None,
    )


RULES = (
    name_in_quotes,
    output_behind,
    gathered_arguments,
    import_of_library,
    misspelled_output,
    several_names,
    input_type,
    message_without_quotes,
    condition_behind,
    word_before_brace,
)
