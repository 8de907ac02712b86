"""`weight name: type(options) = initializer`: a tensor that is learned, without a batch.

It is a layer of its own, which has no input. Keras makes a layer part of a model where it is called on a tensor of the
graph, so it is tied to an input of the body it stands in, as an array of `keras.ops` is (`Node.tied_to`).
"""

from __future__ import annotations

from functools import partial

from netdsl.catalog.kind import Call, Inference, Refusal
from netdsl.catalog.weight_statement import DTYPES, KIND, OPTIONS, SIGNATURE, WEIGHT, free_weight
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.problems import structure as problems
from netdsl.diagnostics.problems.arguments import UnknownArgument
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.arguments import binding
from netdsl.elaborate.arguments.tensor_types import dtype_of
from netdsl.elaborate.layers import applying as layers
from netdsl.elaborate.layers import made_once
from netdsl.elaborate.layers.anchors import anchor_of
from netdsl.elaborate.scope.entities import POISON, Tensor, is_poisoned, spell_entity
from netdsl.elaborate.scope.frame import Frame
from netdsl.graph import Operation
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.faults import shorten
from netdsl.syntax.walk import is_of_ops
from netdsl.tensor import Sym
from netdsl.value import Value


def declare_weight(statement: tree.WeightDecl, frame: Frame) -> Value:
    """Make a weight, or use again the one of a shared layer; POISON after reporting what stops it."""
    written = _type_of(statement, frame)
    if written is None:
        return POISON
    shape, dtype = _shape(written, statement, frame), _dtype(written, statement, frame)
    prepared = _prepared(written, statement, frame)
    if shape is None or dtype is None or prepared is None or not prepared.complete:
        return POISON
    inference = _infer(prepared, shape, dtype, written, statement, frame)
    if inference is None:
        return POISON
    place = statement.name_span
    body = frame.body
    assert body is not None
    # What arrives at a block may be sparse at one use, and its Python is the same at all.
    why, in_block = "a weight is made where a tensor arrives", bool(body.path)
    anchor = anchor_of(statement.name, why, place, frame, takes_sparse=in_block)
    if anchor is None:
        return POISON
    arguments: dict[str, Value] = {"shape": shape, **prepared.written}
    if written.dtype is not None:
        arguments["dtype"] = dtype
    operation = _operation(statement, arguments, prepared, inference, anchor, frame)
    if operation is None:
        return POISON
    made = layers.add_node(operation, [], {}, inference, place, frame)
    body.graph.nodes[-1].tied_to = anchor.ref
    return made


def check_weight(statement: tree.WeightDecl, frame: Frame) -> None:
    """Report what is wrong with a weight that nothing makes, whatever its sizes come to."""
    written = _type_of(statement, frame)
    if written is not None:
        _shape(written, statement, frame)
        _dtype(written, statement, frame)
        _prepared(written, statement, frame)


def _operation(
    statement: tree.WeightDecl,
    arguments: dict[str, Value],
    prepared: binding.Prepared,
    inference: Inference,
    anchor: Tensor,
    frame: Frame,
) -> Operation | None:
    body = frame.body
    assert body is not None
    name = layers.stage_name(statement, frame, statement.name)
    place = statement.name_span
    if body.shared is not None and name in body.shared:
        before = body.shared[name]
        fits = made_once.fits_again(before, inference.weights, anchor, place, frame)
        return before if fits else None
    if not body.trainable:
        arguments["trainable"] = False
    trainable = bool(prepared.arguments["trainable"]) and body.trainable
    operation = Operation(
        name,
        KIND,
        "weight",
        arguments,
        {**prepared.arguments, **arguments},
        inference.weights,
        trainable,
        WEIGHT,
        span=place,
        written=statement,
    )
    return made_once.keep(operation, body, anchor)


def _report(
    span: Span,
    label: str,
    statement: tree.WeightDecl,
    frame: Frame,
    help_: str = "",
    fix: Fix | None = None,
) -> None:
    frame.report(
        problems.WrongWeight.at(span, label, name=statement.name, help=help_, fix=fix),
    )


def _type_of(statement: tree.WeightDecl, frame: Frame) -> tree.TensorType | None:
    if statement.type is None:
        _report_shapeless(statement, frame)
    return statement.type


def _report_shapeless(statement: tree.WeightDecl, frame: Frame) -> None:
    """`weight w = zeros` has no sizes; `weight w = [64]` has them behind the wrong sign."""
    place, value, fix = statement.name_span, statement.value, None
    start = f" = {shorten(value.span.text)}" if isinstance(value, tree.Name) else ""
    help_ = f"write its sizes: `weight {statement.name}: [64]{start}`"
    if isinstance(value, tree.ListExpr):
        sign = Span(place.file, place.end, value.span.start)
        fix = Fix((Edit(sign, ": "),), safe=True)
        help_ = f"write `weight {statement.name}: {shorten(value.span.text)}`"
    _report(place, "a weight has a shape", statement, frame, help_, fix)


def _shape(
    written: tree.TensorType, statement: tree.WeightDecl, frame: Frame
) -> tuple[int, ...] | None:
    """Give the sizes of a weight, each of them a number; None after reporting."""
    sizes: list[int | None] = []
    for expr in written.dims:
        if isinstance(expr, tree.Arriving):
            sizes.append(_size(None, expr, written, statement, frame))
        elif isinstance(expr, tree.Starred):
            found = ev.spread(expr, frame)
            sizes += [_size(value, expr, written, statement, frame) for value in found]
        else:
            sizes.append(_size(ev.value_of(expr, frame), expr, written, statement, frame))
    known = [size for size in sizes if size is not None]
    return tuple(known) if len(known) == len(sizes) else None


def _size(
    value: Value,
    expr: tree.Expr,
    written: tree.TensorType,
    statement: tree.WeightDecl,
    frame: Frame,
) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if is_poisoned(value):
        return None
    if isinstance(value, Sym):
        label = "a weight needs a number here"
        help_ = "give that dimension of the input as a number, so that the weight has a size"
        frame.report(problems.SymbolicNumber.at(expr.span, label, name=value, help=help_))
    elif value is None:
        help_, fix = "write a number", None
        if expr is written.dims[0] and len(written.dims) > 1:
            rest = Span(expr.span.file, expr.span.start, written.dims[1].span.start)
            help_, fix = "leave it out: it meets the batch by arithmetic", Fix((Edit(rest, ""),))
        label = "a weight has no batch axis, and each of its sizes is a number"
        _report(expr.span, label, statement, frame, help_, fix)
    else:
        this = f"`{value}`" if isinstance(value, (int, float)) else spell_entity(value)
        label = f"a size is a whole number from 1 on, this is {this}"
        _report(expr.span, label, statement, frame, "write how many numbers there are on this axis")
    return None


def _dtype(written: tree.TensorType, statement: tree.WeightDecl, frame: Frame) -> str | None:
    dtype = dtype_of(written, frame, partial(problems.WrongWeight.at, name=statement.name))
    if dtype in DTYPES:
        return dtype
    help_ = "leave the dtype out: a weight is of float32 then"
    place = written.dtype_span or written.span
    _report(place, f"no weight is of {dtype}", statement, frame, help_)
    return None


def _prepared(
    written: tree.TensorType, statement: tree.WeightDecl, frame: Frame
) -> binding.Prepared | None:
    """Bind the initializer and the options; None after reporting what is none of them."""
    misplaced = [o for o in written.options if not o.star and o.name not in OPTIONS]
    for option in misplaced:
        _report_misplaced(option, written, statement, frame)
    if misplaced or not _is_initializer(statement, frame) or _holds_options(statement, frame):
        return None
    call = tree.Call(
        statement.span, tree.Name(statement.name_span, SIGNATURE.name), as_arguments(statement)
    )
    return binding.bind_call(
        call,
        SIGNATURE,
        WEIGHT.arguments,
        frame,
        label=SIGNATURE.name,
        definition=WEIGHT,
        leave_out=("name",),
    )


def as_arguments(statement: tree.WeightDecl) -> tuple[tree.Argument, ...]:
    """Give what a weight is made with as the arguments of a call."""
    options = statement.type.options if statement.type is not None else ()
    value = statement.value
    if value is None:
        return options
    return (tree.Argument(value.span, "initializer", value), *options)


def _report_misplaced(
    option: tree.Argument, written: tree.TensorType, statement: tree.WeightDecl, frame: Frame
) -> None:
    """Report an option that has a place of its own in the statement, or that has no name."""
    text = shorten(option.value.span.text)
    if option.name not in (None, "initializer", "dtype"):
        _report_unknown(option, frame)
        return
    if option.name is None:
        label, names = "an option has a name", ", ".join(f"`{name}=`" for name in OPTIONS)
        help_ = f"a weight takes {names}; its initializer stands behind `=`"
    elif option.name == "initializer":
        label, help_ = "the initializer stands behind `=`", f"write `= {text}` after the type"
    else:
        sizes = ", ".join(expr.span.text for expr in written.dims)
        dtype = text.strip("\"'")
        label, help_ = "the dtype stands before the sizes", f"write `{dtype}[{shorten(sizes)}]`"
    _report(option.span, label, statement, frame, help_)


def _report_unknown(option: tree.Argument, frame: Frame) -> None:
    name, place = option.name or "", option.name_span or option.span
    near = closest(name, OPTIONS)
    help_ = (
        f"did you mean `{near}`?" if near else f"it takes {', '.join(f'`{o}`' for o in OPTIONS)}"
    )
    fix = Fix((Edit(place, near),), safe=True) if near else None
    problem = UnknownArgument.at(place, layer="weight", argument=name, help=help_, fix=fix)
    frame.report(problem)


def _is_initializer(statement: tree.WeightDecl, frame: Frame) -> bool:
    """Report a tensor where a weight takes what it starts from."""
    value = statement.value
    if isinstance(value, tree.Pipe):
        is_tensor = True
    elif isinstance(value, tree.Name):
        is_tensor = isinstance(frame.lookup(value.id), Tensor)
    else:
        is_tensor = isinstance(value, tree.Call) and is_of_ops(value.function)
    if is_tensor and value is not None:
        help_ = f"write `weight {statement.name}: {_spelled(statement)} = zeros`, or another initializer"
        _report(
            value.span, "a weight starts from an initializer, not a tensor", statement, frame, help_
        )
    return not is_tensor


def _holds_options(statement: tree.WeightDecl, frame: Frame) -> bool:
    """Report `= zeros(trainable=False)`: options are of the weight, and stand behind its type."""
    made = statement.value
    if not isinstance(made, tree.Call) or statement.type is None:
        return False
    option = next((a for a in made.arguments if a.name in OPTIONS), None)
    if option is None:
        return False
    fix = None
    if len(made.arguments) == 1 and not statement.type.options:
        end = Span(made.span.file, statement.type.span.end, statement.type.span.end)
        edits = (Edit(end, f"({option.span.text})"), Edit(made.span, made.function.span.text))
        fix = Fix(edits, safe=True)
    help_ = f"write it behind the type: `weight {statement.name}: {_spelled(statement)}({shorten(option.span.text)})`"
    _report(
        option.span, "an option of the weight, not of its initializer", statement, frame, help_, fix
    )
    return True


def _spelled(statement: tree.WeightDecl) -> str:
    return shorten(statement.type.span.text) if statement.type is not None else "[64]"


def _infer(
    prepared: binding.Prepared,
    shape: tuple[int, ...],
    dtype: str,
    written: tree.TensorType,
    statement: tree.WeightDecl,
    frame: Frame,
) -> Inference | None:
    facts: dict[str, Value] = {"shape": shape, "dtype": dtype, "called": statement.name}
    call = Call(WEIGHT, {**prepared.arguments, **facts}, ())
    try:
        return free_weight(call)
    except Refusal as refusal:
        places = {"dtype": written.dtype_span, **prepared.spans}
        place = places.get(str(refusal.blames)) or statement.name_span
        named = {"layer": "weight", "argument": refusal.blames or "", **refusal.facts}
        frame.report(refusal.problem.at(place, refusal.label, help=refusal.help, facts=named))
        return None
