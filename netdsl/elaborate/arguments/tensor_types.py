"""Tensor types as written: what a model's input declares, and what a block's or extern layer's type matches."""

from __future__ import annotations

from collections.abc import Callable

from netdsl.catalog.signature import dtype_aliases, dtype_names
from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netdsl.diagnostics.problems import shapes as shape_problems
from netdsl.diagnostics.problems import structure as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.scope.entities import POISON, is_poisoned, spell_entity
from netdsl.elaborate.scope.frame import MISSING, Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names
from netdsl.tensor import UNKNOWN, Demand, Dim, Sym, TensorSpec, Unknown, equal, spell_shape
from netdsl.value import Value

_OPTIONS = ("sparse", "ragged", "batch_size", "optional", "name")


def is_symbol(dim: tree.Expr, frame: Frame) -> bool:
    """Tell whether a dimension is a name that nothing binds, and so a symbolic size."""
    return isinstance(dim, tree.Name) and frame.lookup(dim.id) is MISSING


def declare_symbols(written: tree.TensorType, frame: Frame, body: Frame | None = None) -> None:
    """Bind each name that only a type mentions to the symbolic size of that name, in the frame of a body."""
    home = body or frame
    for dim in written.dims:
        for name, node in free_names(dim).items():
            if is_symbol(node, frame):
                home.variables[name] = frame.session.sizes.get(name, Sym.variable(name))


def poison_symbols(written: tree.TensorType | None, frame: Frame) -> None:
    """Bind the names in a type to POISON, where a mistake elsewhere leaves them without a size."""
    for dim in () if written is None else written.dims:
        if is_symbol(dim, frame) and isinstance(dim, tree.Name):
            frame.variables[dim.id] = POISON


def dtype_of(
    written: tree.TensorType,
    frame: Frame,
    told: Callable[..., Diagnostic] = problems.WrongInputType.at,
) -> str:
    """Give the dtype of a type, float32 unless it says another; one that Keras does not know is `told` of."""
    name = written.dtype or "float32"
    name = dtype_aliases().get(name, name)
    if name in dtype_names():
        return name
    near = closest(name, dtype_names())
    span = written.dtype_span or written.span
    frame.report(
        told(
            span,
            f"Keras has no dtype `{name}`",
            help=f"did you mean `{near}`?"
            if near
            else "the dtypes are `float32`, `int32`, `string`, …",
            fix=Fix((Edit(span, near),), safe=True) if near else None,
        )
    )
    return near or "float32"


def dimension(expr: tree.Expr, frame: Frame) -> Dim | None:
    """Evaluate one dimension; None after reporting."""
    if isinstance(expr, tree.Arriving):
        return UNKNOWN
    return _as_dimension(ev.value_of(expr, frame), expr, frame)


def _as_dimension(value: Value, expr: tree.Expr, frame: Frame) -> Dim | None:
    if value is None:
        return UNKNOWN
    if isinstance(value, Sym):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        if value >= 0:
            return value
        _report_size(expr, f"a dimension is at least 0, this is {value}", "?", frame)
    elif not is_poisoned(value):
        label = f"a dimension is a whole number, this is {spell_entity(value)}"
        _report_size(expr, label, _whole(value), frame)
    return None


def _whole(value: Value) -> str:
    """Spell the whole number that `28.0` or `"28"` was meant for, or nothing."""
    if isinstance(value, float) and value.is_integer() and 0 < value < 2**31:
        return str(int(value))
    return value if isinstance(value, str) and value.isdecimal() and len(value) < 10 else ""


def _report_size(expr: tree.Expr, label: str, better: str, frame: Frame) -> None:
    help_ = "write a whole number, `?` for any size, or a name for a size that others repeat"
    if better == "?":
        help_ = "write `?` for a size that is not known"
    elif better:
        help_ = f"did you mean `{better}`?"
    fix = Fix((Edit(expr.span, better),), safe=True) if better else None
    frame.report(problems.WrongInputType.at(expr.span, label, help=help_, fix=fix))


def _dimensions(expr: tree.Expr, frame: Frame) -> list[Dim | None]:
    """Evaluate one dimension, or those of `*size`."""
    if not isinstance(expr, tree.Starred):
        return [dimension(expr, frame)]
    return [_as_dimension(value, expr, frame) for value in ev.spread(expr, frame)]


def declared_type(
    written: tree.TensorType, frame: Frame
) -> tuple[TensorSpec, dict[str, Value]] | None:
    """Give the type of a model's input, batch included, and its options; None after reporting."""
    dtype = dtype_of(written, frame)
    dims: list[Dim] = []
    fine = True
    for expr in written.dims:
        for dim in _dimensions(expr, frame):
            fine = fine and dim is not None
            dims.append(UNKNOWN if dim is None else dim)
    options = input_options(written, frame)
    if not fine or options is None:
        return None
    size = options.get("batch_size")
    batch: Dim = size if isinstance(size, int) else UNKNOWN
    return (
        TensorSpec(
            (batch, *dims),
            dtype,
            sparse=bool(options.get("sparse")),
            ragged=bool(options.get("ragged")),
        ),
        options,
    )


def _type_before(option: tree.Argument, written: tree.TensorType) -> str:
    """`[8](dtype="int32")`: a dtype stands before the sizes."""
    if option.name == "dtype" and written.dtype is None:
        sizes = ", ".join(expr.span.text for expr in written.dims)
        dtype = option.value.span.text.strip("\"'")
        return f"write it before the sizes: `{dtype}[{sizes}]`"
    return "leave it out"


def input_options(written: tree.TensorType, frame: Frame) -> dict[str, Value] | None:
    """Evaluate the options after a type, as `keras.Input` takes them."""
    options: dict[str, Value] = {}
    fine = True
    for option in written.options:
        if option.name not in _OPTIONS:
            near = closest(option.name or "", _OPTIONS)
            offered = ", ".join(f"`{o}`" for o in _OPTIONS)
            frame.report(
                problems.WrongInputType.at(
                    option.span,
                    f"an input takes {offered}",
                    help=f"did you mean `{near}`?" if near else _type_before(option, written),
                )
            )
            fine = False
            continue
        value = ev.value_of(option.value, frame)
        wanted: type = {"batch_size": int, "name": str}.get(option.name, bool)
        fits = isinstance(value, wanted)
        if not fits or (isinstance(value, int) and option.name == "batch_size" and value < 1):
            if not is_poisoned(value):
                frame.report(
                    problems.WrongInputType.at(
                        option.value.span, f"`{option.name}` does not take {spell_entity(value)}"
                    )
                )
            fine = False
        options[option.name] = value
    return options if fine else None


def match_type(
    written: tree.TensorType, spec: TensorSpec, frame: Frame, label: str, span: Span
) -> bool:
    """Match what arrives against a block's or extern layer's type, binding the names in it.

    A name bound nowhere yet stands for the size that arrives; anything else must agree with it.
    """
    wanted = _wanted_axes(written, spec, frame)
    if wanted is None or len(wanted) != spec.rank - 1:
        count = len(written.dims) - 1 if is_of_any_rank(written) else len(wanted or ())
        least = "at least " if is_of_any_rank(written) else ""
        frame.report(
            shape_problems.WrongRank.at(
                span,
                f"takes {least}{count} dimensions beside the batch, {spell_shape(spec.shape)} arrives",
                layer=label,
            )
        )
        return False
    if written.dtype is not None and dtype_of(written, frame) != spec.dtype:
        frame.report(
            shape_problems.WrongDtype.at(
                span, f"takes {written.dtype}, {spec.dtype} arrives", layer=label
            )
        )
        return False
    return all(
        _match_dim(expr, size, spec.shape[axis], axis, spec, frame, label, span)
        for axis, (expr, size) in enumerate(wanted, 1)
    )


def is_rest(dim: tree.Expr) -> bool:
    """Tell a `...` among sizes, which stands for any number of them."""
    return isinstance(dim, tree.Literal) and dim.value is ...


def is_of_any_rank(written: tree.TensorType) -> bool:
    """Tell whether a type has a `...` for axes that it does not name."""
    return any(map(is_rest, written.dims))


#: What a frame calls the sizes that `...` stands for: no spec can spell it.
REST = "..."


def _wanted_axes(
    written: tree.TensorType, spec: TensorSpec, frame: Frame
) -> list[tuple[tree.Expr, Dim | None]] | None:
    """Give what a type says of each axis, with its size where the type has it from elsewhere; None if too few arrive.

    The sizes that `...` stands for are the same wherever it stands.
    """
    found: list[tuple[tree.Expr, Dim | None]] = []
    for number, expr in enumerate(written.dims):
        if isinstance(expr, tree.Starred):
            found += [(expr, size) for size in _dimensions(expr, frame)]
        elif is_rest(expr):
            count = spec.rank - 1 - (len(written.dims) - 1)
            if count < 0:
                return None
            known = frame.variables.setdefault(REST, spec.shape[1 + number : 1 + number + count])
            assert isinstance(known, tuple)
            found += [(expr, size if isinstance(size, (int, Sym)) else UNKNOWN) for size in known]
        else:
            found.append((expr, None))
    return found


def _wanted(expr: tree.Expr, size: Dim) -> str:
    """Say what a type asks of an axis: "the type says 3", "`n` is 8"."""
    return (
        f"the type says {size}"
        if isinstance(expr, tree.Literal) and not is_rest(expr)
        else f"`{expr.span.text}` is {size}"
    )


def _match_dim(
    expr: tree.Expr,
    known: Dim | None,
    arriving: Dim,
    axis: int,
    spec: TensorSpec,
    frame: Frame,
    label: str,
    span: Span,
) -> bool:
    if isinstance(expr, tree.Arriving):
        return True
    if isinstance(expr, tree.Name) and expr.id not in frame.variables:
        found = frame.lookup(expr.id)
        if found is MISSING:
            frame.variables[expr.id] = None if isinstance(arriving, Unknown) else arriving
            return True
    wanted = dimension(expr, frame) if known is None else known
    if wanted is None:
        return False
    verdict = equal(wanted, arriving)
    if isinstance(verdict, Demand):
        frame.demand([verdict], span)
        return True
    if not verdict:
        frame.report(
            shape_problems.IncompatibleShape.at(
                span,
                f"axis {axis} is {arriving} in {spell_shape(spec.shape)}, {_wanted(expr, wanted)}",
                layer=label,
            )
        )
    return verdict


def given_type(written: tree.TensorType, frame: Frame, batch: Dim, dtype: str) -> TensorSpec | None:
    """Give the type of an extern layer's output; `dtype` is what it has unless it says another."""
    dims: list[Dim | None] = []
    for expr in written.dims:
        if is_rest(expr):
            rest = frame.variables.get(REST, ())
            assert isinstance(rest, tuple)
            dims += [size if isinstance(size, (int, Sym)) else UNKNOWN for size in rest]
        else:
            dims += _dimensions(expr, frame)
    if any(dim is None for dim in dims):
        return None
    own = dtype_of(written, frame) if written.dtype else dtype
    return TensorSpec((batch, *(UNKNOWN if d is None else d for d in dims)), own)
