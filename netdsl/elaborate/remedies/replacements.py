"""Layers that Keras 3 no longer has, or that come from elsewhere, in the words of those that it has.

`in_other_words` gives the help for such a name and, where layers of Keras do the same, the change that puts them in its
place: `ThresholdedReLU(theta=0.5)` is `ReLU(threshold=0.5)`, `DropPath(0.1)` a `Dropout` that drops whole samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from math import prod

from netdsl.catalog import has_role
from netdsl.catalog.kind import Identifier
from netdsl.catalog.operations import operation_names
from netdsl.catalog.signature import identifiers, signature
from netdsl.catalog.spell import spell
from netdsl.diagnostics.diagnostic import Edit, Fix, first_that_helps
from netdsl.diagnostics.habits import NAMES, help_for, names_for
from netdsl.elaborate.plans.naming import snake_case
from netdsl.elaborate.remedies.habits import rewritten
from netdsl.elaborate.scope.entities import BuiltinFunction, Tensor
from netdsl.elaborate.scope.frame import Frame
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import stage_before
from netdsl.tensor import Dim
from netdsl.value import Value

_LARGEST = 2**31


@record
class _Written:
    """A call of a layer that is unknown: its arguments as they are written, and what arrives."""

    texts: Mapping[str, str]
    arriving: Tensor | None

    def text(self, name: str, otherwise: str = "") -> str:
        return self.texts.get(name, otherwise)

    def sizes(self, name: str, rank: int, otherwise: int | None = None) -> tuple[int, ...] | None:
        """Read a size that is written out, once for all axes or for each of them."""
        text = self.text(name, "" if otherwise is None else str(otherwise))
        parts = [part.strip() for part in text.strip("()[] ").split(",") if part.strip()]
        if not parts or not all(part.isdigit() for part in parts) or len(parts) not in (1, rank):
            return None
        found = tuple(map(int, parts))
        return found * rank if len(found) == 1 else found


@record
class _Replacement:
    """How a name is put in other words: the order of its arguments, the stage in its place, the help."""

    order: tuple[str, ...]
    stage: Callable[[_Written], str | None] = lambda written: None
    help: str = ""
    why: str = ""


def in_other_words(name: str, call: tree.Call | None, arriving: object) -> tuple[str, Fix | None]:
    """Give the help for a layer that Keras does not have, and what does the same; nothing for other names."""
    known = _REPLACEMENTS.get(name)
    if known is None:
        told = help_for("layer", "loss of its own").get(name)
        return (told, None) if told is not None else _activation_layer(name, call)
    stage = None
    if call is not None and not any(argument.star for argument in call.arguments):
        texts: dict[str, str] = {}
        order = iter(known.order)
        for argument in call.arguments:
            texts[argument.name or next(order, "")] = argument.value.span.text
        arrives = arriving if isinstance(arriving, Tensor) else None
        stage = known.stage(_Written(texts, arrives))
    if stage is None or call is None:
        return known.help, None
    fix = rewritten(call.span, stage, say=f"{known.why}:" if known.why else "write")
    return known.help or fix.text, fix


def _activation_layer(name: str, call: tree.Call | None) -> tuple[str, Fix | None]:
    """`GELU()`, a layer of other libraries, is `Activation(gelu)`."""
    folded = name.lower().replace("_", "")
    known = identifiers("activation")
    found = next((n for n in known if n == n.lower() and n.replace("_", "") == folded), None)
    if found is None or not name[0].isupper() or name in names_for(*NAMES):
        return "", None
    bare = call is None or not call.arguments or name in ("LogSoftmax", "ReLU6")
    fix = rewritten(call.span, f"Activation({found})") if call is not None and bare else None
    return f"write `Activation({found})`", fix


def _thresholded(written: _Written) -> str:
    return f"ReLU(threshold={written.text('theta', '1.0')})"


def _drop_path(written: _Written) -> str | None:
    """Drop the same samples of a branch as a whole, and scale the others up."""
    rate = written.text("rate") or written.text("drop_prob") or written.text("drop_rate")
    if written.arriving is None or not rate:
        return None
    ones = ", 1" * (written.arriving.spec.rank - 1)
    return f"Dropout({rate}, noise_shape=(None{ones}))"


def _each_channel_normalised(written: _Written) -> str | None:
    kept = {n: t for n, t in written.texts.items() if n in ("epsilon", "center", "scale", "axis")}
    if len(kept) < len(written.texts):
        return None
    more = "".join(f", {name}={text}" for name, text in kept.items())
    return f"GroupNormalization(groups=-1{more})"


def _heads(written: _Written) -> str | None:
    """PyTorch gives the width of all heads, Keras that of one; what arrives is query and value."""
    width, heads = written.text("embed_dim"), written.text("num_heads")
    if not (width.isdigit() and heads.isdigit() and int(heads)) or int(width) % int(heads):
        return None
    before = "[_, _] -> " if written.arriving is not None else ""
    return f"{before}MultiHeadAttention({heads}, key_dim={int(width) // int(heads)})"


def _synchronized(written: _Written) -> str:
    more = "".join(f"{name}={text}, " for name, text in written.texts.items())
    return f"BatchNormalization({more}synchronized=True)"


def in_place_of(
    call: tree.Call, argument: str | None, value: Value, frame: Frame
) -> Iterator[Fix | None]:
    """Propose the layer or the value that was wanted, where an argument refuses a value that says so."""
    yield _in_their_order(call, value)
    if argument == "function":
        yield as_stage(call, value)
    arriving, function = frame.arriving, call.function
    if argument == "target_shape" and isinstance(arriving, Tensor):
        yield _without_batch(call, value, arriving)
    if argument == "size" and isinstance(function, tree.Name) and isinstance(arriving, Tensor):
        yield _resized(call, value, arriving) if has_role(function.id, "resizing") else None


def _in_their_order(call: tree.Call, value: Value) -> Fix | None:
    """`Conv2D((3, 3), 16)` -> `Conv2D(16, (3, 3))`: a number comes first, and sizes behind it."""
    plain = [a.value for a in call.arguments[:2] if a.name is None and not a.star]
    if not isinstance(value, (list, tuple)) or len(plain) < 2:
        return None
    first, second = plain
    is_number = isinstance(second, tree.Literal) and isinstance(second.value, int)
    if not isinstance(first, (tree.TupleExpr, tree.ListExpr)) or not is_number:
        return None
    edits = (Edit(first.span, second.span.text), Edit(second.span, first.span.text))
    shown = f"{second.span.text}, {first.span.text}"
    return Fix(edits, text=f"the number comes first: `{call.function.span.text}({shown})`")


def _without_batch(call: tree.Call, value: object, arriving: Tensor) -> Fix | None:
    """`Reshape((None, 784))` of 28x28 numbers -> `(784,)`: the batch is implied, and nothing is left beside."""
    if not isinstance(value, (list, tuple)) or len(value) < 2 or value[0] is not None:
        return None
    wanted, shape = tuple(value[1:]), arriving.spec.shape[1:]
    known = [size for size in shape if isinstance(size, int)]
    if not all(isinstance(size, int) for size in wanted) or len(known) < len(shape):
        return None
    if prod(wanted) != prod(known) or (wanted == shape and len(shape) == 1):
        return None
    edit = Edit(call.arguments[0].value.span, spell(wanted))
    return Fix((edit,), text=f"write the sizes without the batch: `{spell(wanted)}`")


def _resized(call: tree.Call, value: Value, arriving: Tensor) -> Fix | None:
    """`UpSampling2D(2.5)` of 8x8 -> `Resizing(20, 20, interpolation="nearest")`: a layer repeats whole places."""
    others = {a.name: a.value.span.text for a in call.arguments[1:]}
    spatial, channels = arriving.spec.shape[1:-1], arriving.spec.shape[-1]
    if "channels_first" in others.get("data_format", ""):
        spatial, channels = arriving.spec.shape[2:], arriving.spec.shape[1]
    factors: list[Value] = (
        list(value) if isinstance(value, (list, tuple)) else [value] * len(spatial)
    )
    if len(factors) != len(spatial) or len(spatial) not in (1, 2):
        return None
    sizes: list[int] = []
    are_whole = True
    for size, factor in zip(spatial, factors, strict=True):
        if not isinstance(factor, (int, float)) or isinstance(factor, bool):
            return None
        if not isinstance(size, int) or not 1 <= size * factor < _LARGEST:
            return None
        sizes.append(int(size * factor))
        are_whole = are_whole and float(factor).is_integer()
    if are_whole:
        return None  # the number is right, and only its spelling is wrong
    kept = {"interpolation": '"nearest"'} | {
        n: t for n, t in others.items() if n in ("interpolation", "data_format", "name")
    }
    more = "".join(f", {name}={text}" for name, text in kept.items())
    if len(sizes) == 2:
        stage = f"Resizing({sizes[0]}, {sizes[1]}{more})"
    else:
        before = f"Reshape((1, {spatial[0]}, {channels}))"
        stage = f"{before} -> Resizing(1, {sizes[0]}{more}) -> Reshape(({sizes[0]}, {channels}))"
    fix = rewritten(call.span, stage)
    return replace(fix, text=f"places are repeated a whole number of times: {fix.text}")


def step_by_step(call: tree.Call, value: tree.Expr, frame: Frame) -> Fix | None:
    """Apply a block, a model or a loop to each step: as a layer that has a name, or with the steps in the batch."""
    function = call.function
    if not isinstance(function, tree.Name) or not has_role(function.id, "step_by_step"):
        return None
    return first_that_helps([_with_a_name(call, value, frame), _in_the_batch(call, value, frame)])


def _with_a_name(call: tree.Call, value: tree.Expr, frame: Frame) -> Fix | None:
    """`TimeDistributed(Rows())` -> `layer rows = Rows()`, `TimeDistributed(rows)`; in a loop that would be shared."""
    statement = None if frame.in_loop or not frame.may_search() else _statement_around(call, frame)
    if statement is None:
        return None
    first = value.stages[0] if isinstance(value, tree.Pipe) else value
    function = first.function if isinstance(first, tree.Call) else first
    written = function.span.text.rpartition(".")[2] if isinstance(value, tree.Call) else "each_step"
    taken = set(frame.known_names())
    names = (snake_case(written) + str(number or "") for number in range(100))
    name = next((n for n in names if n not in taken), None)
    if name is None:
        return None
    file, start = call.span.file, statement.span.start
    begin = file.text.rfind("\n", 0, start) + 1
    indent = file.text[begin:start]
    gap = f"\n{indent}" if not indent.strip() else "  "
    begins = first if not isinstance(first, tree.Arriving) else value.stages[1]  # type: ignore[union-attr]
    chain = Span(file, begins.span.start, value.span.end).text
    made = f"layer {name} = {chain}"
    edits = (Edit(Span(file, start, start), f"{made}{gap}"), Edit(value.span, name))
    shown = " ".join(made.split())
    return Fix(
        edits, text=f"give it a name, `{shown}`, and write `{call.function.span.text}({name})`"
    )


def _statement_around(call: tree.Call, frame: Frame) -> tree.BodyStatement | None:
    """Give the statement of a body that a call stands in."""
    for declared in frame.unit.module.statements:
        body = getattr(declared, "body", None)
        if not isinstance(body, tree.Body) or declared.span.end < call.span.end:
            continue
        for statement in body.statements:
            if statement.span.start <= call.span.start and call.span.end <= statement.span.end:
                return statement
    return None


def _in_the_batch(call: tree.Call, value: tree.Expr, frame: Frame) -> Fix | None:
    """Let the steps join the batch before it, and be told apart behind it.

    `TimeDistributed(Rows())` of (None, 5, 8) -> `ops.reshape((-1, 8)) -> Rows() -> ops.reshape((-1, 5, *_.shape[1:]))`
    """
    arriving = frame.arriving
    if len(call.arguments) != 1 or not isinstance(arriving, Tensor) or arriving.spec.rank < 3:
        return None
    _, steps, *row = arriving.spec.shape
    if not isinstance(steps, int):
        return None
    if not all(isinstance(size, int) for size in row):
        return None
    if frame.body is None or frame.body.via or frame.in_loop:
        # Another use may have another number of steps, which -1 for the batch would hide: it is read off the tensor.
        named = stage_before(call, frame.unit.module)
        if not isinstance(named, tree.Name) or frame.lookup(named.id) != arriving:
            return None
        steps_text, before = f"{named.id}.shape[1]", "ops.reshape((-1, *_.shape[2:]))"
        return _folded(call, value, before, steps_text)
    before = f"ops.reshape((-1, {', '.join(map(str, row))}))"
    return _folded(call, value, before, str(steps))


def _folded(call: tree.Call, value: tree.Expr, before: str, steps: str) -> Fix:
    after = f"ops.reshape((-1, {steps}, *_.shape[1:]))"
    text = f"{before} -> {value.span.text} -> {after}"
    return rewritten(call.span, text, say="let the steps join the batch:")


#: What an argument that a function cannot do without is by default, in the mind of who leaves it out.
_LIKELY = {"axis": "-1"}


def as_stage(call: tree.Call, value: object) -> Fix | None:
    """Make a stage of a function of Keras: `Lambda(ops.expand_dims)` -> `ops.expand_dims(axis=-1)`."""
    written = value.name if isinstance(value, (Identifier, BuiltinFunction)) else ""
    name = written.rpartition(".")[2]
    known = operation_names()
    found = next((n for n in (name, *names_for(*NAMES).get(name, ())) if n in known), None)
    own = signature("op", found) if found is not None else None
    if found is None or own is None:
        return None
    given = _given_along(call)
    if given is None:
        return None
    for parameter in own.parameters[1:]:
        if parameter.required and parameter.name not in given:
            if parameter.name not in _LIKELY:
                return None
            given[parameter.name] = _LIKELY[parameter.name]
    inside = ", ".join(f"{name}={text}" for name, text in given.items())
    return rewritten(call.span, f"ops.{found}({inside})")


def _given_along(call: tree.Call) -> dict[str, str] | None:
    """Read `arguments={"axis": 1}` of a `Lambda`; None where it is not written out."""
    written = next((a.value for a in call.arguments if a.name == "arguments"), None)
    if isinstance(written, tree.DictExpr):
        items = [(key, item.span.text) for key, item in written.items]
        if all(isinstance(key, tree.Literal) for key, _ in items):
            return {str(key.value): text for key, text in items if isinstance(key, tree.Literal)}
        return None
    return {} if written is None else None


@record
class _Axis:
    """One axis of the places that a kernel goes over: the size, the kernel, the stride, and how often it fits."""

    size: int
    kernel: int
    stride: int

    @property
    def places(self) -> int:
        return (self.size - self.kernel) // self.stride + 1

    def slice(self, offset: str) -> str:
        """Spell what one number of the kernel meets along the axis, over all its places."""
        reach = (self.places - 1) * self.stride + 1
        step = f":{self.stride}" if self.stride > 1 else ""
        return f"{offset}:{offset} + {reach}{step}"


def _locally_connected(rank: int) -> Callable[[_Written], str | None]:
    """Lay the patches out along the channels, and give each place a kernel of its own."""

    def stage(written: _Written) -> str | None:
        axes = _axes(written, rank)
        filters = written.text("filters")
        unlike = set(written.texts) - {
            "filters", "kernel_size", "strides", "padding", "activation", "use_bias", "implementation",
        }  # fmt: skip
        padded = written.text("padding", "valid").strip("\"'") != "valid"
        if axes is None or not filters or unlike or padded:
            return None
        names = "ij"[:rank]
        patches = f"_[:, {', '.join(a.slice(n) for a, n in zip(axes, names, strict=True))}]"
        for name, axis in reversed(list(zip(names, axes, strict=True))):
            patches = f"[for {name} in range({axis.kernel}) {{ {patches} }}] -> Concatenate()"
        return f"{patches} -> {_own_kernels(written, filters, axes)}"

    return stage


def _axes(written: _Written, rank: int) -> list[_Axis] | None:
    kernel, stride = (
        written.sizes("kernel_size", rank),
        written.sizes("strides", rank, otherwise=1),
    )
    shape: tuple[Dim, ...] = () if written.arriving is None else written.arriving.spec.shape[1:-1]
    known = [size for size in shape if isinstance(size, int)]
    if kernel is None or stride is None or len(known) != rank or len(shape) != rank:
        return None
    axes = [_Axis(*axis) for axis in zip(known, kernel, stride, strict=True)]
    return axes if all(axis.stride and axis.size >= axis.kernel > 0 for axis in axes) else None


def _own_kernels(written: _Written, filters: str, axes: list[_Axis]) -> str:
    places = "bc"[: len(axes)]
    into, out = "de" if len(axes) > 1 else "cd"
    sizes = ", ".join(str(axis.places) for axis in axes)
    equation = f"a{places}{into},{places}{into}{out}->a{places}{out}"
    more = "" if written.text("use_bias") == "False" else f', bias_axes="{places}{out}"'
    more += f", activation={written.text('activation')}" * ("activation" in written.texts)
    return f'EinsumDense("{equation}", output_shape=[{sizes}, {filters}]{more})'


_SHARED = "a kernel for each place; `Conv{0}D` shares one between all places, an `extern layer` may do as it likes"
_LOCAL = ("filters", "kernel_size", "strides", "padding")

_LOCAL_WHY = "give each place a kernel of its own"
_REPLACEMENTS: Mapping[str, _Replacement] = {
    "ThresholdedReLU": _Replacement(("theta",), _thresholded),
    "LocallyConnected1D": _Replacement(_LOCAL, _locally_connected(1), _SHARED.format(1), _LOCAL_WHY),
    "LocallyConnected2D": _Replacement(_LOCAL, _locally_connected(2), _SHARED.format(2), _LOCAL_WHY),
    "DropPath": _Replacement(
        ("rate",),
        _drop_path,
        "drop whole samples of a branch by `Dropout(rate, noise_shape=(None, 1, 1))`, or declare your class: "
        '`extern layer DropPath(rate): [...] -> [...] from "my_layers"`',
        "drop whole samples of the branch, or declare your class with `extern layer`",
    ),
    "MultiheadAttention": _Replacement(
        ("embed_dim", "num_heads"),
        _heads,
        "write `[x, x] -> MultiHeadAttention(8, key_dim=64 // 8)`: query and value come through the arrow, and "
        "`key_dim` is the size of one head",
        "`key_dim` is the size of one head",
    ),
    "InstanceNormalization": _Replacement((), _each_channel_normalised),
    "InstanceNorm": _Replacement((), _each_channel_normalised),
    "SyncBatchNormalization": _Replacement((), _synchronized),
}  # fmt: skip
