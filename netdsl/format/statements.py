"""Lays out statements and the lists that they stand in, with their comments and the empty lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from netdsl.format.comments import Comments, text_of
from netdsl.format.expressions import Expressions
from netdsl.format.layout import (
    BLANK_LINE,
    HARD_LINE,
    SOFT_LINE,
    SPACE_LINE,
    Group,
    Indent,
    Layout,
    Suffix,
    breaks,
    separated,
)
from netdsl.format.literals import spell_docstring, spell_string
from netdsl.format.precedence import Level
from netdsl.syntax import tree
from netdsl.syntax.tokens import Tokens

Statement = tree.TopStatement | tree.BodyStatement | tree.Setting
# What is a paragraph of its own at top level, however short.
_PARAGRAPHS = (tree.Model, tree.Train)


class Statements:
    """Makes layouts of statements, in source order."""

    def __init__(self, tokens: Tokens, comments: Comments) -> None:
        self._tokens = tokens
        self._comments = comments
        self._text = tokens.file.text
        self._expressions = Expressions(tokens, comments, self._inner)

    def module(self, module: tree.Module) -> Layout:
        """Lay a whole file out."""
        rows = _Rows(self._text, most_blank=2)
        if module.docstring is not None:
            self._docstring(rows, 0)
        before: tree.TopStatement | None = None
        was_long = False
        for statement in module.statements:
            self._own_lines(rows, statement.span.start)
            layout = self.statement(statement)
            is_long = _is_paragraph(statement) or breaks(layout)
            apart = before is None or is_long or was_long or _family(before) != _family(statement)
            rows.add(layout, statement.span.start, statement.span.end, is_apart=apart)
            before, was_long = statement, is_long
        self._own_lines(rows, len(self._text) + 1)
        return rows.layout()

    def _docstring(self, rows: _Rows, first: int) -> None:
        """Lay out the string at token `first`, with the comments before it."""
        start, end = self._tokens.starts[first], self._tokens.ends[first]
        self._own_lines(rows, start)
        rows.add(spell_docstring(self._text[start:end]), start, end)

    def _own_lines(self, rows: _Rows, offset: int) -> None:
        """Write the comments before an offset: behind the statement before, or each on a line of its own."""
        for comment in self._comments.before(offset):
            if self._comments.is_trailing(comment) and rows.takes_suffix(comment.start):
                rows.append(Suffix(text_of(comment)), comment.start + len(comment.text))
            else:
                rows.add(
                    text_of(comment),
                    comment.start,
                    comment.start + len(comment.text),
                    is_comment=True,
                )

    def _body(self, docstring: str | None, statements: Sequence[Statement], opener: int) -> Layout:
        """Lay out the body of a declaration in its braces; `opener` is the number of the token `{`."""
        rows = _Rows(self._text, most_blank=1)
        end = self._tokens.starts[self._expressions.partner[opener]]
        first = statements[0].span.start if statements else end
        if docstring is not None:
            first = self._tokens.starts[opener + 1]
        trailing: list[Layout] = []
        for comment in self._comments.before(self._line_end(opener, first)):
            if not trailing and rows.is_empty and self._comments.is_trailing(comment):
                trailing.append(Suffix(text_of(comment)))
            else:
                rows.add(text_of(comment), comment.start, comment.start, is_comment=True)
        if docstring is not None:
            self._docstring(rows, opener + 1)
        for statement in statements:
            self._own_lines(rows, statement.span.start)
            rows.add(self.statement(statement), statement.span.start, statement.span.end)
        self._own_lines(rows, end)
        if rows.is_empty and not trailing:
            return "{}"
        if rows.is_empty:
            return ("{", *trailing, HARD_LINE, "}")
        return ("{", *trailing, Indent(HARD_LINE, rows.layout()), HARD_LINE, "}")

    def _line_end(self, token: int, most: int) -> int:
        """Give the offset where the line of a token ends, or `most` if that comes before."""
        end = self._text.find("\n", self._tokens.starts[token])
        return min(most, len(self._text) if end < 0 else end)

    def statement(self, node: Statement) -> Layout:
        match node:
            case tree.Import():
                return self._import(node)
            case tree.Let():
                return self._bound(f"let {node.name}", node.value)
            case tree.Function():
                head = (f"fn {node.name}", self._parameters(node.parameters, node.name_span.end))
                return self._defined(head, node.value)
            case tree.Defaults():
                arguments = self._expressions.arguments(node.arguments, node.span.end - 1)
                return (f"defaults {', '.join(layer.id for layer in node.layers)}", arguments)
            case tree.Block():
                return self._block(node)
            case tree.Model():
                return (self._head("model", node), " ", self._braces(node.body))
            case tree.SpecialisedModel():
                return self._bound(f"model {node.name}", node.value)
            case tree.Train():
                return self._train(node)
            case tree.ExternLayer():
                return self._extern_layer(node)
            case tree.ExternFn():
                return (f"extern fn {node.name} from ", self._quoted(node.module_span.text))
            case tree.ExternObject():
                own: Layout = "()"
                if node.parameters:
                    own = self._parameters(node.parameters, node.name_span.end)
                module = self._quoted(node.module_span.text)
                return (f"extern {node.family} {node.name}", own, " from ", module)
            case tree.Assert():
                return self._assert(node)
            case tree.Input():
                return self._input(node)
            case tree.Inputs():
                return (f"inputs {node.name}: ", self._group(node.group))
            case tree.LayerDecl():
                return self._bound(f"layer {node.name}", node.value)
            case tree.WeightDecl():
                return self._weight(node)
            case tree.Setting():
                return self._bound(node.name, node.value)
            case tree.Bind():
                return self._bound(self._expressions.pattern(node.target), node.value)
            case tree.Output():
                if node.name is None:
                    return ("output ", self._expressions.expression(node.value))
                return self._bound(f"output {node.name}", node.value)
        assert_never(node)

    def _bound(self, head: Layout, value: tree.Expr) -> Layout:
        return (head, " = ", self._expressions.expression(value))

    def _defined(self, head: Layout, value: tree.Expr) -> Layout:
        """Put what a function or block is on a line of its own, if it has no brackets to break it in."""
        if not isinstance(value, tree.Pipe | tree.Binary | tree.Compare | tree.Conditional):
            return self._bound(head, value)
        trailing, leading = self._comments.between(value.span.start)
        if isinstance(value, tree.Pipe):
            layout = self._expressions.chain(value, is_indented=False)
        else:
            layout = self._expressions.expression(value)
        return Group(head, " =", trailing, Indent(SPACE_LINE, leading, layout))

    def _import(self, node: tree.Import) -> Layout:
        source = node.module if node.module is not None else self._quoted(node.source_span.text)
        items: list[tuple[Layout, Layout, Layout]] = []
        for name in node.names:
            trailing, leading = self._comments.between(name.span.start)
            items.append(
                (trailing, leading, f"{name.name} as {name.alias}" if name.alias else name.name)
            )
        head = f"from {source} import "
        plain = ", ".join(str(item) for _, _, item in items)
        is_plain = not any(trailing or leading for trailing, leading, _ in items)
        if is_plain and len(head) + len(plain) <= 100:
            return head + plain
        last = self._tokens.index_at(node.names[-1].span.start)
        return (head, self._expressions.bracketed("(", items, ")", self._tokens.ends[last]))

    def _quoted(self, text: str) -> str:
        return spell_string(text)

    def _block(self, node: tree.Block) -> Layout:
        head = self._head("block", node)
        if isinstance(node.body, tree.Body):
            return (head, " ", self._braces(node.body))
        return self._defined(head, node.body)

    def _train(self, node: tree.Train) -> Layout:
        opener = self._tokens.index_at(node.model_span.end)
        head: Layout = f"train {node.model}"
        if self._tokens.kinds[opener] == "(":
            opener = self._expressions.partner[opener] + 1
        if node.parameters:
            head = (head, self._parameters(node.parameters, node.model_span.end))
        return (head, " ", self._body(node.docstring, node.settings, opener))

    def _head(self, word: str, node: tree.Block | tree.Model) -> Layout:
        if not node.parameters:
            return f"{word} {node.name}"
        return (f"{word} {node.name}", self._parameters(node.parameters, node.name_span.end))

    def _inner(self, body: tree.Statements) -> Layout:
        return self._body(None, body.statements, self._tokens.index_at(body.span.start))

    def _braces(self, body: tree.Body) -> Layout:
        return self._body(body.docstring, body.statements, self._tokens.index_at(body.span.start))

    def _parameters(self, parameters: Sequence[tree.Parameter], after: int) -> Layout:
        opener = self._tokens.index_at(after)
        end = self._tokens.starts[self._expressions.partner[opener]]
        items: list[tuple[Layout, Layout, Layout]] = []
        for parameter in parameters:
            trailing, leading = self._comments.between(parameter.span.start)
            items.append((trailing, leading, self._parameter(parameter)))
        return self._expressions.bracketed("(", items, ")", end)

    def _parameter(self, node: tree.Parameter) -> Layout:
        name = f"{node.name}: {node.type}" if node.type is not None else node.name
        tried: Layout = ""
        if node.tried is not None:
            tried = (" in ", self._expressions.expression(node.tried, Level.VALUE))
        if node.default is None:
            return (name, tried)
        equals = "=" if node.type is None and node.tried is None else " = "
        return (name, tried, equals, self._expressions.expression(node.default))

    def _assert(self, node: tree.Assert) -> Layout:
        condition = self._expressions.expression(node.condition)
        if node.message is None:
            return ("assert ", condition)
        trailing, leading = self._comments.between(node.message.span.start)
        message = self._expressions.expression(node.message)
        return ("assert ", Group(condition, ",", trailing, Indent(SPACE_LINE, leading, message)))

    def _weight(self, node: tree.WeightDecl) -> Layout:
        head: Layout = f"weight {node.name}"
        if node.type is not None:
            head = (head, ": ", self._tensor_type(node.type))
        return head if node.value is None else self._bound(head, node.value)

    def _input(self, node: tree.Input) -> Layout:
        if node.type is None:
            return f"input {node.name}"
        return (f"input {node.name}: ", self._tensor_type(node.type))

    def _group(self, node: tree.InputTable | tree.InputComprehension) -> Layout:
        if isinstance(node, tree.InputComprehension):
            pair = self._input_pair(node.pair)
            return self._expressions.comprehension("{", pair, node.clauses, "}")
        items: list[tuple[Layout, Layout, Layout]] = []
        for written in node.pairs:
            trailing, leading = self._comments.between(written.key.span.start)
            items.append((trailing, leading, self._input_pair(written)))
        return self._expressions.bracketed("{", items, "}", node.span.end - 1, one_a_line=True)

    def _input_pair(self, node: tree.InputPair) -> Layout:
        key = self._expressions.expression(node.key, Level.VALUE)
        return (key, ": ", self._input_type(node.type))

    def _input_type(self, node: tree.InputType) -> Layout:
        if isinstance(node, tree.TensorType):
            return self._tensor_type(node)
        condition = self._expressions.expression(node.condition, Level.DISJUNCTION)
        then, otherwise = self._tensor_type(node.then), self._input_type(node.otherwise)
        return Group(then, Indent(SPACE_LINE, "if ", condition, SPACE_LINE, "else ", otherwise))

    def _extern_layer(self, node: tree.ExternLayer) -> Layout:
        head: Layout = (f"extern layer {node.name}", "()")
        if node.parameters:
            head = (
                f"extern layer {node.name}",
                self._parameters(node.parameters, node.name_span.end),
            )
        parts: list[Layout] = [head, ": ", self._tensor_types(node.inputs)]
        rest: list[Layout] = [SPACE_LINE, "-> ", self._tensor_types(node.outputs)]
        if isinstance(node.weights, tree.Arriving):
            rest.extend([SPACE_LINE, "weights ?"])
        elif node.weights:
            weights = [self._tensor_type(weight) for weight in node.weights]
            rest.extend(
                [SPACE_LINE, Group("weights ", Indent(*separated(weights, (",", SPACE_LINE))))]
            )
        rest.extend([SPACE_LINE, "from ", self._quoted(node.module_span.text)])
        return Group(*parts, Indent(*rest))

    def _tensor_types(self, types: Sequence[tree.TensorType]) -> Layout:
        if len(types) == 1:
            return self._tensor_type(types[0])
        parts: list[Layout] = []
        for item in types:
            parts.extend([",", SPACE_LINE] if parts else [])
            parts.append(self._tensor_type(item))
        return Group("(", Indent(SOFT_LINE, *parts), SOFT_LINE, ")")

    def _tensor_type(self, node: tree.TensorType) -> Layout:
        opener = self._tokens.index_at(
            node.span.start if node.dtype_span is None else node.dtype_span.end
        )
        end = self._tokens.starts[self._expressions.partner[opener]]
        items: list[tuple[Layout, Layout, Layout]] = []
        for dim in node.dims:
            trailing, leading = self._comments.between(dim.span.start)
            items.append((trailing, leading, self._expressions.expression(dim, Level.VALUE)))
        dims = self._expressions.bracketed("[", items, "]", end)
        if not node.options:
            return (node.dtype or "", dims)
        return (
            node.dtype or "",
            dims,
            self._expressions.arguments(node.options, node.span.end - 1),
        )


class _Rows:
    """Statements and comments, one below the other, with the empty lines that the source has between them."""

    def __init__(self, text: str, most_blank: int) -> None:
        self._text = text
        self._most_blank = most_blank
        self._parts: list[Layout] = []
        self._blank: list[int] = []
        self._end = 0
        self._comments_since: int | None = None
        self._has_suffix = False

    @property
    def is_empty(self) -> bool:
        return not self._parts

    def add(
        self,
        layout: Layout,
        start: int,
        end: int,
        *,
        is_comment: bool = False,
        is_apart: bool = False,
    ) -> None:
        """Add a row; one that is apart has an empty line before it, or before the comments above it."""
        gap = self._text[self._end : start].count("\n") - 1 if self._parts else 0
        self._parts.append(layout)
        self._has_suffix = False
        self._blank.append(max(0, min(gap, self._most_blank)))
        index = len(self._parts) - 1
        first = index if self._comments_since is None else self._comments_since
        if is_apart and first > 0 and not any(self._blank[first:]):
            self._blank[first] = 1
        if is_comment:
            self._comments_since = first
        else:
            self._comments_since = None
        self._end = end

    def takes_suffix(self, offset: int) -> bool:
        """Tell whether a comment at an offset may stand behind the last row, which has none yet."""
        if not self._parts or self._comments_since is not None or self._has_suffix:
            return False
        return "\n" not in self._text[self._end : offset]

    def append(self, suffix: Suffix, end: int) -> None:
        self._parts[-1] = (self._parts[-1], suffix)
        self._has_suffix = True
        self._end = max(self._end, end)

    def layout(self) -> Layout:
        parts: list[Layout] = []
        for part, blank in zip(self._parts, self._blank, strict=True):
            if parts:
                parts.extend([BLANK_LINE] * blank if blank < 2 else [HARD_LINE, BLANK_LINE])
                if not blank:
                    parts.append(HARD_LINE)
            parts.append(part)
        return tuple(parts)


def _is_paragraph(node: tree.TopStatement) -> bool:
    return isinstance(node, _PARAGRAPHS) or (
        isinstance(node, tree.Block) and isinstance(node.body, tree.Body)
    )


def _family(node: tree.TopStatement) -> str:
    """Give what neighbours without an empty line between them have in common."""
    return "import" if isinstance(node, tree.Import) else "other"
