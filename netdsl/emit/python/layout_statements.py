"""How statements are laid out: from Python's own `ast` to the text that `ruff format` leaves.

A statement may carry a `comment` (printed at the end of its line) and lines of one `above` it. Blank lines are put
where the formatter asks for them: round nested functions, after a class's docstring.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from netdsl.emit.python.code import comment_above
from netdsl.emit.python.document import (
    INDENT,
    WIDTH,
    Document,
    Group,
    Printer,
    Suffix,
    on_one_line,
)
from netdsl.emit.python.layout import (
    INSIDE,
    bracketed_items,
    comma_separated,
    lay_out,
    parenthesized_if_broken,
    parenthesized_if_it_helps,
    target,
)
from netdsl.emit.python.literals import escape


def format_statements(statements: Sequence[ast.stmt], indent: int = 0) -> str:
    """Give the text of statements, each line ended."""
    return "".join(f"{line}\n" for line in _block(statements, indent))


def _block(statements: Sequence[ast.stmt], indent: int) -> Iterator[str]:
    previous: ast.stmt | None = None
    for index, statement in enumerate(statements):
        if index == 0 and _is_docstring(statement):
            yield from docstring_lines(_text_of(statement), indent)
        else:
            if previous is not None and _blank_between(previous, statement):
                yield ""
            yield from _comment_lines(comment_above(statement), indent)
            yield from _statement(statement, indent)
        previous = statement


def _comment_lines(comment: Sequence[str], indent: int) -> Iterator[str]:
    """Give a comment's lines as they were written, or set anew where one of them is too long."""
    shown = ["".join(c if c == "\\" else escape(c, "") for c in line) for line in comment]
    if any(len(line) > WIDTH - indent - 2 for line in shown):
        shown = wrap(" ".join(shown), indent + 2)
    return (" " * indent + f"# {line}".rstrip() for line in shown)


def _blank_between(first: ast.stmt, second: ast.stmt) -> bool:
    return _ends_in_definition(first) or isinstance(second, (ast.FunctionDef, ast.ClassDef))


def _ends_in_definition(statement: ast.stmt) -> bool:
    while isinstance(statement, ast.If):
        statement = (statement.orelse or statement.body)[-1]
    return isinstance(statement, (ast.FunctionDef, ast.ClassDef))


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _text_of(statement: ast.stmt) -> str:
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Constant)
    return str(statement.value.value)


def _statement(statement: ast.stmt, indent: int) -> Iterator[str]:
    inner = indent + INDENT
    match statement:
        case ast.FunctionDef(name=name, args=given, body=body):
            head: Document = (f"def {name}", _parameters(given), ":")
            yield from _print(head, indent)
            yield from _block(body, inner)
        case ast.ClassDef(name=name, body=body):
            yield from _print((f"class {name}:",), indent)
            yield from _class_body(body, inner)
        case ast.For(target=names, iter=iterable, body=body):
            head = ("for ", target(names), " in ", parenthesized_if_it_helps(iterable), ":")
            yield from _print(head, indent)
            yield from _block(body, inner)
        case ast.If():
            yield from _branches(statement, indent)
        case ast.Try(body=body, finalbody=finally_body):
            yield from _print(("try:",), indent)
            yield from _block(body, inner)
            yield from _print(("finally:",), indent)
            yield from _block(finally_body, inner)
        case _:
            comment = getattr(statement, "comment", "")
            suffix: Document = (Suffix(f"  # {comment}"),) if comment else ()
            yield from _print((_simple(statement), suffix), indent)


def _class_body(body: Sequence[ast.stmt], indent: int) -> Iterator[str]:
    lines = _block(body, indent)
    if body and _is_docstring(body[0]) and len(body) > 1:
        yield from docstring_lines(_text_of(body[0]), indent)
        yield ""
        lines = _block(body[1:], indent)
    yield from lines


def _branches(statement: ast.If, indent: int) -> Iterator[str]:
    word = "if "
    current: ast.If | None = statement
    while current is not None:
        yield from _print((word, parenthesized_if_it_helps(current.test), ":"), indent)
        if isinstance(current.body[0], ast.FunctionDef):
            yield ""
        yield from _block(current.body, indent + INDENT)
        rest, current = current.orelse, None
        match rest:
            case [ast.If() as following]:
                word, current = "elif ", following
            case [_, *_]:
                yield from _print(("else:",), indent)
                yield from _block(rest, indent + INDENT)


def _simple(statement: ast.stmt) -> Document:
    match statement:
        case ast.Assign(targets=[only], value=value):
            if isinstance(only, ast.Name) and isinstance(value, ast.Tuple):
                return (target(only), " = ", lay_out(value, INSIDE))
            return (target(only), " = ", _value(value))
        case ast.Return(value=None):
            return ("return",)
        case ast.Return(value=value) if value is not None:
            return ("return ", _value(value))
        case ast.Expr(value=value):
            return parenthesized_if_it_helps(value)
        case ast.Assert(test=test, msg=None):
            return ("assert ", parenthesized_if_it_helps(test))
        case ast.Assert(test=test, msg=message) if message is not None:
            described = parenthesized_if_it_helps(message, even_names=True)
            return ("assert ", parenthesized_if_it_helps(test), ", ", described)
        case ast.Import(names=names):
            return ("import ", ", ".join(_alias(alias) for alias in names))
        case ast.ImportFrom(module=module, names=names):
            items = comma_separated([(_alias(a),) for a in names], always_comma=True)
            return (f"from {module} import ", parenthesized_if_broken(items))
        case ast.Pass():
            return ("pass",)
        case _:
            raise TypeError(f"no layout for {type(statement).__name__}")


def _value(value: ast.expr) -> Document:
    """A tuple that is returned or assigned stands without parentheses while it fits."""
    if isinstance(value, ast.Tuple) and len(value.elts) > 1:
        items = [lay_out(item, INSIDE) for item in value.elts]
        return parenthesized_if_broken(comma_separated(items, always_comma=True))
    return parenthesized_if_it_helps(value)


def _alias(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _parameters(given: ast.arguments) -> Document:
    items: list[Document] = []
    plain = len(given.args) - len(given.defaults)
    defaults: list[ast.expr | None] = [None] * plain + list(given.defaults)
    for argument, default in zip(given.args, defaults, strict=True):
        items.append(_parameter(argument.arg, default))
    if given.vararg is not None:
        items.append((f"*{given.vararg.arg}",))
    elif given.kwonlyargs:
        items.append(("*",))
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        items.append(_parameter(argument.arg, default))
    if given.kwarg is not None:
        items.append((f"**{given.kwarg.arg}",))
    return bracketed_items("(", [(Group(comma_separated(items, always_comma=True)),)], ")", None)


def _parameter(name: str, default: ast.expr | None) -> Document:
    return (name,) if default is None else (name, "=", lay_out(default, INSIDE))


def _print(document: Document, indent: int) -> list[str]:
    """Print a statement that may take several lines."""
    plain = on_one_line(document, WIDTH - indent)
    if plain is not None and "\n" not in plain:
        return [" " * indent + plain]
    return Printer().print(document, indent).split("\n")


def docstring_lines(text: str, indent: int) -> list[str]:
    """Give a docstring's lines: one line, or several with the closing quotes on their own."""
    paragraphs = _set_anew(clean_docstring(text), WIDTH - indent)
    margin = " " * indent
    if len(paragraphs) == 1:
        only = paragraphs[0]
        closing = ' """' if only.endswith('"') else '"""'
        return [f'{margin}"""{only}{closing}']
    first, *rest = paragraphs
    lines = [f'{margin}"""{first}', *(f"{margin}{line}" if line else "" for line in rest)]
    return [*lines, f'{margin}"""']


#: The quotes that open or close a docstring.
_QUOTES = 3

#: What begins a line that is no prose: of a table, a list, a quotation, an example.
_NO_PROSE = re.compile(r"\s|[-*+|>#]|\d+[.)]\s")

#: What begins a line of its own: `Task: segmentation.`
_LABEL = re.compile(r"[A-Z]\w*: ")


def _set_anew(lines: list[str], room: int) -> list[str]:
    """Break the paragraphs anew that have a line too long, but for tables, lists and what is set by hand."""
    longest = max(map(len, lines))
    quotes = 2 * _QUOTES if len(lines) == 1 else _QUOTES
    if longest <= room - quotes:
        return lines
    found: list[str] = []
    for is_text, run in groupby(lines, bool):
        paragraph = list(run)
        beside = 0 if found else quotes
        is_long = len(paragraph[0]) + beside > room or any(len(line) > room for line in paragraph)
        if is_text and is_long and not any(map(_NO_PROSE.match, paragraph)):
            for sentence in _as_written(paragraph):
                found += wrap(sentence, WIDTH - room, 0 if found else quotes)
        else:
            found += paragraph
    return [found[0].lstrip(), *found[1:]]


def _as_written(paragraph: list[str]) -> Iterator[str]:
    """Join the lines that end where the next word had no room, as the longest of them shows."""
    longest = max(map(len, paragraph))
    joined, *rest = paragraph
    last = joined
    for line in rest:
        if len(last) + 1 + len(line.split()[0]) > longest and not _LABEL.match(line):
            joined += f" {line}"
        else:
            yield joined
            joined = line
        last = line
    yield joined


def clean_docstring(text: str) -> list[str]:
    """Take the common indentation off, escape what would end the string, and drop outer blank lines."""
    cleaned = dedented(text)
    if not cleaned:
        return [""]
    escaped = [escape(line, "").replace('"""', '\\"\\"\\"') for line in cleaned]
    if escaped[0].startswith('"'):
        escaped[0] = " " + escaped[0]
    return escaped


def dedented(text: str) -> list[str]:
    """Take the common indentation off a docstring and drop its outer blank lines, as Python's tools do."""
    lines = text.expandtabs().replace("\r\n", "\n").split("\n")
    margins = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    margin = min(margins, default=0)
    cleaned = [lines[0].strip(), *(line[margin:].rstrip() for line in lines[1:])]
    while cleaned and not cleaned[0]:
        cleaned.pop(0)
    while cleaned and not cleaned[-1]:
        cleaned.pop()
    if cleaned:
        cleaned[0] = cleaned[0].lstrip()
    return cleaned


def wrap(text: str, indent: int = 0, first: int = 0) -> list[str]:
    """Break a sentence into lines that fit beside an indentation; `first` columns are taken on line one."""
    import textwrap  # here alone: it compiles its patterns when it is imported

    return textwrap.wrap(
        " " * first + text, WIDTH - indent, break_long_words=False, break_on_hyphens=False
    ) or [""]


def names_in(statements: Iterable[ast.AST]) -> set[str]:
    """Give every name that stands in some code."""
    found: set[str] = set()
    stack: list[ast.AST] = list(statements)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name):
            found.add(node.id)
            continue
        for field in node._fields:
            value: object = getattr(node, field, None)
            if isinstance(value, ast.AST):
                stack.append(value)
            elif isinstance(value, list):
                stack += [item for item in value if isinstance(item, ast.AST)]
    return found


def bound_in(statement: ast.AST) -> set[str]:
    """Give the names that a function binds inside: its parameters, and what it assigns."""
    found: set[str] = set()
    if not isinstance(statement, ast.FunctionDef):
        return found
    for node in ast.walk(statement):
        match node:
            case ast.arg(arg=name):
                found.add(name)
            case ast.FunctionDef(name=name) if node is not statement:
                found.add(name)
            case ast.Assign(targets=targets):
                found |= names_in(targets)
            case ast.For(target=target) | ast.comprehension(target=target):
                found |= names_in([target])
    return found
