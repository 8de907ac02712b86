"""Names for what folding found: blocks by what they do, parameters by what they fill, tensors by what they are.

Layers that somebody named say it best; Keras's own numbered names say nothing, and then the role of a row does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from netdsl.catalog import has_role
from netdsl.elaborate.plans.naming import snake_case
from netdsl.importer.fold import Program
from netdsl.importer.network import Given, Made
from netdsl.importer.optional import part_name
from netdsl.importer.spell import as_name, may_be_name
from netdsl.importer.terms import (
    Block,
    Carry,
    Item,
    Join,
    Leaf,
    Optional,
    Parameter,
    Repeat,
    Use,
    all_rows,
    argument_name,
    walk,
)

#: Words of layers' names that say nothing of what a part is for.
_EMPTY = {"layer", "block", "the", "model", "stage", "op", "x", "y", "out", "in", "a", "b", "c"}


class Names:
    """Chooses names that are free in one spec."""

    def __init__(self, taken: Iterable[str], kept: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._kept = frozenset(kept)  # names of inputs and outputs, which they alone have

    def free(self, wanted: str) -> str:
        """Give a name, or the first numbered one that is free, and keep it."""
        found, number = wanted, 2
        while not self.is_free(found):
            found, number = f"{wanted}{'_' if wanted[-1:].isdigit() else ''}{number}", number + 1
        self._taken.add(found)
        return found

    def is_free(self, name: str) -> bool:
        return name not in self._taken and name not in self._kept and may_be_name(name)

    def keep(self, name: str) -> str:
        """Keep a name as it is, which nothing else may have."""
        if name in self._taken:
            return self.free(name)
        self._taken.add(name)
        return name

    def inside(self) -> Names:
        """Give what chooses names in a scope of its own."""
        return Names(self._taken, self._kept)


def is_automatic(made: Made) -> bool:
    """Tell whether Keras, or netdsl with a number for each turn, has named a layer after its class."""
    return re.fullmatch(rf"{re.escape(snake_case(made.kind))}\d*(_\d+)*", made.name) is not None


def name_blocks(program: Program, names: Names) -> None:
    """Name the blocks by what they do; of several that do the same, those that make smaller say so, or how they end."""
    for block in program.blocks:
        role = _by_role(block)
        if not names.is_free(role):
            if _makes_smaller(block.row):
                role = f"{role}_down"
            elif len(block.row) > 1 and _has(_kinds(block.row)[-1:], "activation"):
                role = f"{role}_{_activation(block.row)}"
        block.name = names.free(role)


def _makes_smaller(row: list[Item]) -> bool:
    """Tell whether a layer of a row has strides, or a block that it uses is given some."""
    if any(map(_is_strided, leaves_of(row))):
        return True
    uses = (item for item in walk(row) if isinstance(item, Use))
    return any(
        _are_strides(use.arguments.get(argument_name(inner)))
        for use in uses
        for inner in use.block.parameters
        if any(name == "strides" for _, name in fills(use.block.row, inner))
    )


def _is_strided(leaf: Leaf) -> bool:
    return _are_strides(leaf.arguments.get("strides"))


def _are_strides(value: Given) -> bool:
    return isinstance(value, tuple) and any(isinstance(s, int) and s > 1 for s in value)


def leaves_of(row: list[Item]) -> Iterator[Leaf]:
    """Give the layers of a row, those of blocks that it uses too."""
    for item in walk(row):
        if isinstance(item, Leaf):
            yield item
        elif isinstance(item, Use):
            yield from leaves_of(item.block.row)


def _kinds(row: list[Item]) -> list[str]:
    return [
        kind
        for leaf in leaves_of(row)
        if leaf.kind[0] != "take"
        for kind in (leaf.made.kinds or ([leaf.made.kind] if leaf.made.family == "layer" else ()))
    ]


def _has(kinds: Iterable[str], *roles: str) -> bool:
    return any(has_role(kind, *roles) for kind in kinds)  # type: ignore[arg-type]


def _by_role(block: Block) -> str:
    """Say what a block does by what is in it."""
    kinds = _kinds(block.row)
    last = block.row[-1]
    joins = [item for item in block.row if isinstance(item, Join)]
    if joins and isinstance(joins[-1].leaf, Leaf):
        found = _join_role(joins[-1], kinds, block)
        if found:
            return found
    if block.taken and isinstance(last, Use) and last.taken and last.block.name.endswith("cell"):
        return f"adjusted_{last.block.name}"
    inside = list(walk(block.row))
    repeats = any(isinstance(item, Repeat) for item in inside)
    if isinstance(last, Use | Repeat) and len(block.row) <= 3 and repeats:
        holds = any(isinstance(item, Use | Join) for item in inside)
        return "stage" if holds or not _has(kinds, "convolution") else "convolutions"
    if _kernel_sizes(block.row) == [1, 3, 1]:
        return "bottleneck"
    if len(kinds) == 2 and _has(kinds[:1], "batch_normalization") and _has(kinds[1:], "activation"):
        return f"bn_{_activation(block.row)}"
    convolves = _has(kinds, "convolution")
    parts: list[str] = []
    for kind in kinds:
        word = _word(kind)
        if word and (not parts or parts[-1] != word):
            parts.append(word)
    if convolves and "bn" in parts and len(parts) <= 4:
        order = list(dict.fromkeys(p for p in parts if p in _TELLING))
        first = [_activation(block.row[:1])] if _has(kinds[:1], "activation") else []
        if parts.count("conv") > 1:
            return "_".join([*first, "convolutions"])
        return "_".join([*first, *order]) if len(order) < 4 else "convolutions"
    if len(kinds) > 1 and convolves and all(_word(k) == "conv" for k in kinds):
        return "convolutions"
    short = list(dict.fromkeys(parts))
    if [part for part in parts if part not in ("bn", "norm")] == ["conv", "depthwise", "conv"]:
        return "inverted_bottleneck"
    if set(short) == {"conv", "bn"}:
        return "convolutions"
    if 0 < len(short) <= 3:
        return "_".join(short)
    return "stage" if any(isinstance(item, Use) for item in walk(block.row)) else "block"


#: What is said of a block of convolutions, in the order in which it comes.
_TELLING = ("conv", "depthwise", "separable", "bn", "up")


def _kernel_sizes(row: list[Item]) -> list[int]:
    """Give the kernel of each convolution of a plain row, where all are square."""
    if any(isinstance(item, Join) for item in walk(row)):
        return []
    sizes = (
        leaf.arguments.get("kernel_size")
        for leaf in leaves_of(row)
        if _has([leaf.made.kind], "convolution")
    )
    return [size[0] if isinstance(size, tuple) and len(set(size)) == 1 else 0 for size in sizes]


def _activation(row: list[Item]) -> str:
    leaf = list(leaves_of(row))[-1]
    name = leaf.arguments.get(
        "activation", snake_case(leaf.made.kind).replace("re_lu", "relu").replace("p_relu", "prelu")
    )
    return name if isinstance(name, str) else "act"


def _join_role(join: Join, kinds: list[str], block: Block) -> str:
    kind = join.leaf.made.kind
    is_sum = has_role(kind, "sum") or kind == "add"
    is_product = has_role(kind, "product") or kind == "multiply"
    empty = [b for b in join.branches if not b.row]
    if is_product and _has(kinds, "global_pooling"):
        return "squeeze_excite"
    if block.taken and is_sum:
        return "combine"
    if is_sum:
        if _has(kinds, "attention"):
            return "encoder_layer" if _has(kinds, "dense") else "attention"
        if _has(kinds, "depthwise"):
            return "inverted_residual"
        if _has(kinds, "dense") and not _has(kinds, "convolution"):
            return "feed_forward"
        return "residual"
    if has_role(kind, "concatenation"):
        return _concatenation_role(join, kinds, block, is_pass=bool(empty))
    if is_product:
        return "gated"
    return "residual" if empty and join.leaf.made.family != "op" else ""


def _concatenation_role(join: Join, kinds: list[str], block: Block, *, is_pass: bool) -> str:
    if _has(kinds, "transposed", "resizing"):
        return "up"
    if block.taken and len(join.branches) > 2:
        return "reduction" if any(map(_is_strided, leaves_of(block.row))) else "cell"
    if block.taken:
        return "beside"
    if is_pass and len(join.branches) == 2:
        return "dense_layer"
    if len(join.branches) > 2:
        return "inception"
    return "fire" if all(_has([k], "convolution") for k in kinds[:-1]) else "parallel"


_WORDS = (
    ("transposed", "upconv"), ("depthwise", "depthwise"), ("separable", "separable"), ("convolution", "conv"),
    ("batch_normalization", "bn"), ("normalization", "norm"), ("dense", "dense"), ("attention", "attention"),
    ("recurrent", "recurrent"), ("embedding", "embedding"), ("pooling", "pool"), ("global_pooling", "pool"),
    ("dropout", ""), ("activation", ""), ("padding", ""), ("view", ""), ("scaling", "scale"), ("resizing", "up"),
    ("sum", ""), ("concatenation", ""), ("product", ""),
)  # fmt: skip


def _word(kind: str) -> str:
    for role, word in _WORDS:
        if has_role(kind, role):  # type: ignore[arg-type]
            return word
    return snake_case(kind)


#: What fills one place of several, as a size of a shape.
IN_A_TUPLE = "size"


def fills(row: list[Item], parameter: Parameter) -> Iterator[tuple[Leaf | None, str]]:
    """Give what a parameter fills: an argument of a layer, of a layer in a block that is used, or of a loop."""
    for item in walk(row):
        if isinstance(item, Leaf):
            for name, value in item.arguments.items():
                if isinstance(value, Parameter) and value.id == parameter.id:
                    yield item, _filled(name)
                elif isinstance(value, tuple) and any(
                    isinstance(part, Parameter) and part.id == parameter.id for part in value
                ):
                    yield item, IN_A_TUPLE
        elif isinstance(item, Use):
            for inner in item.block.parameters:
                value = item.arguments.get(argument_name(inner))
                if isinstance(value, Parameter) and value.id == parameter.id:
                    yield from fills(item.block.row, inner)
        elif isinstance(item, Optional):
            when = item.arguments["when"]
            if isinstance(when, Parameter) and when.id == parameter.id:
                yield None, "when"
        elif isinstance(item, Repeat):
            count, rows = item.arguments.get("count"), item.arguments.get("rows")
            if isinstance(count, Parameter) and count.id == parameter.id:
                yield None, "count"
            if isinstance(rows, Parameter) and rows.id == parameter.id:
                yield None, "rows"
            for place, column in enumerate(item.columns):
                if isinstance(rows, tuple) and any(
                    isinstance(cells[place], Parameter) and cells[place].id == parameter.id
                    for cells in rows
                ):
                    yield from fills(item.row, column)


def _filled(argument: str) -> str:
    """Name what an argument is; of a weight that is written with a function, `x2.size0`, what of it."""
    name = argument.rpartition(".")[2].lstrip("(")
    return "width" if name.startswith("size") and "." in argument else name


def parameter_name(row: list[Item], parameter: Parameter) -> str:
    """Name a parameter after the argument that it fills."""
    found = list(fills(row, parameter))
    if not found:
        return "value"
    counts = Counter(name for _, name in found)
    plain = [name for name in counts if name != IN_A_TUPLE]
    name = max(plain, key=lambda name: counts[name]) if plain else IN_A_TUPLE
    if re.fullmatch(r"key\d+|start|stop|step", name):
        return "at"
    if name == "count":
        return "layers" if _has(_kinds(row), "dense", "convolution") else "count"
    if name == "rows":
        return _rows_name(row, parameter)
    if name == "when":
        return part_name(row, parameter) or "project"
    return {"activation": "act", "array": "values", "function": "fn_of", "name": "label"}.get(
        name, name
    )


def _rows_name(row: list[Item], parameter: Parameter) -> str:
    """Name the values that a loop goes through: `rates`, for each of which there is a `rate`."""
    for item in walk(row):
        if isinstance(item, Use):
            for inner in item.block.parameters:
                if item.arguments.get(argument_name(inner)) == parameter:
                    return _rows_name(item.block.row, inner)
        elif isinstance(item, Repeat) and item.arguments.get("rows") == parameter:
            name = parameter_name(item.row, item.columns[0]) if len(item.columns) == 1 else ""
            return f"{name}s" if name and name not in WIDTHS else "widths"
    return "widths"


#: What widths of a block are called.
WIDTHS = (
    "filters",
    "units",
    "reduced",
    "expanded",
    "hidden",
    "squeezed",
    "out_filters",
    "out_units",
)

#: What two widths of a block are called where the first makes it narrower or wider on the way, or neither.
_WIDTHS = {
    "filters": (("reduced", "filters"), ("expanded", "filters"), ("filters", "out_filters")),
    "units": (("reduced", "units"), ("hidden", "units"), ("units", "out_units")),
}


def parameter_names(block: Block, program: Program) -> list[str]:
    """Name the parameters of a block; of two widths, the one that is given on the way says what it is for."""
    names = [parameter_name(block.row, parameter) for parameter in block.parameters]
    for name, (narrower, wider, other) in _WIDTHS.items():
        places = [place for place, own in enumerate(names) if own == name]
        order = sorted(places, key=lambda place: _first_place(block, block.parameters[place]))
        if len(order) == 2:
            sizes = [_sizes(block, block.parameters[place], program) for place in order]
            chosen = other
            if _is_pointwise(block, block.parameters[order[0]]) and all(sizes):
                chosen = narrower if sum(sizes[0]) < sum(sizes[1]) else wider
            for place, wanted in zip(order, chosen, strict=True):
                names[place] = wanted
        elif len(order) > 2 and not any(isinstance(i, Join) for i in block.row[-1:]):
            names[order[-1]] = f"out_{name}"
        squeezed = [p for p in order if _is_squeezed(block, block.parameters[p])]
        if squeezed and len(order) > 1:
            names[squeezed[0]] = "squeezed"
    return _told_apart(names, block)


def _told_apart(names: list[str], block: Block) -> list[str]:
    """Say of which layer an argument is where several layers take one of its name: `depthwise_strides`."""
    found = []
    for name, parameter in zip(names, block.parameters, strict=True):
        kinds = [leaf.made.kind for leaf, _ in fills(block.row, parameter) if leaf is not None]
        is_depthwise = bool(kinds) and all(has_role(kind, "depthwise") for kind in kinds)
        found.append(f"depthwise_{name}" if names.count(name) > 1 and is_depthwise else name)
    return found


def _first_place(block: Block, parameter: Parameter) -> int:
    filled = {id(leaf) for leaf, name in fills(block.row, parameter) if name != IN_A_TUPLE}
    places = (place for place, leaf in enumerate(leaves_of(block.row)) if id(leaf) in filled)
    return next(places, 0)


def _is_squeezed(block: Block, parameter: Parameter) -> bool:
    """Tell whether a width is given to what works on the means of maps."""
    filled = {id(leaf) for leaf, name in fills(block.row, parameter) if name != IN_A_TUPLE}
    for row in all_rows(block.row):
        kinds = [item.made.kind if isinstance(item, Leaf) else "" for item in row]
        for place, item in enumerate(row):
            if id(item) in filled:
                return _has(kinds[:place], "global_pooling")
    return False


def _is_pointwise(block: Block, parameter: Parameter) -> bool:
    """Tell whether the first layer that a width is given to works on each place by itself."""
    leaf = next((leaf for leaf, _ in fills(block.row, parameter) if leaf is not None), None)
    if leaf is None:
        return False
    return _has([leaf.made.kind], "dense") or leaf.arguments.get("kernel_size") in (1, (1,), (1, 1))


def _sizes(block: Block, parameter: Parameter, program: Program) -> list[int]:
    """Give the sizes that a parameter has where it is given as a number."""
    uses = (item for row in every_row(program) for item in row if isinstance(item, Use))
    given = [u.arguments.get(argument_name(parameter)) for u in uses if u.block is block]
    return [size for size in given if isinstance(size, int)]


def words_of(made: Made) -> list[str]:
    """Give the words of a layer's name that somebody chose."""
    if is_automatic(made):
        return []
    return [w for w in re.findall(r"[a-z]+", made.name.lower()) if w not in _EMPTY and len(w) > 1]


def tensor_name(item: Item | None, made: Made | None) -> str:
    """Name a tensor after the layer that gives it, or by what it is for."""
    if made is not None and not is_automatic(made) and made.family != "op":
        return as_name(re.sub(r"\W", "_", _without_kind(made)))
    if isinstance(item, Carry):
        return "features"
    if isinstance(item, Repeat):
        kinds = _kinds(item.row)
        return "encoded" if _has(kinds, "attention", "recurrent") else "features"
    if made is not None and made.family == "op":
        return as_name(made.kind)
    return "skip" if made is None else carried(made.kind)


def _without_kind(made: Made) -> str:
    """Give a layer's name without its class at the end, where something is left: `stem_conv2d` is stem."""
    found = re.fullmatch(rf"(.*[A-Za-z]\w*?)_{re.escape(snake_case(made.kind))}_?\d*", made.name)
    return made.name if found is None else found[1].rstrip("_")


def carried(kind: str) -> str:
    """Say what a tensor that goes further than the next layer is."""
    for role, name in (
        ("recurrent", "memory"),
        ("attention", "attended"),
        ("embedding", "embedded"),
    ):
        if has_role(kind, role):  # type: ignore[arg-type]
            return name
    return "skip"


def inner_name(row: list[Item]) -> str:
    """Name a tensor in the body of a block, by what its row did last."""
    last = row[-1]
    if isinstance(last, Join):
        return "combined" if has_role(last.leaf.made.kind, "sum", "product") else "joined"
    kinds = _kinds([last])
    for role, name in (
        ("padding", "padded"),
        ("pooling", "pooled"),
        ("attention", "attended"),
        ("sum", "combined"),
        ("convolution", "convolved"),
        ("dense", "projected"),
    ):
        if _has(kinds, role):
            return name
    return "inner"


def stated_name(item: Item) -> str:
    """Name what a statement of a model gives: by the last layer, where it is one of those that say much."""
    name = "inner" if isinstance(item, (Use, Repeat)) else inner_name([item])
    return "features" if name == "inner" else name


def list_name(item: Repeat, tap: int) -> str:
    """Name the list of what an item in a loop gives in each turn."""
    inside = next((i for i in walk(item.row) if i.tap == tap), None)
    return carried(inside.made.kind) if isinstance(inside, Leaf) else "skip"


def every_row(program: Program) -> Iterator[list[Item]]:
    for body in program.bodies():
        yield from all_rows(body)
