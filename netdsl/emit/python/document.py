"""A document of text, breaks and groups, printed so that lines stay within a width.

`formatting.py` turns Python code into these elements; the printer decides which groups break. A group is printed
flat where what is inside it and what follows on its line fit, and broken otherwise, from the outside in. The
elements are those that the layout of `ruff format` can be said in: its rules for parentheses that appear only
where they help are `IfBreaks`, `FitsExpanded` and `BestFit`.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple, TypeAlias, Union

from netdsl.record import record

WIDTH = 88
INDENT = 4

FLAT, EXPANDED = False, True


@record
class Line:
    """A place to break: nothing (`soft`) or a space when flat. `hard` always breaks."""

    space: bool = False
    hard: bool = False


@record(eq=False)
class Group:
    """Breaks all of its own lines or none. With `only_if` it is a group where that other group is broken."""

    content: Document
    expand: bool = False
    only_if: Marker | None = None
    marker: Marker | None = None


@record(eq=False)
class Indent:
    """Breaks inside are indented; with `only_if`, where that group is broken."""

    content: Document
    only_if: Marker | None = None


@record(eq=False)
class IfBreaks:
    """`content` where the group (the enclosing one, or `of`) is broken, else `otherwise`."""

    content: Document
    otherwise: Document = ()
    of: Marker | None = None


@record(eq=False)
class FitsExpanded:
    """Content that may break without breaking the group `of` around it."""

    content: Document
    of: Marker


@record(eq=False)
class BestFit:
    """Content that gets parentheses and a line of its own where that makes it fit, and else is left alone."""

    content: Document
    marker: Marker


@record
class Suffix:
    """A comment at the end of the line: it takes part in the width and is printed before the line ends."""

    text: str


class Marker:
    """The identity of a group that other elements refer to."""


Element: TypeAlias = str | Line | Group | Indent | IfBreaks | FitsExpanded | BestFit | Suffix
Document: TypeAlias = tuple[Union[Element, "Document"], ...]

SOFT = Line()
SPACE = Line(space=True)
HARD = Line(hard=True)


class _Place(NamedTuple):
    """How elements are printed at one place: broken or flat, how deep, and whether all lines are measured."""

    expanded: bool
    indent: int
    all_lines: bool = False


#: What is still to be printed, innermost last. Most of it is text and tuples of more, which the loops below take by
#: themselves, and plain pairs: nothing in the generation of long modules is done more often.
_Pending: TypeAlias = tuple[Element | Document, _Place]


def text_width(text: str) -> int:
    """Count columns: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def on_one_line(document: Document, width: int = WIDTH) -> str | None:
    """Give a document that fits on a line as it is, as most do; None where something breaks or must be measured."""
    texts: list[str] = []
    comments: list[str] = []
    stack: list[tuple[Element | Document, bool]] = [(document, False)]
    while stack:
        element, in_group = stack.pop()
        if element.__class__ is str:
            texts.append(element)
            width -= text_width(element)
            if width < 0:
                return None
            continue
        if element.__class__ is tuple:
            stack += [(part, in_group) for part in element[::-1]]
            continue
        match element:
            case Line(space, hard):
                if hard or not in_group:
                    return None
                texts.append(" " * space)
                width -= space
            case Suffix(text):
                comments.append(text)
                width -= text_width(text)
            case Group(content, expand, only_if):
                if expand and only_if is None:
                    return None
                stack.append((content, in_group or only_if is None))
            case IfBreaks(content, otherwise, of):
                stack.append((otherwise if in_group or of is not None else content, in_group))
            case Indent(content) | FitsExpanded(content) | BestFit(content):
                stack.append((content, in_group or isinstance(element, BestFit)))
    return "".join((*texts, *comments)) if width >= 0 else None


class Printer:
    """Prints one document. Both printing and measuring run on explicit stacks, innermost last."""

    def __init__(self, width: int = WIDTH) -> None:
        self._width = width
        self._out: list[str] = []
        self._column = 0
        self._pending_indent = 0
        self._suffixes: list[str] = []
        self._modes: dict[Marker, bool] = {}
        self._measured = (
            False  # the enclosing group is known to fit: inner groups need no measuring
        )

    def print(self, document: Document, indent: int = 0) -> str:
        """Give the text of a document, its first line indented."""
        self._pending_indent = indent
        stack: list[_Pending] = [(document, _Place(EXPANDED, indent))]
        while stack:
            element, place = stack.pop()
            if element.__class__ is str:
                self._write(element)
            elif element.__class__ is tuple:
                stack += [(part, place) for part in element[::-1]]
            else:
                self._print_element(element, place, stack)
        self._out.extend(self._suffixes)
        return "".join(self._out)

    def _write(self, text: str) -> None:
        if self._pending_indent:
            self._out.append(" " * self._pending_indent)
            self._column, self._pending_indent = self._pending_indent, 0
        self._out.append(text)
        self._column += text_width(text)

    def _print_element(
        self, element: Element | Document, place: _Place, stack: list[_Pending]
    ) -> None:
        match element:
            case Line():
                self._print_line(element, place)
            case Suffix(text):
                self._suffixes.append(text)
            case Group():
                self._print_group(element, place, stack)
            case Indent(content, only_if):
                deeper = only_if is None or self._modes[only_if]
                stack.append((content, _deeper(place) if deeper else place))
            case IfBreaks(content, otherwise, of):
                broken = place.expanded if of is None else self._modes[of]
                stack.append((content if broken else otherwise, place))
            case FitsExpanded(content, of):
                if self._modes[of] == FLAT:
                    self._measured = False
                stack.append((content, place))
            case BestFit():
                self._print_best_fit(element, place, stack)

    def _print_line(self, line: Line, place: _Place) -> None:
        if not place.expanded and not line.hard:
            if line.space:
                self._write(" ")
            return
        self._out.extend(self._suffixes)
        self._suffixes.clear()
        self._out.append("\n")
        self._column, self._pending_indent = 0, place.indent
        self._measured = False

    def _print_group(self, group: Group, place: _Place, stack: list[_Pending]) -> None:
        if group.only_if is not None and self._modes[group.only_if] == FLAT:
            stack.append((group.content, place))
            return
        expanded = group.expand or self._must_break(group.content, group.marker, place, stack)
        if group.marker is not None:
            self._modes[group.marker] = expanded
        stack.append((group.content, place._replace(expanded=expanded)))

    def _must_break(
        self, content: Document, marker: Marker | None, place: _Place, rest: list[_Pending]
    ) -> bool:
        if not place.expanded and self._measured:
            return FLAT
        self._measured = True
        if marker is not None:
            self._modes[marker] = FLAT
        flat = (content, place._replace(expanded=FLAT))
        return not self._fits([flat], rest, self._column, self._pending_indent)

    def _print_best_fit(self, element: BestFit, place: _Place, stack: list[_Pending]) -> None:
        expanded = self._must_break(element.content, element.marker, place, stack)
        inner = _deeper(place)
        if expanded:
            strict = inner._replace(expanded=EXPANDED, all_lines=True)
            alone = (element.content, strict)
            expanded = self._fits([alone], [], 0, inner.indent)
        self._modes[element.marker] = expanded
        if not expanded:
            stack.append((element.content, place._replace(expanded=FLAT)))
            return
        wrapped: Document = ("(", Indent((HARD, element.content)), HARD, ")")
        stack.append((wrapped, place._replace(expanded=EXPANDED)))

    def _fits(self, first: list[_Pending], rest: list[_Pending], column: int, pending: int) -> bool:
        """Tell whether what is to be printed stays within the width up to the first line break."""
        column += pending
        stack, left = first, len(rest)
        modes, width = self._modes, self._width
        while True:
            if not stack:
                if not left:
                    return True
                left -= 1
                stack.append(rest[left])
            element, place = stack.pop()
            if element.__class__ is str:
                column += text_width(element)
                if column > width:
                    return False
                continue
            if element.__class__ is tuple:
                stack += [(part, place) for part in element[::-1]]
                continue
            match element:
                case Suffix(text):
                    column += text_width(text)
                    if column > width:
                        return False
                case Line():
                    if not place.expanded and not element.hard:
                        column += element.space
                        if column > width:
                            return False
                    elif not place.all_lines:
                        return True
                    else:
                        column = place.indent
                case Group(content, expand, only_if, marker):
                    if only_if is None or modes[only_if]:
                        place = place._replace(expanded=place.expanded or expand)
                        if marker is not None:
                            modes[marker] = place.expanded
                    stack.append((content, place))
                case Indent(content, only_if):
                    deeper = only_if is None or modes[only_if]
                    stack.append((content, _deeper(place) if deeper else place))
                case IfBreaks(content, otherwise, of):
                    broken = place.expanded if of is None else modes[of]
                    stack.append((content if broken else otherwise, place))
                case FitsExpanded(content, of):
                    if not place.expanded and modes[of] == FLAT:
                        place = place._replace(expanded=True, all_lines=True)
                    stack.append((content, place))
                case BestFit(content, marker):
                    modes[marker] = place.expanded
                    stack.append((content, place))


def _deeper(place: _Place) -> _Place:
    return place._replace(indent=place.indent + INDENT)
