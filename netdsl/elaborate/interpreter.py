"""The doors between the floors: what lies below asks for these, and they are filled from above.

Evaluating an expression may run a chain, running a chain binds arguments, and arguments are expressions. So that
the modules which do this need not import one another in a circle, a session is given the functions here.
"""

from __future__ import annotations

from netdsl.elaborate.chains.declarations import check_declarations
from netdsl.elaborate.chains.sharing import as_layer
from netdsl.elaborate.chains.stages import run
from netdsl.elaborate.expressions.evaluators import constant, evaluate_node
from netdsl.elaborate.scope.frame import Interpreter

INTERPRETER = Interpreter(
    evaluate=evaluate_node,
    run=run,
    constant=constant,
    shared_as_layer=as_layer,
    check_declarations=check_declarations,
)
