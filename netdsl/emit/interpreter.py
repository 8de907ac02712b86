"""The doors between the floors: what lies below asks for these, and they are filled from above.

Writing an expression may write a chain, a chain applies layers, and their arguments are expressions. So that the
modules which do this need not import one another in a circle, every `Writer` reaches the functions here.
"""

from __future__ import annotations

from netdsl.emit.bodies import write_braces
from netdsl.emit.expressions import write_expression
from netdsl.emit.stages import write_flowing, write_stage
from netdsl.emit.writer import Interpreter

INTERPRETER = Interpreter(
    expression=write_expression,
    stage=write_stage,
    flowing=write_flowing,
    braces=write_braces,
)
