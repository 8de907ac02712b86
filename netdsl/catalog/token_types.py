"""The types of a lookup layer's `vocabulary`: a file's name, or the tokens, as words or as integers."""

from __future__ import annotations

import re

from netdsl.catalog.argument_types import (
    INTEGER,
    TEXT,
    ArgumentMismatch,
    Items,
    either,
    mismatch,
    optional,
)
from netdsl.catalog.spell import spell
from netdsl.record import record
from netdsl.value import Value


@record
class Words(Items):
    """The tokens of a lookup of strings: numbers among them are read as words, numbers alone are not."""

    def accept(self, value: Value) -> tuple[Value, ...]:
        found = super().accept(value)
        if found and all(isinstance(token, int) for token in found):
            wanted = spell([str(token) for token in found])
            raise ArgumentMismatch(
                f"is `{spell(value)}`, not {self.spelled}", f"write `{wanted}`", suggestion=wanted
            )
        return found


@record
class Numerals(Items):
    """The tokens of a lookup of integers, which may be written as words."""

    def accept(self, value: Value) -> tuple[Value, ...]:
        found = super().accept(value)
        for token in found:
            if isinstance(token, str) and not re.fullmatch(r"\s*[+-]?\d+\s*", token):
                raise mismatch(value, self.spelled)
        return found


WORDS = optional(either(TEXT, Words("a list of strings", either(TEXT, INTEGER))))
NUMERALS = optional(either(TEXT, Numerals("a list of integers", either(INTEGER, TEXT))))
