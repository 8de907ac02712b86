"""N04: how stages, bodies and models are put together."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class Cycle(Problem, code="N0401", title="`{name}` depends on itself"): ...


class UnusedTensor(Problem, code="N0402", title="`{name}` leads nowhere", severity="warning"): ...


class UnusedInput(
    Problem, code="N0403", title="input `{name}` is not used", severity="warning"
): ...


class DuplicateLayerName(Problem, code="N0404", title="two layers are called `{name}`"): ...


class NotApplied(Problem, code="N0405", title="`{name}` is not applied to a tensor"): ...


class MissingParentheses(
    Problem, code="N0406", title="`{name}` is written without parentheses"
): ...


class NotAStage(Problem, code="N0407", title="this cannot follow an arrow"): ...


class NotATensor(Problem, code="N0408", title="a tensor is needed here"): ...


class NoOutput(Problem, code="N0409", title="`{name}` has no output"): ...


class WrongUnpacking(
    Problem, code="N0410", title="the number of tensors differs from the number of names"
): ...


class AssertionFails(Problem, code="N0411", title="an assertion of the spec fails"): ...


class TooLarge(Problem, code="N0412", title="the spec grows beyond a limit"): ...


class EndlessRecursion(Problem, code="N0413", title="`{name}` calls itself too often"): ...


class WrongInputs(Problem, code="N0414", title="`{name}` takes other inputs"): ...


class BranchNotTaken(
    Problem, code="N0415", title="`{name}` stands in a branch that is not taken"
): ...


class Uncomputable(Problem, code="N0416", title="this value cannot be computed"): ...


class SymbolicNumber(
    Problem, code="N0417", title="a number is needed, and `{name}` is symbolic"
): ...


class NotChecked(
    Problem, code="N0418", title="`{name}` is not checked on its own", severity="warning"
): ...


class WrongInputType(Problem, code="N0419", title="this input type cannot be made"): ...


class WrongUse(Problem, code="N0420", title="`{name}` cannot be used this way"): ...


class TensorDecidesNothing(Problem, code="N0421", title="a tensor cannot decide this"): ...


class WrongWeight(Problem, code="N0425", title="the weight `{name}` cannot be made"): ...
