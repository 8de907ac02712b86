"""Names of a body that get no value in any order: bound again (`x = x -> Dense(10)`), or needing one another."""

from __future__ import annotations

from collections.abc import Container, Sequence
from itertools import count

from netdsl.diagnostics.diagnostic import Edit, Fix, Label
from netdsl.diagnostics.problems import structure as problems
from netdsl.diagnostics.problems.names import NameBoundTwice
from netdsl.elaborate.plans.ordering import Arrangement
from netdsl.elaborate.remedies.other_case import named_in_other_case
from netdsl.elaborate.scope.frame import Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.grammar import END
from netdsl.syntax.tokens import Tokens, tokenize
from netdsl.syntax.walk import heads, walk

# For each name the rest of the body is read again, and no more fixes than these are tried in any file.
_MOST_RENAMED = 12


def report_order(arranged: Arrangement, frame: Frame) -> None:
    """Report names bound twice and cycles."""
    _report_twice(arranged, frame)
    for name, fills, place in arranged.mixed:
        _report_mixed(name, fills, place, frame)
    for cycle in arranged.cycles:
        _report_cycle(cycle, arranged, frame)


def _report_cycle(cycle: list[tuple[str, Span]], arranged: Arrangement, frame: Frame) -> None:
    names = [name for name, _ in cycle]
    path = " -> ".join([*names[-1:], *names])
    label = f"the cycle is {path}"
    related = [Label(span, f"`{name}` is needed here") for name, span in cycle[1:]]
    help_, fix = (
        "make one of them from what comes before; for steps in time there are recurrent layers",
        None,
    )
    filled = [name for name in names if name in arranged.gathered]
    if filled:
        fillers = arranged.gathered[filled[0]]
        label = f"read where it is filled: {label}" if len(cycle) == 1 else label
        related += [Label(fillers[-1].fills[filled[0]], f"`{filled[0]}` is filled here")]
        help_ = f"read `{filled[0]}` in a statement of its own, behind all that fill it"
    elif len(cycle) == 1 and arranged.in_braces:
        help_, fix = _what_arrives(names[0], cycle[0][1], arranged)
    elif len(cycle) == 1 and (found := named_in_other_case(cycle[0][1], names[0], frame))[0]:
        help_, fix = found  # `encoder = x -> encoder()` of a model `Encoder`
    frame.report(
        problems.Cycle.at(cycle[0][1], label, name=names[-1], related=related, help=help_, fix=fix)
    )


def _what_arrives(name: str, place: Span, arranged: Arrangement) -> tuple[str, Fix | None]:
    """Say how a turn goes on from what the turn before gave: `h = h + …` is `h = _ + …`."""
    help_ = f"names are new in each turn, and `_` is what arrives: write `_` for this `{name}`"
    around = (s for s in arranged.stuck if s.statement.span.start <= place.start)
    step = max(around, key=lambda s: s.statement.span.start, default=None)
    if step is None or not isinstance(step.statement, (tree.Bind, tree.Output)):
        return help_, None
    value = step.statement.value
    uses = [n.span for n in walk(value) if isinstance(n, tree.Name) and n.id == name]
    at_start = {n.span.start for n in heads(value) if isinstance(n, tree.Name) and n.id == name}
    if at_start != {span.start for span in uses}:
        return help_, None
    return help_, Fix(tuple(Edit(span, "_") for span in uses), text=help_)


def _report_mixed(name: str, fills: Span, names: Span, frame: Frame) -> None:
    """Report a name that is a list in one place, `as *skips`, and one tensor in another."""
    is_after_as = names.file.text[: names.start].rstrip().endswith("as")
    star = Span(names.file, names.start, names.start)
    frame.report(
        NameBoundTwice.at(
            names,
            "this names one tensor",
            name=name,
            related=(Label(fills, "this adds to a list"),),
            help=f"write `as *{name}` here too, or give one of them another name",
            fix=Fix((Edit(star, "*"),), text=f"write `as *{name}`") if is_after_as else None,
        )
    )


def _report_twice(arranged: Arrangement, frame: Frame) -> None:
    steps = [*arranged.steps, *arranged.stuck]
    statements = [step.part_of.span for step in steps]
    taken = {*frame.known_names(), *(name for step in steps for name in step.defines)}
    for number, (name, first, second) in enumerate(arranged.twice):
        fix = None
        if number < _MOST_RENAMED:
            again = [place for other, _, place in arranged.twice[number:] if other == name]
            fix = another_name(name, again, statements, taken)
        frame.report(
            NameBoundTwice.at(
                second,
                "bound again here",
                name=name,
                related=(Label(first, "first bound here"),),
                help=f"give this one another name, or carry on the chain of `{name}`",
                fix=fix,
            )
        )


def another_name(
    name: str, places: Sequence[Span], statements: Sequence[Span], taken: set[str]
) -> Fix | None:
    """Give the first of `places`, where a name is bound again, and the uses up to the next one another name."""
    place, *later = places
    own = [span for span in statements if span.start <= place.start and place.end <= span.end]
    if not own:
        return None
    other = next(n for n in (f"{name}{i}" for i in count(2)) if n not in taken)
    taken.add(other)
    until = max(span.end for span in statements)
    if later:
        until = next((s.end for s in statements if s.start <= later[0].start < s.end), until)
    bound = [span.start for span in later]
    uses = _uses(name, tokenize(place.file, own[0].end, until), bound)
    edits = (Edit(place, other), *(Edit(span, other) for span in uses))
    is_output = own[0].text.startswith("output")
    text = f"give it another name, here and where it is meant below: `{other}`"
    return Fix(edits, safe=not is_output, text=text)


def _uses(name: str, tokens: Tokens, bound: Container[int]) -> list[Span]:
    """Find where a name is used as a value: not behind a dot, not as an argument's name, not where it is bound."""
    found: list[Span] = []
    for index, kind in enumerate(tokens.kinds):
        if kind == END or tokens.text(index) != name or tokens.starts[index] in bound:
            continue
        before = tokens.kinds[index - 1] if index else ""
        is_argument = before in ("(", ",") and tokens.kinds[index + 1] == "="
        if before != "." and not is_argument:
            found.append(tokens.span(index))
    return found
