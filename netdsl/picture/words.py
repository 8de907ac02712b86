"""What stands in a box: the layer, and of its arguments those that a paper's figure gives.

Conv2D(64, 7, strides=2, use_bias=False)  ->  "Conv2D", "7×7, 64, /2"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial

from netdsl.analyse.uses import LONGEST_NUMBER, spell_use
from netdsl.catalog import has_role
from netdsl.catalog.kind import BoundLayer, ExternFunction, Identifier
from netdsl.catalog.object_value import ObjectValue
from netdsl.catalog.signature import signature
from netdsl.catalog.spell import spell
from netdsl.graph import Node, Use
from netdsl.syntax import tree
from netdsl.tensor import Shape, Sym, TensorSpec, Unknown
from netdsl.value import Value

#: How many characters of an argument, of all of them, and of a shape are shown.
LONGEST_ARGUMENT, LONGEST_ALL, LONGEST_SHAPE = 24, 44, 40


def _sizes(value: Value) -> str:
    """Write sizes: (3, 3) -> 3×3; (1, 2, 2, 1) of borders is told in full."""
    parts = value if isinstance(value, (list, tuple)) else (value,)
    if all(isinstance(part, (int, Sym)) or part is None for part in parts):
        return "×".join("?" if part is None else str(part) for part in parts)
    return _plain(value)


def _strides(value: Value, sign: str = "/") -> str:
    """Write what a map is divided by, or with `×` what it grows by; nothing for steps of one."""
    parts = value if isinstance(value, (list, tuple)) else (value,)
    if len({str(part) for part in parts}) == 1:
        return "" if parts[0] in (1, None) else f"{sign}{parts[0]}"
    return f"{sign}{_sizes(value)}"


def _borders(value: Value) -> str:
    """Write what goes on at each border, once where all are alike: ((3, 3), (3, 3)) -> 3."""
    parts: list[Value] = [value]
    while any(isinstance(part, (list, tuple)) for part in parts):
        parts = [p for part in parts for p in (part if isinstance(part, (list, tuple)) else [part])]
    return str(parts[0]) if len({str(part) for part in parts}) == 1 else _plain(value)


def _plain(value: Value) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10_000:
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str):
        return value
    return spell(value)


def _listed(value: Value) -> str:
    """Write axes: (2, 1) -> 2, 1."""
    parts = value if isinstance(value, (list, tuple)) else (value,)
    return ", ".join(map(_plain, parts))


def _fraction(value: Value) -> str:
    """Write a factor as a person does: 0.00392156862745098 -> 1/255; whether there is a scale at all shows nowhere."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, float) and 0 < abs(value) < 0.1 and len(repr(value)) > LONGEST_NUMBER:
        return f"1/{1 / value:.6g}"
    return _plain(value)


def _counted(word: str) -> Callable[[Value], str]:
    return lambda value: f"{_plain(value)} {word}{'' if value == 1 else 's'}"


def _unless(usual: Value, word: str) -> Callable[[Value], str]:
    """Tell an argument only where it is not what it usually is."""

    def tell(value: Value) -> str:
        parts = value if isinstance(value, (list, tuple)) else (value,)
        if all(part == usual for part in parts):
            return ""
        is_same = all(part == parts[0] for part in parts)
        return f"{word} {_sizes(parts[0] if is_same else value)}"

    return tell


def _activation(value: Value) -> str:
    return "" if value in (None, "linear") else _plain(value)


def _layer(value: Value) -> str:
    """Name a layer inside another, with what would stand in its own box; a chain of them by its arrows."""
    found: list[str] = []
    several = value if isinstance(value, (list, tuple)) else (value,)
    for inner in several:
        if not isinstance(inner, BoundLayer) or inner.shared is not None:
            found.append(spell(inner))
            continue
        chain = inner.arguments.get("layers")
        if isinstance(chain, (list, tuple)):
            found.append(" → ".join(map(_short, chain)))
        else:
            found.append(_short(inner))
    return ", ".join(found)


def _short(layer: Value) -> str:
    """Name a layer in a layer; of those in it nothing is told."""
    if not isinstance(layer, BoundLayer):
        return spell(layer)
    plain = {k: v for k, v in layer.written.items() if not isinstance(v, (BoundLayer, list))}
    return " ".join(
        filter(None, (layer.kind, ", ".join(_told(layer.kind, plain, layer.arguments))))
    )


#: How an argument is told, by its name and in this order. What is not here is told where it is one of the first two
#: of a layer, which are what it is about, and has no usual value.
ARGUMENTS: Mapping[str, Callable[[Value], str]] = {
    "kernel_size": _sizes,
    "pool_size": _sizes,
    "filters": _plain,
    "units": _plain,
    "num_heads": _counted("head"),
    "num_query_heads": _counted("head"),
    "strides": _strides,
    "dilation_rate": _unless(1, "dilated"),
    "depth_multiplier": _unless(1, "×"),
    "groups": _unless(1, "groups"),
    "size": _sizes,
    "padding": _borders,
    "scale": _fraction,
    "offset": _plain,
    "dims": _listed,
    "cropping": _borders,
    "target_shape": _sizes,
    "output_size": _sizes,
    "layer": _layer,
    "cell": _layer,
    "activation": _activation,
}

#: How an argument of a transposed convolution is told that says something else there.
OF_TRANSPOSED: Mapping[str, Callable[[Value], str]] = {
    **ARGUMENTS,
    "strides": partial(_strides, sign="×"),
}

#: Functions of `ops` whose whole numbers are sizes; of others they are axes or places.
OF_SIZES = frozenset(f"ops.{name}" for name in "reshape broadcast_to tile zeros ones full".split())

#: How such sizes are named where they are given by name.
SIZES = ("newshape", "shape", "repeats")

#: What shows in no figure.
SILENT = frozenset(
    "axis name trainable dtype epsilon momentum center data_format key_dim output_shape seed".split()
)


def leaf_words(node: Node) -> tuple[str, str]:
    """Give what a box says of a layer: its name, and arguments."""
    if node.operation.family == "input":
        return node.name, ""
    if isinstance(node.operation.written, tree.WeightDecl):
        return node.operation.written.name, "weight"
    if node.operation.family == "op":
        is_index = node.kind == "ops.getitem"
        return (
            ("", _index(node))
            if is_index
            else (node.kind, ", ".join(_shortened([*_of_function(node)])))
        )
    written = node.operation.arguments
    if node.is_a("activation") and set(written) == {"activation"}:
        return _plain(written["activation"]), ""
    return node.kind, ", ".join(_shortened(_told(node.kind, written, node.operation.bound)))


def _of_function(node: Node) -> Iterator[str]:
    """Give the plain arguments of a function of `ops`."""
    for value in (*node.positional, *(node.keywords[k] for k in SIZES if k in node.keywords)):
        if isinstance(value, (int, float, str)) and not isinstance(value, bool):
            yield _plain(value)
        elif isinstance(value, (list, tuple)) and all(isinstance(v, int) for v in value):
            yield _sizes(value) if node.kind in OF_SIZES else f"({_listed(value)})"
    axis = node.keywords.get("axis")
    if isinstance(axis, (int, list, tuple)):
        yield f"axis {_listed(axis)}"


def _index(node: Node) -> str:
    """Write what is taken of a tensor: [:, 0, …]."""
    index = node.positional[1] if len(node.positional) > 1 else node.keywords.get("key")
    parts = index if isinstance(index, (list, tuple)) else (index,)
    text = ", ".join(map(_index_part, parts))
    return f"[{text}]" if len(text) <= LONGEST_ARGUMENT else "[…]"


def _index_part(part: Value) -> str:
    if part is Ellipsis:
        return "…"
    if not isinstance(part, slice):
        return spell(part)
    first, last, step = ("" if b is None else spell(b) for b in (part.start, part.stop, part.step))
    return f"{first}:{last}:{step}" if step else f"{first}:{last}"


def _told(
    kind: str, written: Mapping[str, Value], bound: Mapping[str, Value] | None = None
) -> list[str]:
    """Give the texts of arguments, those of the table first and in its order."""
    first = _first(kind)
    table = OF_TRANSPOSED if has_role(kind, "transposed") else ARGUMENTS
    of_kind = [name for name in ARGUMENTS if name in written]
    others = [n for n in written if n in first and n not in ARGUMENTS and n not in SILENT]
    texts: list[str] = []
    for name in [*others, *of_kind]:
        value = written[name] if bound is None else bound.get(name, written[name])
        tell = table.get(name, _plain)
        if name in ("padding", "size") and isinstance(value, str):
            continue  # "same": what is gained by it shows in the shapes
        if name not in ARGUMENTS and not _is_short(value):
            continue
        text = tell(value)
        if text:
            most = LONGEST_ALL if tell is _layer else LONGEST_ARGUMENT
            texts.append(text if len(text) <= most else text[: most - 1] + "…")
    return texts


def _is_short(value: Value) -> bool:
    kinds = (int, float, str, Identifier, ExternFunction, ObjectValue, Sym)
    return isinstance(value, kinds) and not isinstance(value, bool)


def _shortened(texts: list[str]) -> list[str]:
    kept: list[str] = []
    room = LONGEST_ALL
    for text in texts:
        if len(text) > room:
            return [*kept, "…"]
        kept.append(text)
        room -= len(text) + 2
    return kept


@cache
def _first(kind: str) -> frozenset[str]:
    found = signature("layer", kind)
    names = [] if found is None else [parameter.name for parameter in found.parameters]
    return frozenset(names[:2])


def use_words(use: Use) -> tuple[str, str]:
    """Give what the head of a block says: its name, and its arguments in parentheses."""
    text = spell_use(use, 60)
    return use.block, text[len(use.block) :]


def shape_words(spec: TensorSpec) -> str:
    """Write a shape without the batch: 56×56×64; a scalar for each sample is 1."""
    return range_words(spec, spec)


def range_words(first: TensorSpec, last: TensorSpec) -> str:
    """Write the shapes of turns from the first to the last: 56×56×(64…224)."""
    one, two = _of_sample(first), _of_sample(last)
    if len(one) != len(two):
        one = two
    if not two:
        return "1" if last.shape else "scalar"
    text = "×".join(_dim(b) if a == b else f"({a}…{b})" for a, b in zip(one, two, strict=True))
    return text if len(text) <= LONGEST_SHAPE else text[: LONGEST_SHAPE - 1] + "…"


def _of_sample(spec: TensorSpec) -> Shape:
    """Leave the batch out; a weight has none."""
    has_batch = bool(spec.shape) and isinstance(spec.shape[0], Unknown)
    return spec.shape[1:] if has_batch else spec.shape


def _dim(dim: object) -> str:
    if isinstance(dim, Unknown):
        return "?"
    text = str(dim)
    return f"({text})" if isinstance(dim, Sym) and not text.isidentifier() else text
