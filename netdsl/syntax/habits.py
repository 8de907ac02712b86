"""Recognises habits of other languages: Python's statements, bodies after colons, `//` comments, one `=` for two."""

from __future__ import annotations

from collections.abc import Mapping

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netdsl.diagnostics.habits import help_for, own_losses
from netdsl.diagnostics.problems import syntax as problems
from netdsl.source import Span
from netdsl.syntax.faults import shorten
from netdsl.syntax.lambdas import as_stage
from netdsl.syntax.recovery import BODY, CLOSERS, OPENERS, is_name
from netdsl.syntax.stop import Stop
from netdsl.syntax.wrong_statements import braces_for_colon


def _statements() -> Mapping[str, str]:
    """Give what begins a statement in Python alone, and what to write instead."""
    return help_for("statement", "loss of its own")


def slash_comment(stop: Stop) -> Diagnostic | None:
    """Recognise `// the head`, at the start of a statement or behind one."""
    tokens = stop.tokens
    index = stop.index
    while index > 0 and not (tokens.kinds[index] == "//" and _reads_as_comment(stop, index)):
        if index < stop.began and tokens.is_first_on_line(index):
            return None
        index -= 1
    if tokens.kinds[index] != "//" or not _reads_as_comment(stop, index):
        return None
    return problems.ForeignComment.at(
        tokens.span(index), "`//` divides", help="write `#`", fix=stop.replace(index, "#")
    )


def _reads_as_comment(stop: Stop, index: int) -> bool:
    """Tell whether what stands behind `//` on its line is prose: two words in a row, or nothing that parses."""
    tokens = stop.tokens
    if index + 1 >= len(tokens.kinds) or tokens.is_first_on_line(index + 1):
        return False
    is_at_start = index == stop.began or tokens.is_first_on_line(index)
    following = [tokens.kinds[i] for i in range(index + 1, min(index + 3, len(tokens.kinds)))]
    on_line = not any(
        tokens.is_first_on_line(i) for i in range(index + 1, min(index + 3, len(tokens.kinds)))
    )
    return (
        is_at_start
        or stop.index <= index + 1
        or (on_line and all(is_name(kind) for kind in following))
    )


def python_statement(stop: Stop) -> Diagnostic | None:
    """Recognise `def f(x):`, `import keras`, `return x`: the first word of the statement says it."""
    if stop.index - stop.began > 1:
        return None
    word = stop.tokens.text(stop.began)
    if word not in _statements() or (stop.index > stop.began and stop.kind in ("=", ",", "->")):
        return None
    if (word == "print" or word in own_losses()) and "(" not in (stop.kind, stop.following()):
        return None
    return statement_of_python(stop, stop.began)


def statement_of_python(stop: Stop, index: int) -> Diagnostic:
    """Word a statement that only Python has, by the token that it begins with."""
    word = stop.tokens.text(index)
    fix = stop.replace(index, "output") if word == "return" and stop.where == BODY else None
    return problems.PythonStatement.at(
        stop.tokens.span(index),
        "a statement of Python",
        help=_statements()[word],
        fix=fix,
        word=word,
    )


def lambda_function(stop: Stop) -> Diagnostic | None:
    word = stop.previous_text
    if word != "lambda" or not (is_name(stop.kind) or stop.kind in (":", "*")):
        return None
    help = 'declare `fn name(x) = …`, or `extern fn name from "module"` for Python code, and write its name here'
    fix = None
    if stop.index >= 3 and stop.tokens.text(stop.index - 3) == "Lambda":
        help = "write arithmetic in place of the layer, `x / 255.0`; "
        help += 'declare other Python with `extern fn name from "module"`'
        fix = as_stage(stop)
    return problems.PythonStatement.at(
        stop.tokens.span(stop.index - 1),
        "functions have names here",
        help=help,
        fix=fix,
        word=word,
    )


def colon_block(stop: Stop) -> Diagnostic | None:
    if stop.kind != ":" or "{" not in stop.accepted:
        return None
    return problems.ColonBlock.at(
        stop.span,
        "a `{` is expected here",
        help="write the body between `{` and `}`",
        fix=braces_for_colon(stop),
    )


def colon_in_call(stop: Stop) -> Diagnostic | None:
    if stop.kind != ":" or stop.opener != "call" or not is_name(stop.previous):
        return None
    return problems.UnexpectedToken.at(
        stop.span,
        "an argument's value follows `=`",
        help=f"write `{shorten(stop.previous_text)}=…`",
        fix=stop.replace(stop.index, "=", safe=False),
        found=":",
    )


def single_equals(stop: Stop) -> Diagnostic | None:
    if stop.kind != "=" or "==" not in stop.accepted:
        return None
    if stop.opener == "call":
        return problems.UnexpectedToken.at(
            stop.span,
            "what stands before `=` is not a plain name",
            help="name an argument with one word",
            found="=",
        )
    return _name_in_chain(stop) or problems.SingleEquals.at(
        stop.span,
        "this would give a name its value",
        help="write `==`",
        fix=stop.replace(stop.index, "=="),
    )


#: What stands before a name that begins a chain, and what is said of one that is given to it there.
_CHAINS = {
    "{": ("no name is given between these braces", "leave it out, or give it behind a stage: `… as {}`"),
    "[": ("a branch has no name of its own", "leave it out, or give it behind the branch: `… as {}`"),
    "(": ("no name is given between parentheses", "leave it out, or give it behind a stage: `… as {}`"),
    "->": ("no name is given within a chain", "leave it out, or give it behind the stage: `… as {}`"),
    "=": ("a second name for the same", "leave it out: each name has a statement of its own"),
}  # fmt: skip
# What stands before the brace of a dict, and not before that of a loop or a condition.
_BEFORE_VALUES = frozenset({"=", "(", "[", ",", ":", "->", "{", "in", "if", "return"})


def _name_in_chain(stop: Stop) -> Diagnostic | None:
    """`repeat 2 { h = _ -> Dense(8) }`, `[a = Dense(8), b = ReLU()]`: names that Python would give to what follows."""
    tokens, name = stop.tokens, stop.index - 1
    before = tokens.kinds[name - 1] if name else ""
    if before == "," and stop.opener in ("[", "{"):
        before = stop.opener
    words = {tokens.kinds[i] for i in (stop.began, stop.before) if i is not None}
    if not is_name(stop.previous) or before not in _CHAINS or "fn" in words:
        return None
    outside = tokens.kinds[stop.open_brackets[-1] - 1] if stop.open_brackets else ""
    if before == "{" and outside in _BEFORE_VALUES:
        return _pairs_of_dict(stop)
    if before == "(" and outside not in ("->", "{", "["):
        return None
    label, help_ = _CHAINS[before]
    given = [name] if before != "[" else _named_items(stop)
    starts = tokens.starts
    left_out = " and ".join(f"`{shorten(tokens.text(i))} =`" for i in given[:2])
    edits = [Edit(Span(tokens.file, starts[i], starts[i + 2]), "") for i in given]
    return problems.UnexpectedToken.at(
        stop.span,
        label,
        help=help_.format(shorten(stop.previous_text)),
        fix=Fix(tuple(edits), text=f"leave {left_out} out"),
        found="=",
    )


def _pairs_of_dict(stop: Stop) -> Diagnostic:
    """`{a=1, b=2}`, as the arguments of Python's `dict` are given."""
    tokens = stop.tokens
    names = [tokens.span(index) for index in _named_items(stop)]
    edits = tuple(
        Edit(
            Span(tokens.file, name.start, tokens.ends[tokens.index_at(name.end)]), f'"{name.text}":'
        )
        for name in names
    )
    return problems.UnexpectedToken.at(
        stop.span,
        "a key and its value stand with `:` between them",
        help=f'write `"{shorten(stop.previous_text)}": …`',
        fix=Fix(edits, safe=True),
        found="=",
    )


def _named_items(stop: Stop) -> list[int]:
    """Give the names that stand with an `=` before the items between the brackets around the place."""
    tokens, found, depth = stop.tokens, [], 0
    for index in range(stop.open_brackets[-1], len(tokens.kinds) - 2):
        kind = tokens.kinds[index]
        depth += (kind in OPENERS) - (kind in CLOSERS)
        if depth == 0:
            break
        is_first = depth == 1 and (kind == "," or index == stop.open_brackets[-1])
        if is_first and is_name(tokens.kinds[index + 1]) and tokens.kinds[index + 2] == "=":
            found.append(index + 1)
    return found


def question_mark(stop: Stop) -> Diagnostic | None:
    if stop.kind != "?":
        return None
    return problems.ForeignOperator.at(
        stop.span,
        "`?` is an unknown dimension of a tensor, nothing else",
        help="write a choice as `if condition { stage } else { stage }`, or as `value if condition else value`",
        written="?",
    )


def function_with_let(stop: Stop) -> Diagnostic | None:
    if stop.kind != "(" or stop.index != stop.began + 2 or stop.tokens.kinds[stop.began] != "let":
        return None
    return problems.UnexpectedToken.at(
        stop.span,
        "a constant has no parameters",
        help=f"declare a function with `fn {stop.previous_text}(…) = …`",
        fix=stop.replace(stop.began, "fn"),
        found="(",
    )
