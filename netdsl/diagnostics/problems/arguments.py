"""N03: arguments that a layer, an initializer, an optimizer and the like do not take."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class UnknownArgument(Problem, code="N0301", title="`{layer}` has no argument `{argument}`"): ...


class RepeatedArgument(Problem, code="N0302", title="`{argument}` of `{layer}` is given twice"): ...


class TooManyArguments(
    Problem, code="N0303", title="`{layer}` takes fewer arguments by position"
): ...


class MissingArgument(Problem, code="N0304", title="`{layer}` needs `{argument}`"): ...


class WrongArgument(
    Problem, code="N0305", title="`{argument}` of `{layer}` does not take this"
): ...


class ArgumentOutOfRange(
    Problem, code="N0306", title="`{argument}` of `{layer}` is out of range"
): ...


class UnknownChoice(
    Problem, code="N0307", title="`{argument}` of `{layer}` knows no such word"
): ...


class UnknownIdentifier(
    Problem, code="N0308", title="`{argument}` of `{layer}` names nothing known"
): ...


class SymbolicArgument(Problem, code="N0309", title="`{argument}` of `{layer}` needs a number"): ...


class UnsupportedArgument(
    Problem, code="N0310", title="`{argument}` of `{layer}` cannot be carried out"
): ...


class OutsideTried(
    Problem, code="N0311", title="`{argument}` of `{layer}` is outside what may be tried"
): ...


class NothingToTry(Problem, code="N0312", title="`in` says nothing to try for `{argument}`"): ...


class NotInRelease(Problem, code="N0313", title="`{name}` is not in Keras {release}"): ...


class DiffersInRelease(
    Problem, code="N0314", title="`{name}` is not the same in Keras {release}"
): ...
