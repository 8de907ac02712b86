"""Blocks and models in Python: a function of tensors and hyperparameters, a function that makes a `keras.Model`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from functools import partial

from netdsl.elaborate.chains.bodies import output_name
from netdsl.elaborate.files.linking import Symbol
from netdsl.elaborate.plans.naming import snake_case
from netdsl.emit.bodies import BodyWriter, variable_of
from netdsl.emit.declarations import Written
from netdsl.emit.kinds import TENSOR, Kind, Parts, Piece, is_several
from netdsl.emit.loops import open_clauses
from netdsl.emit.making import Making, applied_in_turn
from netdsl.emit.named import declare_named
from netdsl.emit.names import Locals
from netdsl.emit.parameters import declare_parameters
from netdsl.emit.pieces import list_piece, listed, sequence, taken
from netdsl.emit.precision import output_in_float32
from netdsl.emit.python import code
from netdsl.emit.python.own_names import marked
from netdsl.emit.python.returning import in_arms
from netdsl.emit.python.spelling import kept_name
from netdsl.emit.python.texts import joined
from netdsl.emit.python.unread import tidied
from netdsl.emit.writer import Module, Writer
from netdsl.graph import Graph
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names, makes_weight, pattern_names, statement_names, walk


def write_block(module: Module, symbol: Symbol, kinds: Sequence[Kind], written: Written) -> None:
    """Write a block's function and fill in what callers have to know."""
    node = symbol.node
    assert isinstance(node, tree.Block)
    w = _open(module, symbol, node.body, in_model=False)
    w.frozen = written.takes_trainable
    parameters = declare_parameters(w, node.parameters)
    if written.makes:
        w.making = Making(w.out, w.names.all(), w.names)
        w.out = []
        w.making.steady.append(w.out)
    if isinstance(node.body, tree.Body):
        tensors, written.result = _write_body(w, node.body, kinds)
        _document(w, node.body.docstring)
    else:
        tensors, written.result = _write_chain(w, node.body, kinds)
    written.takes_name = w.uses_name
    by_name: list[tuple[str, ast.expr]] = []
    if written.takes_trainable:
        by_name.append((marked("trainable"), code.constant(True)))
    if written.takes_name:
        by_name.append((marked("name"), code.constant(snake_case(node.name) or "block")))
    first: list[tuple[str, ast.expr | None]] = [(t, None) for t in tensors]
    if not written.makes:
        parameters = [*first, *parameters]
    written.statement = code.function(written.identifier, parameters, in_arms(w.out), by_name)


def _open(module: Module, symbol: Symbol, body: tree.Body | tree.Expr, *, in_model: bool) -> Writer:
    """Start a function: its scope, and the names that it must not hide."""
    unit = symbol.unit
    used = free_names(body)
    parameters = getattr(symbol.node, "parameters", ())
    hidden = {p.name for p in parameters}
    taken = {
        module.identifier(unit, n)
        for n in used
        if n not in hidden and module.symbol(unit, n) is not None
    }
    root = module.root(unit)
    assert isinstance(symbol.node, (tree.Block, tree.Model))
    plan = module.plan(unit, symbol.node)
    scope = root.inner()
    scope.outermost = True
    w = Writer(module, unit, scope, Locals(taken), plan, in_block=not in_model)
    loops = (n.target for n in walk(body) if isinstance(n, (tree.For, tree.Clause)))
    words = {name for target in loops for name in pattern_names(target)}
    braces = (n for n in walk(body) if isinstance(n, tree.Statements))
    words |= {name for node in braces for s in node.statements for name in statement_names(s)}
    words.add(module.identifier(unit, symbol.node.name))  # hidden by a variable of that name
    w.words = frozenset(words)
    return w


def _write_chain(w: Writer, body: tree.Expr, kinds: Sequence[Kind]) -> tuple[list[str], Kind]:
    flow = w.names.first_free(("x", "inputs", "tensor"))
    taken = flow
    makes = (isinstance(n, tree.Call) and w.module.is_tied(n) for n in walk(body))
    if any(makes) or makes_weight(body):
        taken = w.names.first_free(("inputs", "arriving", "tensor"))  # kept, to tie arrays to
    kind = kinds[0] if kinds else TENSOR
    declare_named(w, body)
    arriving = Piece(code.name(taken), kind)
    w.scope.arriving = arriving
    w.anchor = taken
    result = w.branch(body, arriving, flow)
    w.emit(code.returns(result.code))
    _enclose(w, [taken], set())
    return [taken], result.kind


def _write_body(w: Writer, body: tree.Body, kinds: Sequence[Kind]) -> tuple[list[str], Kind]:
    writer = BodyWriter(w, body)
    tensors: list[str] = []
    for number, written in enumerate(writer.inputs):
        spelled = w.names.take(kept_name(written.name))
        tensors.append(spelled)
        kind = kinds[number] if number < len(kinds) else TENSOR
        w.scope.bindings[written.name] = Piece(code.name(spelled), kind)
    w.anchor = tensors[0] if tensors else None
    if tensors:
        pieces = [w.scope.bindings[i.name] for i in writer.inputs]
        w.scope.arriving = pieces[0] if len(pieces) == 1 else list_piece(pieces)
    writer.declare()
    for written in writer.inputs:
        writer.read_sizes(written)
    outputs = writer.write(returning=True)
    if len(outputs) == 1:
        w.emit(code.returns(outputs[0].code))
        result: Kind = outputs[0].kind
    else:
        names = tuple(output_name(o) for o in writer.outputs)
        by_key = w.module.reads_by_name(names)
        values = [o.code for o in outputs]
        keys: list[ast.expr | None] = [code.constant(name) for name in names]
        w.emit(code.returns(ast.Dict(keys, values) if by_key else code.tuple_of(values)))
        result = Parts(tuple(o.kind for o in outputs), names, by_key)
    writer.tidy()
    _enclose(w, tensors, writer.lets)
    return tensors, result


def _enclose(w: Writer, tensors: Sequence[str], lets: Iterable[str]) -> None:
    """Where layers are made before, put what was written into the function that applies them."""
    if w.making is None:
        return
    function = w.names.take("apply")
    body = in_arms(code.settled(w.out))
    applying = code.function(function, [(name, None) for name in tensors], body)
    before, applying = applied_in_turn(w.making.before, applying, w.names)
    w.out = tidied([*before, applying, code.returns(code.name(function))], lets)


def _document(w: Writer, text: str | None) -> None:
    if text and text.strip():
        w.out.insert(0, code.docstring(text))


def write_model(module: Module, symbol: Symbol, written: Written) -> None:
    """Write a model's function."""
    node = symbol.node
    assert isinstance(node, tree.Model)
    w = _open(module, symbol, node.body, in_model=True)
    parameters = declare_parameters(w, node.parameters, module.settings_for(symbol))
    writer = BodyWriter(w, node.body)
    writer.group_kind = partial(_group_kind, module.graph(symbol))
    writer.declare()
    writer.write_input, writer.write_group = _write_input, _write_group
    inputs = [variable_of(w, written_input.name) for written_input in writer.given]
    w.anchor = anchor_of(inputs, writer.given)
    outputs = writer.write(returning=False)
    given = _given(w, inputs, writer.given)
    names = module.output_names(symbol)
    in_order = len(writer.outputs) == 1 and bool(writer.outputs[0].elements)
    if module.is_in_less_than_float32(symbol):
        in_float32 = _each_in_float32 if in_order else _in_float32
        outputs = [in_float32(w, output) for output in outputs]
    result, written.result = _model_outputs(outputs, names, writer.outputs, in_order)
    maker = module.model_maker(symbol)
    keywords: code.Keywords = [("name", code.name(marked("name")))]
    w.emit(code.returns(code.call(maker, [given, result], keywords)))
    writer.tidy()
    _document(w, module.model_docstring(symbol, node.body.docstring))
    by_name = [(marked("name"), code.constant(node.name))]
    written.statement = code.function(written.identifier, parameters, w.out, by_name)


def _in_float32(w: Writer, output: Piece) -> Piece:
    if output.kind is not TENSOR:
        return output
    return Piece(output_in_float32(w.out, output.code), TENSOR)


def _each_in_float32(w: Writer, output: Piece) -> Piece:
    """Let each output of a list be in float32; how many there are may only show when the code runs."""
    if isinstance(output.code, ast.List) and not any(
        isinstance(element, ast.Starred) for element in output.code.elts
    ):
        made = [output_in_float32(w.out, element) for element in output.code.elts]
        return Piece(code.list_of(made), output.kind)
    each = ast.comprehension(ast.Name("tensor", ast.Store()), sequence(output), [], 0)
    cast = output_in_float32([], code.name("tensor"))
    return Piece(ast.ListComp(cast, [each]), output.kind)


def _given(
    w: Writer, variables: Sequence[str], inputs: Sequence[tree.Input | tree.Inputs]
) -> ast.expr:
    """Spell what a model takes: its one input, or a list of all."""
    both = zip(variables, inputs, strict=True)
    every = [
        code.starred(code.call(code.attribute(code.name(variable), "values")))
        if isinstance(written, tree.Inputs)
        else code.name(variable)
        for variable, written in both
    ]
    if len(inputs) == 1 and isinstance(inputs[0], tree.Inputs):
        group = inputs[0].group
        if isinstance(group, tree.InputTable) and len(group.pairs) == 1:
            return code.subscript(code.name(variables[0]), w.value(group.pairs[0].key))
    if len(every) == 1:
        return (
            code.call("list", [every[0].value]) if isinstance(every[0], ast.Starred) else every[0]
        )
    return code.list_of(every)


def _group_kind(graph: Graph | None, group: tree.Inputs) -> Kind:
    names = graph.groups.get(group.name, ()) if graph is not None else ()
    return Parts((TENSOR,) * max(len(names), 1), names or (None,), by_key=True, in_pairs=True)


def anchor_of(variables: Sequence[str], inputs: Sequence[tree.Input | tree.Inputs]) -> str | None:
    """Give the first input that is not sparse."""
    for variable, written in zip(variables, inputs, strict=True):
        if isinstance(written, tree.Inputs):
            return variable
        options = written.type.options if written.type is not None else ()
        sparse = [o.value for o in options if o.name == "sparse"]
        if not sparse or not isinstance(sparse[0], tree.Literal) or not sparse[0].value:
            return variable
    return None


def _write_input(w: Writer, written: tree.Input) -> None:
    """`image = keras.Input((32, 32, 3), name="image")`; a size without a number is None."""
    assert written.type is not None
    made = _made_input(w, written.type, code.constant(written.name))
    w.emit(code.assign(variable_of(w, written.name), made))


def _made_input(w: Writer, written: tree.TensorType, name: ast.expr) -> ast.expr:
    sizes = [_size(w, dim) for dim in written.dims]
    keywords: code.Keywords = []
    dtype = w.module.dtype(written)
    if dtype != "float32":
        keywords.append(("dtype", code.constant(dtype)))
    options = {option.name: w.value(option.value) for option in written.options}
    layer_name = options.pop("name", name)
    keywords += [*options.items(), ("name", layer_name)]
    return code.call("keras.Input", [code.tuple_of(sizes)], keywords)


def _write_group(w: Writer, written: tree.Inputs) -> None:
    """`features = {"age": keras.Input((1,), name="age"), …}`, or a comprehension of them."""
    group = written.group
    if isinstance(group, tree.InputTable):
        keys: list[ast.expr | None] = [w.value(pair.key) for pair in group.pairs]
        made: ast.expr = ast.Dict(keys, [_of_type(w, p.type, w.value(p.key)) for p in group.pairs])
    else:
        with open_clauses(w, group, group.clauses) as clauses:
            key = w.value(group.pair.key)
            value = _of_type(w, group.pair.type, w.value(group.pair.key))
        made = ast.DictComp(key, value, clauses.generators())
    w.emit(code.assign(variable_of(w, written.name), made))


def _of_type(w: Writer, written: tree.InputType, name: ast.expr) -> ast.expr:
    """Spell a `keras.Input`; of a type that a condition chooses, one or the other."""
    if isinstance(written, tree.TensorType):
        return _made_input(w, written, name)
    then = _of_type(w, written.then, name)
    return ast.IfExp(w.value(written.condition), then, _of_type(w, written.otherwise, name))


def _size(w: Writer, dim: tree.Expr) -> ast.expr:
    if isinstance(dim, tree.Arriving):
        return code.constant(None)
    known = all(
        n not in w.symbols and (w.scope.lookup(n) is not None or w.module.is_value(w.unit, n))
        for n in free_names(dim)
    )
    return w.value(dim) if known else code.constant(None)


def _model_outputs(
    outputs: list[Piece],
    names: list[str | list[str]] | None,
    written: Sequence[tree.Output],
    in_order: bool,
) -> tuple[ast.expr, Kind]:
    """One output is a tensor, several are a dict by their names, or `in_order` a list.

    What is a tensor in one branch may be several in the one that is taken: that is known from the `names`.
    """
    made = names is not None and len(names) == len(outputs)
    if names is None or not made:
        own = [output_name(o) or f"output{i}" for i, o in enumerate(written, 1)]
        names = [[f"{n}_0"] if is_several(o.kind) else n for n, o in zip(own, outputs, strict=True)]
    if len(outputs) == 1 and isinstance(names[0], str):
        return outputs[0].code, TENSOR
    if len(outputs) == 1 and made and len(names[0]) == 1:  # a list of one: it leaves as a tensor
        sole = outputs[0].code
        if isinstance(sole, ast.List) and len(sole.elts) == 1:
            only = sole.elts[0]
            if not isinstance(only, ast.Starred):
                return only, TENSOR
        return taken(outputs[0], code.constant(0)).code, TENSOR
    known = [name for own in names for name in ([own] if isinstance(own, str) else own)]
    if in_order:
        several = Parts((TENSOR,) * len(known), tuple(known)) if made else outputs[0].kind
        return listed(outputs[0]).code, several
    kind = Parts((TENSOR,) * len(known), tuple(known), by_key=True)
    if len(outputs) == 1:
        each = known if not isinstance(names[0], str) else []
        if written_out := _written_out(outputs[0].code, len(each)):
            return ast.Dict([*map(code.constant, each)], written_out), kind
        return _numbered(outputs[0], names[0]), kind
    keys: list[ast.expr | None] = []
    values: list[ast.expr] = []
    for piece, called in zip(outputs, names, strict=True):
        if isinstance(called, str):
            keys.append(code.constant(called))
            values.append(piece.code)
        elif elements := _written_out(piece.code, len(called)):
            keys += map(code.constant, called)
            values += elements
        else:
            keys.append(None)
            values.append(_numbered(piece, called))
    return ast.Dict(keys, values), kind


def _written_out(node: ast.expr, count: int) -> list[ast.expr]:
    """Give the elements of a list that is written out with so many; none of any other."""
    items = node.elts if isinstance(node, (ast.List, ast.Tuple)) else []
    is_whole = len(items) == count and not any(isinstance(item, ast.Starred) for item in items)
    return [*items] if is_whole else []


def _numbered(piece: Piece, names: str | list[str]) -> ast.expr:
    """`{f"level_{i}": x for i, x in enumerate(levels)}`."""
    base = names[0].removesuffix("_0")
    if list(names) != [f"{base}_{i}" for i in range(len(names))]:  # one of them was taken
        spelled = code.list_of(code.constant(name) for name in names)
        return code.call("dict", [code.call("zip", [spelled, sequence(piece)])])
    pair = code.tuple_of([code.name("i"), code.name("tensor")])
    source = code.call("enumerate", [sequence(piece)])
    key = joined([code.constant(f"{base}_"), code.name("i")])
    return ast.DictComp(key, code.name("tensor"), [ast.comprehension(pair, source, [], 0)])
