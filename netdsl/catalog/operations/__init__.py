"""Rules of the functions of `keras.ops`: what a call gives, as a pure function of types and values.

A family of functions is a file; its `RULES` map a function's name to its rule, and most rules serve many
functions. Names, order and defaults of arguments come from `signatures.json`; `ops.nn.relu` is `ops.relu`.
"""

from __future__ import annotations

from functools import cache

from netdsl.catalog.operations import elementwise, indexing
from netdsl.catalog.operations.call import OpCall, OpRule
from netdsl.catalog.signature import names_and_aliases

__all__ = ["OpCall", "OpRule", "operation_names", "operation_rule", "own_name"]

RULES: dict[str, OpRule] = {**elementwise.RULES, **indexing.RULES}


@cache
def own_name(function: str) -> str:
    """Give the name that Keras gives a function itself: `nn.swish` is `silu`."""
    return names_and_aliases("op").get(function, function)


def operation_rule(function: str) -> OpRule | None:
    """Give the rule of a function of `keras.ops`; None where there is none."""
    return RULES.get(own_name(function))


def operation_names() -> list[str]:
    """Give the functions that have a rule."""
    return list(RULES)
