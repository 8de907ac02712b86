"""Advice on the graph: tensors joined with themselves, chains too deep for Keras."""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.view import View, uses
from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.diagnostics.problems import advice as problems

#: From this depth on building a model may fail without help: Keras uses a frame a layer, and of the thousand that
#: Python allows some are taken by what calls it.
TOO_DEEP = 800


def joined_with_itself(view: View) -> Iterable[Diagnostic]:
    """Report merges that get one tensor several times; a square and a repeat of channels have their uses."""
    for node in view.nodes:
        definition = node.operation.definition
        told = definition.with_itself if definition is not None else ""
        if not told or len(set(node.inputs)) == len(node.inputs):
            continue
        twice = next(ref for ref in node.inputs if node.inputs.count(ref) > 1)
        source = view.producer(twice)
        outcome = told.format(source.name)
        yield problems.JoinedWithItself.at(
            node.origin.span,
            outcome
            if len(node.inputs) == 2
            else f"`{source.name}` arrives {node.inputs.count(twice)} times",
            layer=node.kind,
            related=(Label(source.origin.span, "the tensor that arrives"), *uses(node)),
            help="give it two different tensors",
        )


def deep_chain(view: View) -> Iterable[Diagnostic]:
    """Report a chain that Keras builds only with a higher recursion limit."""
    if view.graph.deepest > TOO_DEEP and view.graph.span is not None:
        yield problems.DeepChain.at(
            view.graph.span,
            "the generated code raises the recursion limit while it builds the model",
            depth=view.graph.deepest,
            help="nothing has to be done; code that clones or loads the model needs the same",
        )


RULES: tuple[Rule, ...] = (joined_with_itself, deep_chain)
