"""`assert`: facts that a spec promises, checked at each set of hyperparameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netdsl.catalog.cost_rules import ELEMENT_BYTES
from netdsl.catalog.kind import Weight
from netdsl.catalog.weight import distinct
from netdsl.diagnostics.diagnostic import Edit, Fix, Label
from netdsl.diagnostics.problems import arguments as argument_problems
from netdsl.diagnostics.problems import names as name_problems
from netdsl.diagnostics.problems import structure as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.arguments.parameters import evaluate_arguments
from netdsl.elaborate.plans.ordering import Arrangement
from netdsl.elaborate.scope.entities import POISON, ModelFact, ModelRef, Tensor, is_tensorial
from netdsl.elaborate.scope.frame import Frame
from netdsl.elaborate.scope.untold import require_told
from netdsl.elaborate.scope.values import as_text
from netdsl.graph import Graph, Node, held_bytes
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names, walk
from netdsl.tensor import Dim, Unknown, spell_shape, sum_of
from netdsl.value import Entity, Value

#: What may be asked of a model, by these names.
FACTS = ("params", "trainable_params", "macs", "memory")


def check(statement: tree.Assert, frame: Frame) -> None:
    """Check an assertion of a body, unless a mistake in the graph has taken its numbers away."""
    if frame.body is not None and frame.body.graph.complete and not frame.unit.is_broken:
        check_in(statement, frame)


def check_in(statement: tree.Assert, frame: Frame) -> bool:
    """Decide an assertion and report it where it does not hold, with the numbers on both sides."""
    for name in walk(statement.condition):
        fact = frame.lookup(name.id) if isinstance(name, tree.Name) else None
        if isinstance(fact, NoNumber):
            _report_no_number(fact, name.span, frame)
            return False
    held = ev.condition(statement.condition, frame)
    require_told(POISON if held is None else held, statement.span, frame)
    if held is not False or _has_refused_defaults(frame):
        return held is True
    message = "" if statement.message is None else as_text(ev.value_of(statement.message, frame))
    numbers = _numbers(statement.condition, frame)
    label = "; ".join(part for part in (message, numbers) if part) or "this does not hold"
    frame.report(
        problems.AssertionFails.at(
            statement.condition.span,
            label,
            related=_shape_labels(statement.condition, frame),
            help=_way_out(statement.condition, frame),
        )
    )
    return False


def _has_refused_defaults(frame: Frame) -> bool:
    """Tell whether a mistake in a `defaults` statement has left layers as they were not meant."""
    file = frame.unit.file
    spans = [s.span for s in frame.unit.module.statements if isinstance(s, tree.Defaults)]
    return any(
        span.start <= found.primary.span.start < span.end
        for found in (frame.session.diagnostics if spans else ())
        if found.severity == "error" and found.primary.span.file is file
        for span in spans
    )


def takes_what_arrives(arranged: Arrangement, frame: Frame) -> bool:
    """Check the assertions on parameters and inputs alone, and tell whether they hold.

    They are checked before the layers run, since they say better than a layer further down what is wrong.
    """
    given = {written.name for written in arranged.inputs}
    own = {name for step in arranged.steps for name in step.defines} - given
    later = own | {*FACTS}
    return all(
        check_in(step.statement, frame)
        for step in arranged.steps
        if isinstance(step.statement, tree.Assert) and not later & step.uses.keys()
    )


def _way_out(condition: tree.Expr, frame: Frame) -> str:
    """Say what can be changed: what a use gives, the network, or the promise."""
    found = {name: frame.lookup(name) for name in free_names(condition)}
    plain = (int, float, str, list, tuple)
    if not {*FACTS} & found.keys() and frame.body is not None:
        given = [f"`{n}`" for n, v in found.items() if isinstance(v, plain) and not is_tensorial(v)]
        if given and not any(is_tensorial(value) for value in found.values()):
            return f"give another value to {' or '.join(given)}"
    return "change the network so that it keeps the promise, or correct the promise"


def _shape_labels(condition: tree.Expr, frame: Frame) -> list[Label]:
    """Say where each tensor whose shape an assertion asks for came from."""
    body = frame.body
    if body is None:
        return []
    labels: dict[Span, Label] = {}
    for node in walk(condition):
        if isinstance(node, tree.Attribute) and node.name in ("shape", "dtype"):
            value = ev.evaluate(node.value, frame)
            if isinstance(value, Tensor):
                place = body.graph.nodes[value.ref.node].origin.span
                labels.setdefault(place, Label(place, f"gives {value.spec}"))
    return list(labels.values())


def _numbers(condition: tree.Expr, frame: Frame) -> str:
    """Spell what each side that is not written out came to."""
    sides: list[tree.Expr] = []
    stack: list[tree.Expr] = [condition]
    while stack:
        expr = stack.pop()
        if isinstance(expr, tree.Compare):
            sides.extend([expr.first, *expr.operands])
        elif isinstance(expr, tree.Binary) and expr.op in ("and", "or"):
            stack.extend([expr.right, expr.left])
    spelled: dict[str, str] = {}
    for side in sides:
        if not isinstance(side, tree.Literal):
            value = ev.evaluate(side, frame)
            if not isinstance(value, (tree.Node, type(POISON))):
                spelled[" ".join(side.span.text.split())] = spell_number(value)
    return ", ".join(f"`{text}` is {value}" for text, value in spelled.items())


def spell_number(value: Value) -> str:
    """Write a number for people, thousands apart, and a shape as Keras does."""
    if isinstance(value, tuple):
        return spell_shape(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return as_text(value)
    return f"{value:,}"


@record
class NoNumber(Entity):
    """Stands for a fact that cannot be counted, with the reason and a way out."""

    label: str
    help: str


def _report_no_number(fact: NoNumber, span: Span, frame: Frame) -> Value:
    frame.report(problems.Uncomputable.at(span, fact.label, help=fact.help))
    return POISON


def _uncounted(nodes: list[Node]) -> NoNumber | None:
    """Say whose weights no count has: only a class of the user's own knows them."""
    names = list(dict.fromkeys(n.operation.name for n in nodes if not n.operation.is_told))
    if not names:
        return None
    return NoNumber(
        f"only the class knows the weights of {', '.join(f'`{name}`' for name in names[:3])}",
        "declare them, as `weights [d, units], [units]` in place of `weights ?`",
    )


def model_facts(nodes: list[Node]) -> dict[str, Value]:
    """Give what an assertion may ask of some nodes: numbers, but for `memory`, which is a function."""
    weights = _weights(nodes)
    trained = {
        id(w) for n in nodes if n.operation.trainable for w in n.operation.weights if w.trains
    }
    uncounted = _uncounted(nodes)
    macs: Dim = 0
    for node in nodes:
        macs = macs + node.macs

    def memory(call: tree.Call, frame: Frame) -> Value:
        if uncounted is not None:
            return _report_no_number(uncounted, call.span, frame)
        return _memory(nodes, weights, call, frame)

    return {
        "params": uncounted or sum(count(w) for w in weights),
        "trainable_params": uncounted or sum(count(w) for w in weights if id(w) in trained),
        "macs": _OF_UNKNOWN_SIZES if isinstance(macs, Unknown) else macs,
        "memory": ModelFact("memory", memory),
    }


_OF_UNKNOWN_SIZES = NoNumber(
    "it hangs on a size that is not known: `?` in an input, or a batch among the axes",
    "give the size as a number, or a name: `[T, 64]`",
)


def _weights(nodes: list[Node]) -> list[Weight]:
    operations = {id(n.operation): n.operation for n in nodes}
    return list(distinct(w for operation in operations.values() for w in operation.weights))


def count(weight: Weight) -> int:
    """Count the parameters of a weight."""
    total = 1
    for size in weight.shape:
        total *= size
    return total


def _memory(nodes: list[Node], weights: list[Weight], call: tree.Call, frame: Frame) -> Value:
    """`memory(batch=64)`: bytes of the weights and of every activation of a batch, as a forward pass keeps them."""
    batch = 1
    for given in evaluate_arguments(call.arguments, frame):
        if given.name not in (None, "batch"):
            frame.report(
                argument_problems.UnknownArgument.at(
                    given.name_span or given.span,
                    "`memory` takes `batch`",
                    layer="memory",
                    argument=given.name,
                )
            )
            return POISON
        if not isinstance(given.value, int):
            return POISON
        batch = given.value
    stored = sum(count(w) * ELEMENT_BYTES.get(w.dtype, 4) for w in weights)
    total = sum_of(held_bytes(node) for node in nodes) * batch + stored
    if isinstance(total, Unknown):
        return _report_no_number(_OF_UNKNOWN_SIZES, call.span, frame)
    return total


#: Gives the graph of a model at the hyperparameters of a use; None where a mistake was reported.
Instantiate = Callable[[ModelRef, tree.Call, Frame], Graph | None]


def check_top_level(
    statement: tree.Assert, root: Frame, graphs: Mapping[str, Graph], instantiate: Instantiate
) -> None:
    """Check `assert params(ResNet50) < 26e6`, or `params(ResNet50(classes=10))`, which is another model."""

    def fact(name: str) -> ModelFact:
        def compute(call: tree.Call, frame: Frame) -> Value:
            return _of_model(name, call, frame, graphs, instantiate)

        return ModelFact(name, compute)

    scope = root.inner({name: fact(name) for name in FACTS})
    check_in(statement, scope)


def _of_model(
    name: str,
    call: tree.Call,
    frame: Frame,
    graphs: Mapping[str, Graph],
    instantiate: Instantiate,
) -> Value:
    first = call.arguments[0].value if call.arguments else None
    written = first.function if isinstance(first, tree.Call) else first
    target = frame.lookup(written.id) if isinstance(written, tree.Name) else None
    if not isinstance(written, tree.Name) or not isinstance(target, ModelRef):
        near = closest(written.id, graphs) if isinstance(written, tree.Name) else None
        frame.report(
            name_problems.UnknownModel.at(
                (written or call).span,
                f"`{name}` takes the name of a model of this file, or a use of it: `ResNet50(classes=10)`",
                name=written.id if isinstance(written, tree.Name) else call.span.text[:40],
                help=f"did you mean `{near}`?" if near else "",
                fix=Fix((Edit(written.span, near),), safe=True) if near and written else None,
            )
        )
        return POISON
    use = first if isinstance(first, tree.Call) else None
    graph = instantiate(target, use, frame) if use is not None else graphs.get(written.id)
    if graph is None or not graph.complete:
        return POISON
    fact = model_facts(graph.needed_nodes())[name]
    if isinstance(fact, NoNumber):
        return _report_no_number(fact, call.span, frame)
    if not isinstance(fact, ModelFact):
        return fact if _takes_no_more(name, call, frame) else POISON
    rest = tree.Call(call.span, call.function, call.arguments[1:])
    return fact.compute(rest, frame)


def _takes_no_more(name: str, call: tree.Call, frame: Frame) -> bool:
    """Report what is given to `params` or `macs` beside the model; tell whether nothing is."""
    for argument in call.arguments[1:]:
        frame.report(
            argument_problems.UnknownArgument.at(
                argument.span,
                f"`{name}` takes a model alone",
                layer=name,
                argument=argument.name or argument.span.text,
                help="those that train are counted by `trainable_params`"
                if name == "params"
                else "",
            )
        )
    return len(call.arguments) == 1
