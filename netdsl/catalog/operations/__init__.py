"""Rules of the functions of `keras.ops`: what a call gives, as a pure function of types and values.

A family of functions is a file, loaded when it is asked for; its `RULES` map a function's name to its rule, and most
rules serve many functions. Names, order and defaults of arguments come from `signatures.json`; `ops.nn.relu` is
`ops.relu`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.call import OpCall, OpRule
from netdsl.catalog.signature import names_and_aliases
from netdsl.diagnostics.problems.shapes import NeedsPython, WrongValue

__all__ = ["OpCall", "OpRule", "operation_names", "operation_rule", "own_name"]

#: Functions that take a function of Python, which a spec does not hold.
TAKE_FUNCTIONS = (
    "associative_scan", "cond", "custom_gradient", "fori_loop", "jvp", "map", "scan", "switch", "vectorize",
    "vectorized_map", "while_loop",
)  # fmt: skip

#: Functions that give no tensor, and what a spec writes instead.
GIVE_VALUES = {
    "shape": "`x.shape` is a value in a spec: `x.shape[-1]`; what has a size that nobody knows is made from the "
    "tensor: `ops.zeros_like(x)`",
    "dtype": "`x.dtype` is a value in a spec",
    "ndim": "the number of axes is known: `len(x.shape)`",
    "is_tensor": "names of tensors and of values are told apart when the spec is compiled",
    "convert_to_numpy": "the tensors of a model have no values before it is run",
}


def needs_function(call: OpCall) -> Inference:
    """Refuse a function that takes one of Python."""
    raise Refusal(
        NeedsPython,
        "this takes a function of Python, and a spec holds none",
        help="name a layer of your own with `extern layer`, or a function with `extern fn` for `Lambda(…)`",
    )


def gives_value(call: OpCall) -> Inference:
    """Refuse a function that gives no tensor."""
    raise Refusal(WrongValue, "this gives no tensor", help=GIVE_VALUES[call.function])


#: The files of rules, those first that hold what is used most: each is loaded when a function is looked for in it.
FAMILIES = (
    "elementwise", "shaping", "reductions", "joining", "indexing", "products", "neural", "sources", "losses",
    "pictures", "linear_algebra", "signals", "equations",
)  # fmt: skip

#: Functions that a spec cannot use.
REFUSED: dict[str, OpRule] = {
    **dict.fromkeys(TAKE_FUNCTIONS, needs_function),
    **dict.fromkeys(GIVE_VALUES, gives_value),
}


def rules() -> Iterator[Mapping[str, OpRule]]:
    """Give the rules by function, family after family."""
    for family in FAMILIES:
        yield import_module(f"{__name__}.{family}").RULES
    yield REFUSED


@cache
def own_name(function: str) -> str:
    """Give the name that Keras gives a function itself: `nn.swish` is `silu`."""
    return names_and_aliases("op").get(function, function)


@cache
def operation_rule(function: str) -> OpRule | None:
    """Give the rule of a function of `keras.ops`; None where there is none."""
    name = own_name(function)
    return next((table[name] for table in rules() if name in table), None)


def family_of(function: str) -> str:
    """Give the family of a function, which is the file of its rule: `exp` is "elementwise"; "" where it has none."""
    name = own_name(function)
    tables = zip(FAMILIES, rules(), strict=False)
    return next((family for family, table in tables if name in table), "")


def operation_names() -> list[str]:
    """Give the functions that have a rule."""
    return [name for table in rules() for name in table]
