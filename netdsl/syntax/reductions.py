"""Makes the value of each completed rule of the grammar: calls the method of a builder that is named for the rule.

Lark's parser keeps on its stack what these functions give, or a token. They follow Lark's own shaping of trees: signs
are dropped, `_lists` spliced in, `?rules` of one part passed on, and optional parts that were left out are None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from lark.grammar import Rule, Terminal

from netdsl.source import Span
from netdsl.syntax.grammar import load_grammar

if TYPE_CHECKING:
    from netdsl.syntax.build import Builder
    from netdsl.syntax.reading import Reading

# Of a rule's parts those that its value is made of: a number is that part, `~number` the list that the part is, to be
# spliced in, None an optional part that was left out.
Keep = tuple[int | None, ...]


#: What a rule gave: a node of the tree, a list, a span, None. Which, the grammar says, and no type.
Parsed: TypeAlias = Any


class Read(NamedTuple):
    """What a rule gave, and the offset where its text begins."""

    start_pos: int
    value: Parsed


#: On the parser's stack lies what a rule gave, a `Read`, or a word, which has the same two attributes.
Part: TypeAlias = Any
Reduce: TypeAlias = Callable[[list[Part]], Part]


class Reductions:
    """The functions by rule, for one builder; `of` tells for which reading it is at work."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self._reading: Reading | None = None
        self.functions = _Functions(self._function)

    @contextmanager
    def of(self, reading: Reading) -> Iterator[None]:
        """Make values for a reading, and afterwards for the one before: a string's holes are read within a file."""
        before, self._reading = self._reading, reading
        try:
            yield
        finally:
            self._reading = before

    def _function(self, rule: Rule) -> Reduce:
        keep = _shapes()[rule]
        assert keep is not None
        if rule.origin.name.startswith("_"):
            return self._gathers(keep)
        name = rule.alias or rule.origin.name
        if _passes_on(rule, keep):
            only = keep[0] or 0
            return lambda parts: _read((parts[0].start_pos, parts[only].value))
        return self._calls(getattr(self.builder, name), keep)

    def _calls(self, method: Callable[..., Parsed], keep: Keep) -> Reduce:
        """Give the function that calls a method with the span of the rule and the values of its parts."""

        kept = _keeping(keep)

        def call(parts: list[Part]) -> Read:
            reading = self._reading
            assert reading is not None
            tokens, index = reading.tokens, reading.index
            if not parts:
                start = end = tokens.starts[index]
            else:
                start, end = parts[0].start_pos, tokens.ends[index - 1] if index else 0
            return _read((start, method(Span(tokens.file, start, end), *kept(parts))))

        return call

    def _gathers(self, keep: Keep) -> Reduce:
        """Give the function that gathers a list; one that grows from the left grows in place."""
        first = keep[0]
        if first is None or first >= 0:
            kept = _keeping(keep)
            return lambda parts: _read((parts[0].start_pos, kept(parts)))
        list_at, added = ~first, _keeping(keep[1:])

        def grow(parts: list[Part]) -> Read:
            found: Read = parts[list_at]
            found.value.extend(added(parts))
            return found

        return grow


class _Functions(dict[Any, Reduce]):  # by rule, though Lark's types say by name
    """Functions by rule, each made when its rule is first completed: a small file completes a fifth of them."""

    def __init__(self, make: Callable[[Rule], Reduce]) -> None:
        super().__init__(_passing_on())
        self._make = make

    def __missing__(self, rule: Rule) -> Reduce:
        self[rule] = found = self._make(rule)
        return found


def _keeping(keep: Keep) -> Callable[[list[Part]], list[Parsed]]:
    """Give the function that takes from a rule's parts the values it is made of; that of a word is its place."""
    places = [place for place in keep if place is not None and place >= 0]
    if len(places) < len(keep):
        return partial(_spliced, keep)
    if len(places) == 1:
        only = places[0]
        return lambda parts: [parts[only].value]
    return lambda parts: [parts[place].value for place in places]


def _spliced(keep: Keep, parts: list[Part]) -> list[Parsed]:
    picked: list[Parsed] = []
    for place in keep:
        if place is None:
            picked.append(None)
        elif place < 0:
            picked.extend(parts[~place].value)
        else:
            picked.append(parts[place].value)
    return picked


#: Makes a `Read` of its pair of values, without a call in between.
_read: Callable[[tuple[int, Parsed]], Read] = partial(tuple.__new__, Read)
_pass_on = itemgetter(0)


@cache
def _shapes() -> dict[Rule, Keep | None]:
    """Give each rule with the parts that its value is made of; None where it passes its only part on."""
    return {rule: _shape(rule) for rule in load_grammar().rules}


@cache
def _passing_on() -> dict[Rule, Reduce]:
    return {rule: _pass_on for rule, keep in _shapes().items() if keep is None}


def _shape(rule: Rule) -> Keep | None:
    keep = _kept_parts(rule)
    return None if len(rule.expansion) == 1 and _passes_on(rule, keep) else keep


def _passes_on(rule: Rule, keep: Keep) -> bool:
    return bool(rule.options.expand1 and not rule.alias and len(keep) == 1 and (keep[0] or 0) >= 0)


def _kept_parts(rule: Rule) -> Keep:
    keep: list[int | None] = []
    index = 0
    for is_missing in rule.options.empty_indices or [False] * len(rule.expansion):
        if is_missing:
            keep.append(None)
            continue
        symbol = rule.expansion[index]
        if not symbol.is_term and symbol.name.startswith("_"):
            keep.append(~index)
        elif not (
            isinstance(symbol, Terminal) and symbol.filter_out and not rule.options.keep_all_tokens
        ):
            keep.append(index)
        index += 1
    return tuple(keep)
