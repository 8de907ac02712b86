"""Hands out the comments of a file in order, as the printer comes past their places.

A printer walks the tree in source order and asks, at each place where a comment may stand, for those not yet written
that come before it. A comment at any other place waits for the next one: none is ever lost.
"""

from __future__ import annotations

from netdsl.format.layout import HARD_LINE, Layout, Suffix
from netdsl.source import SourceFile
from netdsl.syntax.tree import Comment


class Comments:
    """The comments of one file that are not yet written."""

    def __init__(self, file: SourceFile, comments: tuple[Comment, ...]) -> None:
        self._text = file.text
        self._comments = comments
        self._next = 0

    def before(self, offset: int) -> list[Comment]:
        """Take the comments before an offset."""
        first = self._next
        while self._next < len(self._comments) and self._comments[self._next].start < offset:
            self._next += 1
        return list(self._comments[first : self._next])

    def between(self, offset: int) -> tuple[Layout, Layout]:
        """Take the comments before an offset: those that end a line, and those that stand on lines of their own.

        The first part goes behind what was written before the offset, the second before what comes next.
        """
        trailing: list[Layout] = []
        leading: list[Layout] = []
        for comment in self.before(offset):
            if leading or not self.is_trailing(comment) or trailing:
                leading.extend([text_of(comment), HARD_LINE])
            else:
                trailing.append(Suffix(text_of(comment)))
        return tuple(trailing), tuple(leading)

    def is_trailing(self, comment: Comment) -> bool:
        """Tell whether anything stands before a comment on its line."""
        line_start = self._text.rfind("\n", 0, comment.start) + 1
        return bool(self._text[line_start : comment.start].strip(" \t\f\r\ufeff"))


def text_of(comment: Comment) -> str:
    """Give a comment as it was written, without white space at its end."""
    return comment.text.rstrip()
