"""Lays out expressions: values, tensors and chains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from netdsl.format.comments import Comments
from netdsl.format.layout import (
    HARD_LINE,
    SOFT_LINE,
    SPACE_LINE,
    Either,
    Group,
    Guarded,
    Indent,
    Layout,
    filled,
    must_break,
)
from netdsl.format.literals import spell_number, spell_string
from netdsl.format.precedence import Level, level, operator_level
from netdsl.source import SourceFile, Span
from netdsl.stack import deep
from netdsl.syntax import tree
from netdsl.syntax.recovery import ALWAYS_FIRST, STATEMENT_WORDS, Brackets, begins_with
from netdsl.syntax.tokens import Tokens, tokenize
from netdsl.syntax.walk import first_name


class Expressions:
    """Makes layouts of expressions, in source order, so that each comment finds its place."""

    def __init__(
        self,
        tokens: Tokens,
        comments: Comments,
        statements: Callable[[tree.Statements], Layout],
    ) -> None:
        self.tokens = tokens
        self.comments = comments
        self.partner = Brackets(tokens).partner
        self._statements = statements  # those in the braces of a stage, with the braces

    @deep
    def expression(self, node: tree.Expr, at_least: Level = Level.CHAIN) -> Layout:
        """Lay an expression out, in parentheses where it binds more loosely than the place allows."""
        if level(node) < at_least:
            return self._parenthesised(node)
        return self._bare(node)

    def _parenthesised(self, node: tree.Expr) -> Layout:
        inner = self._bare(node)
        return Group("(", Indent(SOFT_LINE, inner), SOFT_LINE, ")")

    def _bare(self, node: tree.Expr) -> Layout:
        match node:
            case tree.Literal() | tree.FString():
                return self._literal(node)
            case tree.Name():
                return _name(node.id)
            case tree.Arriving():
                return node.span.text
            case tree.ListExpr():
                return self._list(node)
            case tree.TupleExpr():
                return self._tuple(node)
            case tree.DictExpr():
                return self._dict(node)
            case tree.Starred():
                return ("*", self.expression(node.value, Level.VALUE))
            case tree.Comprehension() | tree.DictComprehension():
                return self._comprehension(node)
            case tree.Unary():
                return self._unary(node)
            case tree.Binary():
                return self._binary(node)
            case tree.Compare():
                return self._compare(node)
            case tree.Conditional():
                return self._conditional(node)
            case tree.Attribute() | tree.Subscript() | tree.Call():
                return self._postfix(node)
            case tree.Slice():
                return self._slice(node)
            case tree.Pipe():
                return self.chain(node)
            case tree.As():
                star = "*" if node.gathers else ""
                return (self.expression(node.stage, Level.PLAIN_STAGE), f" as {star}{node.name}")
            case tree.Repeat():
                return self._repeat(node)
            case tree.For():
                return self._for(node)
            case tree.If():
                return self._if(node)
            case tree.Statements():
                return self._statements(node)
        assert_never(node)

    def _literal(self, node: tree.Literal | tree.FString) -> Layout:
        text = node.text
        if isinstance(node, tree.Literal) and not isinstance(node.value, str):
            return (
                text if node.value is None or isinstance(node.value, bool) else spell_number(text)
            )
        pieces = tokenize(SourceFile("", text))
        spelled = [spell_string(pieces.text(i)) for i in range(len(pieces.kinds) - 1)]
        if len(spelled) == 1:
            return spelled[0]
        parts: list[Layout] = [spelled[0]]
        for i in range(1, len(spelled)):
            trailing, leading = self.comments.between(node.span.start + pieces.starts[i])
            parts.append(Indent(trailing, SPACE_LINE, leading, spelled[i]))
        return Group(*parts)

    def _list(self, node: tree.ListExpr, *, is_fork: bool = False) -> Layout:
        is_fork = is_fork or any(_is_branch(item) for item in node.items)
        chains = sum(_has_several_stages(item) for item in node.items)
        items = self._items(node.items)
        if items and all(_is_number(item) for item in node.items):
            return self.bracketed("[", items, "]", node.span.end - 1, fills=True)
        return self.bracketed(
            "[", items, "]", node.span.end - 1, one_a_line=is_fork, breaks=chains > 1
        )

    def _tuple(self, node: tree.TupleExpr) -> Layout:
        items = self._items(node.items)
        if len(items) == 1:
            return self.bracketed("(", items, ")", node.span.end - 1, keeps_comma=True)
        fills = bool(items) and all(_is_number(item) for item in node.items)
        return self.bracketed("(", items, ")", node.span.end - 1, fills=fills)

    def _dict(self, node: tree.DictExpr) -> Layout:
        items: list[tuple[Layout, Layout, Layout]] = []
        for key, value in node.items:
            trailing, leading = self.comments.between(key.span.start)
            pair = (self.expression(key, Level.VALUE), ": ", self.expression(value))
            items.append((trailing, leading, pair))
        return self.bracketed("{", items, "}", node.span.end - 1, one_a_line=True)

    def _items(self, nodes: Sequence[tree.Expr]) -> list[tuple[Layout, Layout, Layout]]:
        """Lay items out, each with the comments before it."""
        items = []
        for node in nodes:
            trailing, leading = self.comments.between(node.span.start)
            items.append((trailing, leading, self.expression(node)))
        return items

    def bracketed(
        self,
        opening: str,
        items: Sequence[tuple[Layout, Layout, Layout]],
        closing: str,
        end: int,
        *,
        one_a_line: bool = False,
        fills: bool = False,
        breaks: bool = False,
        keeps_comma: bool = False,
    ) -> Layout:
        """Lay out items between brackets; `end` is the offset of the closing one.

        Broken, the items stand on one line of their own if they fit there, else one on each line.
        """
        behind_last, before_end = self.comments.between(end)
        if not items:
            if not must_break((behind_last, before_end)):
                return opening + closing
            return Group(
                opening,
                behind_last,
                Indent(HARD_LINE, _without_last_line(before_end)),
                HARD_LINE,
                closing,
            )
        one_a_line = one_a_line or fills or any(must_break((t, lead)) for t, lead, _ in items[1:])
        one_a_line = one_a_line or must_break(items[0][1]) or must_break((behind_last, before_end))
        inner = self._row(items, fills=fills)
        last: Layout = "," if keeps_comma else Either(",", "")
        tail = (
            behind_last,
            Indent(HARD_LINE, _without_last_line(before_end)) if before_end else "",
        )
        if one_a_line:
            return Group(
                opening,
                items[0][0],
                Indent(SOFT_LINE, inner),
                last,
                *tail,
                SOFT_LINE,
                closing,
                breaks=breaks,
            )
        comma: Layout = "," if keeps_comma else ""
        body = Group(inner, comma if keeps_comma else last)
        return Group(
            opening, items[0][0], Indent(SOFT_LINE, body), *tail, SOFT_LINE, closing, breaks=breaks
        )

    def _row(self, items: Sequence[tuple[Layout, Layout, Layout]], *, fills: bool) -> Layout:
        """Put commas and lines between items, and the comments where they belong."""
        if fills and not any(must_break((t, lead)) for t, lead, _ in items):
            rows = [(item, ",") for _, _, item in items[:-1]]
            return filled([*rows, items[-1][2]])
        parts: list[Layout] = [items[0][1], items[0][2]]
        for trailing, leading, item in items[1:]:
            parts.extend([",", trailing, SPACE_LINE, leading, item])
        return tuple(parts)

    def _comprehension(self, node: tree.Comprehension | tree.DictComprehension) -> Layout:
        opening, closing = "{", "}"
        if isinstance(node, tree.Comprehension):
            opening, closing = ("[", "]") if node.bracket == "[" else ("(", ")")
        return self.comprehension(opening, self._element(node), node.clauses, closing)

    def comprehension(
        self, opening: str, element: Layout, clauses: Sequence[tree.Clause], closing: str
    ) -> Layout:
        """Lay out an element for each turn of clauses, between brackets."""
        inner = self._with_clauses(element, clauses)
        return Group(opening, Indent(SOFT_LINE, inner), SOFT_LINE, closing)

    def _element(self, node: tree.Comprehension | tree.DictComprehension) -> Layout:
        if isinstance(node, tree.Comprehension):
            return self.expression(node.element)
        return (self.expression(node.key, Level.VALUE), ": ", self.expression(node.value))

    def _with_clauses(self, element: Layout, clauses: Sequence[tree.Clause]) -> Layout:
        parts: list[Layout] = [element]
        for clause in clauses:
            trailing, leading = self.comments.between(clause.span.start)
            parts.extend([trailing, SPACE_LINE, leading, self._clause(clause)])
        return Group(*parts)

    def _clause(self, node: tree.Clause) -> Layout:
        parts: list[Layout] = ["for ", self.pattern(node.target), " in "]
        parts.append(self.expression(node.iterable, Level.DISJUNCTION))
        for condition in node.conditions:
            parts.extend([SPACE_LINE, "if ", self.expression(condition, Level.DISJUNCTION)])
        return tuple(parts)

    def pattern(self, node: tree.Pattern, *, is_inner: bool = False) -> str:
        match node:
            case tree.NamePattern():
                return node.id
            case tree.TuplePattern():
                parts = [self.pattern(part, is_inner=True) for part in node.parts]
                text = ", ".join(parts) + ("," if len(parts) == 1 else "")
                return f"({text})" if is_inner else text
        assert_never(node)

    def _unary(self, node: tree.Unary) -> Layout:
        word = "not " if node.op == "not" else node.op
        at_least = Level.NEGATION if node.op == "not" else Level.FACTOR
        return (word, self.expression(node.operand, at_least))

    def _binary(self, node: tree.Binary) -> Layout:
        if node.op == "**":
            left = self.expression(node.left, Level.POSTFIX)
            return (left, " ** ", self.expression(node.right, Level.FACTOR))
        first, rest = _run(node)
        at_least = operator_level(node.op)
        parts: list[Layout] = [self.expression(first, at_least)]
        lines: list[Layout] = []
        for op, operand in rest:
            trailing, leading = self.comments.between(operand.span.start)
            lines.extend(
                [
                    trailing,
                    SPACE_LINE,
                    leading,
                    f"{op} ",
                    self.expression(operand, Level(at_least + 1)),
                ]
            )
        return Group(*parts, Indent(*lines))

    def _compare(self, node: tree.Compare) -> Layout:
        parts = [self.expression(node.first, Level.SUM)]
        for op, operand in zip(node.ops, node.operands, strict=True):
            parts.extend([f" {op} ", self.expression(operand, Level.SUM)])
        return tuple(parts)

    def _conditional(self, node: tree.Conditional) -> Layout:
        """Lay out a choice between values; one in the `else` of another goes on at the same depth."""
        lines: list[Layout] = []
        first = self.expression(node.then, Level.DISJUNCTION)
        while True:
            lines.extend([SPACE_LINE, "if ", self.expression(node.condition, Level.DISJUNCTION)])
            lines.extend([SPACE_LINE, "else "])
            if not isinstance(node.otherwise, tree.Conditional):
                lines.append(self.expression(node.otherwise, Level.VALUE))
                return Group(first, Indent(*lines))
            node = node.otherwise
            lines.append(self.expression(node.then, Level.DISJUNCTION))

    def _postfix(self, node: tree.Attribute | tree.Subscript | tree.Call) -> Layout:
        """Lay out `a.b(c)[d]`, which may be any length, from its first name on."""
        links: list[tree.Attribute | tree.Subscript | tree.Call] = []
        value: tree.Expr = node
        while isinstance(value, tree.Attribute | tree.Subscript | tree.Call):
            links.append(value)
            value = value.function if isinstance(value, tree.Call) else value.value
        parts = [self._head(value, links[-1])]
        for link in reversed(links):
            if isinstance(link, tree.Attribute):
                parts.append(f".{link.name}")
            elif isinstance(link, tree.Subscript):
                parts.extend(["[", self._index(link.index), "]"])
            else:
                parts.append(self.arguments(link.arguments, link.span.end - 1))
        is_alone = isinstance(node, tree.Call) and node.alone
        return ("(", *parts, ")") if is_alone else tuple(parts)

    def _head(self, value: tree.Expr, link: tree.Expr) -> Layout:
        """Put a number before a dot in parentheses, lest the dot be read as its own."""
        is_number = isinstance(value, tree.Literal) and not isinstance(value.value, str)
        if is_number and isinstance(link, tree.Attribute):
            return ("(", self._bare(value), ")")
        return self.expression(value, Level.POSTFIX)

    def _index(self, node: tree.Expr) -> Layout:
        is_plain = isinstance(node, tree.TupleExpr) and node.items
        if not is_plain or any(isinstance(item, tree.Starred) for item in node.items):  # type: ignore[union-attr]
            return Group(Indent(SOFT_LINE, self.expression(node)), SOFT_LINE)
        assert isinstance(node, tree.TupleExpr)
        parts: list[Layout] = []
        for item in node.items:
            if parts:
                parts.extend([",", SPACE_LINE])
            parts.append(self.expression(item))
        if len(node.items) == 1:
            parts.append(",")
        return Group(Indent(SOFT_LINE, *parts), SOFT_LINE)

    def _slice(self, node: tree.Slice) -> Layout:
        start = self.expression(node.start) if node.start else ""
        stop = self.expression(node.stop) if node.stop else ""
        step: Layout = (":", self.expression(node.step)) if node.step else ""
        return (start, ":", stop, step)

    def arguments(self, arguments: Sequence[tree.Argument], end: int) -> Layout:
        """Lay out arguments in parentheses, of which the closing one stands at `end`."""
        items: list[tuple[Layout, Layout, Layout]] = []
        for argument in arguments:
            trailing, leading = self.comments.between(argument.span.start)
            items.append((trailing, leading, self._argument(argument, is_only=len(arguments) == 1)))
        return self.bracketed("(", items, ")", end)

    def _argument(self, node: tree.Argument, *, is_only: bool) -> Layout:
        if node.name is not None:
            return (f"{node.name}=", self.expression(node.value))
        if node.star:
            return (node.star, self.expression(node.value, Level.VALUE))
        if is_only and isinstance(node.value, tree.Comprehension) and node.value.bracket == "(":
            return self._with_clauses(self._element(node.value), node.value.clauses)
        return self.expression(node.value)

    def chain(self, node: tree.Pipe, *, is_indented: bool = True) -> Layout:
        """Lay out `a -> b -> c`: on one line, or each arrow on a line of its own."""
        first = self.expression(node.stages[0], Level.STAGE)
        stages: list[tuple[tuple[Layout, Layout], Layout]] = []
        for stage in node.stages[1:]:
            stages.append((self.comments.between(stage.span.start), self._stage(stage)))
        if _is_around_one_body(node) and not any(must_break(comments) for comments, _ in stages):
            return (first, *(part for _, stage in stages for part in (" -> ", stage)))
        lines: list[Layout] = []
        for (trailing, leading), layout in stages:
            lines.extend([trailing, SPACE_LINE, leading, "-> ", layout])
        return Group(first, Indent(*lines)) if is_indented else Group(first, *lines)

    def _stage(self, stage: tree.Expr) -> Layout:
        if isinstance(stage, tree.Binary | tree.Unary | tree.Compare):
            return self._parenthesised(stage)
        if isinstance(stage, tree.ListExpr):
            return self._list(stage, is_fork=True)
        return self.expression(stage, Level.STAGE)

    def _repeat(self, node: tree.Repeat) -> Layout:
        count = self._before_brace(node.count)
        return Group("repeat ", count, " ", *self._braced(node.body, node.span.end - 1))

    def _for(self, node: tree.For) -> Layout:
        iterable = self._before_brace(node.iterable)
        head = ("for ", self.pattern(node.target), " in ", iterable, " ")
        return Group(*head, *self._braced(node.body, node.span.end - 1))

    def _if(self, node: tree.If) -> Layout:
        parts: list[Layout] = []
        while True:
            parts.extend(["if ", self._before_brace(node.condition), " "])
            parts.extend(self._braced(node.then, self._brace_after(node.condition.span)))
            if node.otherwise is None:
                return Group(*parts)
            parts.append(" else ")
            if not isinstance(node.otherwise, tree.If):
                parts.extend(self._braced(node.otherwise, node.span.end - 1))
                return Group(*parts)
            node = node.otherwise

    def _before_brace(self, node: tree.Expr) -> Layout:
        """Lay out what stands between a word and a brace; operators over several lines stand in parentheses.

        The lines of what is in the braces are indented as far as these would be.
        """
        value = self.expression(node, Level.VALUE)
        if not isinstance(node, (tree.Binary, tree.Compare, tree.Conditional)):
            return value
        opened, closed = Either("(", ""), Either(")", "")
        return Group(opened, Indent(SOFT_LINE, value), SOFT_LINE, closed)

    def _brace_after(self, span: Span) -> int:
        """Give the offset of the brace that closes the body whose opening one follows."""
        index = self.tokens.index_at(span.end)
        while self.tokens.kinds[index] != "{":
            index += 1
        return self.tokens.starts[self.partner[index]]

    def _braced(self, body: tree.Expr, end: int) -> tuple[Layout, ...]:
        if isinstance(body, tree.Statements):
            return (self._statements(body),)
        trailing, leading = self.comments.between(body.span.start)
        is_misread = first_name(body) in ALWAYS_FIRST
        inner = self._parenthesised(body) if is_misread else self.expression(body)
        behind, before_end = self.comments.between(end)
        tail: Layout = (HARD_LINE, _without_last_line(before_end)) if before_end else ""
        return ("{", trailing, Indent(SPACE_LINE, leading, inner, behind, tail), SPACE_LINE, "}")


def _name(word: str) -> Layout:
    """Lay a name out; one that a statement could begin with is never to be read as its beginning."""
    if word not in STATEMENT_WORDS:
        return word

    def is_misread(following: str) -> bool:
        return begins_with(word, tokenize(SourceFile("", following)).kinds[0])

    return Guarded(word, is_misread)


def _without_last_line(comments: Layout) -> Layout:
    """Take away the line end behind the last of some comments."""
    assert isinstance(comments, tuple)
    return comments[:-1]


def _run(node: tree.Binary) -> tuple[tree.Expr, list[tuple[str, tree.Expr]]]:
    """Give the operands of a run of operators that bind alike, `a + b - c`."""
    own = operator_level(node.op)
    rest: list[tuple[str, tree.Expr]] = []
    current: tree.Expr = node
    while (
        isinstance(current, tree.Binary)
        and current.op != "**"
        and operator_level(current.op) == own
    ):
        rest.append((current.op, current.right))
        current = current.left
    rest.reverse()
    return current, rest


def _is_around_one_body(node: tree.Pipe) -> bool:
    """Tell a short chain around one fork or loop: `x -> [` … `] -> Add()`. Its arrows stay, and the body is broken."""
    bodies = [
        i for i, stage in enumerate(node.stages) if isinstance(stage, (tree.ListExpr, tree.Braced))
    ]
    return len(node.stages) <= 3 and len(bodies) == 1 and bodies[0] < 2


def _has_several_stages(node: tree.Expr) -> bool:
    """Tell whether it is a branch of two layers or more; the tensor that a branch starts from is not one."""
    if not isinstance(node, tree.Pipe):
        return False
    starts = isinstance(node.stages[0], tree.Name | tree.Arriving)
    return len(node.stages) - starts > 1


def _is_branch(node: tree.Expr) -> bool:
    """Tell whether it is an item that makes a list a fork, or at least a list of tensors."""
    return isinstance(node, (tree.Pipe, tree.Arriving, tree.As, tree.Starred, tree.Braced))


def _is_number(node: tree.Expr) -> bool:
    if isinstance(node, tree.Unary):
        node = node.operand
    return isinstance(node, tree.Literal) and not isinstance(node.value, str)
