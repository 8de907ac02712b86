"""Declarations of layers of the user's own as Keras built them, for a message that says what to write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from netdsl.elaborate.files.linking import Unit
from netdsl.graph import Graph, Node
from netdsl.syntax import tree
from netdsl.tensor import keras_shape

#: The weights of so many tensors are written out; more are left to the class.
MOST_WEIGHTS = 6

#: A tensor as it was built: its dtype, and its sizes without the batch, None where Keras has none.
Built = tuple[str, tuple[int | None, ...]]


def declaration_of(unit: Unit, kind: str, module: str) -> tree.ExternLayer | None:
    """Find the statement that declares a class, in a file or in those that it imports from."""
    pending, seen = [unit], {id(unit)}
    while pending:
        one = pending.pop()
        for statement in one.module.statements:
            if isinstance(statement, tree.ExternLayer) and (statement.name, statement.module) == (
                kind,
                module,
            ):
                return statement
        new = [source for source in one.sources if id(source) not in seen]
        seen |= {id(source) for source in new}
        pending += new
    return None


def corrected(
    declared: tree.ExternLayer,
    node: Node,
    graph: Graph,
    outputs: Sequence[Built],
    weights: Sequence[tuple[int, ...]],
) -> str:
    """Write a declaration with the outputs and weights that were built, in its own names where these have the sizes."""
    sizes = _Sizes(declared, node, graph)
    types = [sizes.type_of(built, _at(declared.outputs, i)) for i, built in enumerate(outputs)]
    given = types[0] if len(types) == 1 else f"({', '.join(types)})"
    file = declared.span.file.text
    head = file[declared.span.start : declared.inputs[0].span.start].rstrip().rstrip("(").rstrip()
    taken = ", ".join(written.span.text for written in declared.inputs)
    taken = taken if len(declared.inputs) == 1 else f"({taken})"
    own = ""
    if len(weights) > MOST_WEIGHTS or isinstance(declared.weights, tree.Arriving):
        own = " weights ?"
    elif weights:
        own = f" weights {', '.join(map(sizes.of_weight, weights))}"
    return " ".join(f'{head} {taken} -> {given}{own} from "{declared.module}"'.split())


def _at(types: Sequence[tree.TensorType], number: int) -> tree.TensorType | None:
    return types[number] if number < len(types) else None


class _Sizes:
    """What the names of a declaration stand for where a layer was applied."""

    def __init__(self, declared: tree.ExternLayer, node: Node, graph: Graph) -> None:
        self.known: dict[str, int] = {}
        self.rest: tuple[int | None, ...] | None = None
        arriving = [keras_shape(graph.spec(ref).shape)[1:] for ref in node.inputs]
        for written, shape in zip(declared.inputs, arriving, strict=False):
            self._read(written, shape)
        parameters = {
            name: value
            for name, value in node.operation.bound.items()
            if isinstance(value, int) and not isinstance(value, bool)
        }
        self.parameters = parameters

    def _read(self, written: tree.TensorType, shape: Sequence[int | None]) -> None:
        dims = list(written.dims)
        rest = next((i for i, d in enumerate(dims) if _is_rest(d)), None)
        if rest is not None:
            count = max(len(shape) - len(dims) + 1, 0)
            self.rest = tuple(shape[rest : rest + count]) if self.rest is None else self.rest
            shape = [*shape[:rest], *shape[rest + count :]]
            dims.pop(rest)
        for dim, size in zip(dims, shape, strict=False):
            if isinstance(dim, tree.Name) and size is not None:
                self.known.setdefault(dim.id, size)

    def type_of(self, built: Built, declared: tree.TensorType | None) -> str:
        dtype, shape = built
        prefix = "" if dtype == "float32" else dtype
        written = list(declared.dims) if declared is not None else []
        start = ""
        if self.rest and shape[: len(self.rest)] == self.rest and not _keeps(written, len(shape)):
            start, shape, written = "...", shape[len(self.rest) :], []
        same = len(written) == len(shape)
        texts = [self._spell(size, written[i] if same else None, i) for i, size in enumerate(shape)]
        return f"{prefix}[{', '.join(filter(None, [start, *texts]))}]"

    def of_weight(self, shape: tuple[int, ...]) -> str:
        return f"[{', '.join(self._spell(size, None, None) for size in shape)}]"

    def _spell(self, size: int | None, written: tree.Expr | None, axis: int | None) -> str:
        if size is None:
            return written.span.text if isinstance(written, tree.Name) else "?"
        if isinstance(written, tree.Name):
            own = {**self.known, **self.parameters}.get(written.id)
            if own == size:
                return written.span.text
        return next(self._terms(size, axis), str(size))

    def _terms(self, size: int, axis: int | None) -> Iterator[str]:
        """Give the ways to write a size by the names, the likeliest first: itself, by a parameter, by 2, 4 or 8."""
        names = list(self.known.items())
        if axis is not None:  # the name that stands at this place comes first
            names = names[axis : axis + 1] + names[:axis] + names[axis + 1 :]
        yield from (name for name, value in names if value == size > 1)
        own = names[:1] if axis is not None else []
        for name, value in own:
            for other, factor in self.parameters.items():
                yield from _combined(name, value, other, factor, size)
        yield from (name for name, value in self.parameters.items() if value == size > 1)
        for name, value in names[len(own) :]:
            for other, factor in self.parameters.items():
                yield from _combined(name, value, other, factor, size)
        for name, value in names:
            for factor in (2, 4, 8):
                if value > 1 and value * factor == size:
                    yield f"{factor} * {name}"
                elif value // factor == size > 1:
                    yield f"{name} // {factor}"


def _combined(name: str, value: int, other: str, factor: int, size: int) -> Iterator[str]:
    if factor < 2:
        return
    if value * factor == size:
        yield f"{other} * {name}"
    if value * factor * factor == size:
        yield f"{other} * {other} * {name}"
    if value // factor == size > 1:
        yield f"{name} // {other}"


def _keeps(written: Iterable[tree.Expr], rank: int) -> bool:
    """Tell whether a declared type names each axis of a tensor."""
    dims = list(written)
    return len(dims) == rank and not any(map(_is_rest, dims))


def _is_rest(dim: tree.Expr) -> bool:
    return isinstance(dim, tree.Literal) and dim.value is ...
