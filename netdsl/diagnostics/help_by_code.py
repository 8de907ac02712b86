"""A way out of each kind of mistake, for where the one who found it knows none that is closer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netdsl.diagnostics.diagnostic import Diagnostic

#: By code: what can be done about any mistake of the kind.
HELP_BY_CODE: Mapping[str, str] = {
    "N0209": "take one of those it has; `x.shape` and `x.dtype` belong to a tensor",
    "N0302": "leave one of the two out",
    "N0407": "write a layer, a block or a fork after an arrow: `-> Dense(64)`",
    "N0408": "begin with an input, or with a tensor that is made from one",
    "N0501": "bring it to this rank before, for example with `Reshape(…)`, `Flatten()` or a global pooling layer",
    "N0502": "join them first, for example with `Concatenate()` or `Add()`",
    "N0503": "bring them to shapes that fit, for example with `Flatten`, `Dense` or `Reshape`",
    "N0504": "give that dimension as a number where the input is declared",
    "N0505": "give it a larger input, or shrink it less before",
    "N0506": "choose a number that divides the size without a rest",
    "N0507": "choose sizes whose product is the number of elements; -1 stands for one to be worked out",
    "N0508": "axes count from 0, which is the batch; -1 is the last",
    "N0509": "give as many tensors as it takes, in a list: `[a, b] -> …`",
    "N0510": 'declare the input of this dtype, or change it on the way: `ops.cast("float32")`',
    "N0511": "bring what arrives to this shape, or change what is declared",
    "N0512": "change one of the two",
    "N0514": "give each axis of each tensor a letter, and each size a letter of its own",
}


def with_general_help(diagnostic: Diagnostic) -> Diagnostic:
    """Give an error that comes without help the general help of its kind."""
    told_by_fix = diagnostic.fix is not None and not diagnostic.fix.text
    if diagnostic.help or told_by_fix or diagnostic.severity != "error":
        return diagnostic
    help_ = HELP_BY_CODE.get(diagnostic.code, "")
    return replace(diagnostic, help=help_) if help_ else diagnostic
