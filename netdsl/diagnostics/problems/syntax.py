"""N01: text that is not netdsl."""

from __future__ import annotations

from netdsl.diagnostics.problem import Problem


class UnexpectedToken(Problem, code="N0101", title="`{found}` does not fit here"): ...


class UnknownCharacter(Problem, code="N0102", title="a character that netdsl has no use for"): ...


class UnclosedBracket(Problem, code="N0103", title="`{bracket}` is never closed"): ...


class StrayBracket(Problem, code="N0104", title="`{bracket}` closes nothing"): ...


class UnclosedString(Problem, code="N0105", title="a string is never closed"): ...


class MalformedNumber(Problem, code="N0106", title="`{text}` is not a number"): ...


class MalformedString(Problem, code="N0107", title="a string that cannot be read"): ...


class ArrowBindsLast(
    Problem, code="N0108", title="an operator after an arrow needs parentheses"
): ...


class BreaksOff(Problem, code="N0109", title="a statement breaks off"): ...


class MissingComma(Problem, code="N0110", title="a comma is missing"): ...


class MissingArrow(Problem, code="N0111", title="an arrow is missing"): ...


class OtherArrow(Problem, code="N0112", title="`{written}` is not netdsl's arrow"): ...


class DoubledArrow(Problem, code="N0113", title="an arrow follows an arrow"): ...


class SingleEquals(Problem, code="N0114", title="`=` does not compare"): ...


class ForeignOperator(Problem, code="N0115", title="`{written}` is no operator of netdsl"): ...


class Semicolon(Problem, code="N0116", title="statements end without a semicolon"): ...


class ForeignComment(Problem, code="N0117", title="a comment begins with `#`"): ...


class ColonBlock(Problem, code="N0118", title="a body stands in braces"): ...


class PythonStatement(Problem, code="N0119", title="`{word}` is Python, not netdsl"): ...


class TooDeep(Problem, code="N0120", title="nesting is too deep"): ...


class ArgumentOrder(
    Problem,
    code="N0121",
    title="arguments or parameters that Python would refuse",
): ...


class ReservedWord(Problem, code="N0122", title="`{word}` cannot be a name"): ...


class MisplacedStatement(Problem, code="N0123", title="`{word}` stands in the wrong place"): ...


class UnusedExpression(Problem, code="N0124", title="a statement that names nothing"): ...


class LowercaseConstant(Problem, code="N0125", title="`{word}` is not Python's spelling"): ...
