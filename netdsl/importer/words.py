"""Words that the spec of a model says, by which no input or output may be called: the spec means something else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from netdsl.catalog.kind import ExternFunction, ObjectValue
from netdsl.elaborate.plans.naming import snake_case
from netdsl.importer.errors import CannotImport, not_sayable
from netdsl.importer.network import Given, Network, layers_in
from netdsl.importer.spell import may_be_input


def words_of(network: Network) -> set[str]:
    """Give the words that stand in the body of a model as it is written: classes, functions, names of objects."""
    found: set[str] = set()
    for use in network.uses:
        for made in layers_in(use.made):
            found |= {"ops"} if made.family == "op" else {made.kind}
            found.update(_words_in(made.given))
    return found


def _words_in(value: Given) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, ObjectValue):
        yield from (value.kind, snake_case(value.kind))
        yield from _words_in(value.arguments)
    elif isinstance(value, ExternFunction):
        yield value.name
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _words_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _words_in(item)


def keeps_its_name(name: str, words: Collection[str]) -> bool:
    """Tell whether an input or output may stand in a spec under the name that it has in Keras."""
    return may_be_input(name) and name not in words


def refuse_odd_outputs(network: Network, words: Collection[str]) -> None:
    """Refuse outputs of a dict whose keys no spec can have: losses and metrics go by them, so they cannot change."""
    for name, _ in network.outputs if network.form == "dict" else ():
        if not keeps_its_name(name, words):
            raise _odd(name, is_word=may_be_input(name))


def _odd(name: str, *, is_word: bool) -> CannotImport:
    why = "the spec means something else by that word" if is_word else "that is no name in a spec"
    return not_sayable(
        name,
        f"an output of the model is called `{name}`, and {why}",
        help="give the output another key in the dict, or give the model a list of outputs",
    )


__all__ = ["keeps_its_name", "refuse_odd_outputs", "words_of"]
