"""Calls as Keras, PyTorch or TensorFlow would have them in Python, put into the words of a spec.

`Add()([a, b])`, `concatenate([a, b])`, `x.view(-1, 784)`, `Sequential([…])`, `Input(shape=…)`, `nn.Linear(784, 10)`.
Each function here reads the syntax of a call and gives the change that would say the same, or None; whether it does is
found out later, by trying it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netdsl.catalog.signature import signature
from netdsl.diagnostics.diagnostic import Edit, Fix, first_that_helps
from netdsl.diagnostics.habits import NAMES, left_out, names_for, stages_for
from netdsl.elaborate.scope.entities import Given
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import reads_arriving, way_to

#: Layers of PyTorch whose first argument is the size of the input, which Keras reads off what arrives.
_SIZED = "layer that takes its size first"


def rewritten(span: Span, text: str, *, safe: bool = False, say: str = "write") -> Fix:
    """Put other text in place of an expression, and say so after the words of `say`."""
    return Fix((Edit(span, text),), safe, text=f"{say} `{' '.join(text.split())}`")


def tensors_out(call: tree.Call, tensors: Iterable[Given]) -> Fix | None:
    """Take tensors out of the hyperparameters: `Add(a, b)` -> `[a, b] -> Add()`, `F(8, value=m)` -> `F(8)(value=m)`."""
    places = {item.span for item in tensors}
    if any(argument.star for argument in call.arguments):
        return None
    inside = [a for a in call.arguments if a.value.span in places]
    kept = ", ".join(a.span.text for a in call.arguments if a.value.span not in places)
    layer = f"{call.function.span.text}({kept})"
    if all(argument.name is not None for argument in inside):
        moved = ", ".join(argument.span.text for argument in inside)
        return rewritten(call.span, f"{layer}({moved})")
    joined = ", ".join(a.value.span.text for a in inside)
    whole = joined if len(inside) == 1 else f"[{joined}]"
    items = joined[1:-1] if isinstance(inside[0].value, tree.ListExpr) else joined
    arrives = any(reads_arriving(a.value) for a in inside)
    if call.span.before.rstrip().endswith("->") and (whole == "_" or not arrives):
        return rewritten(call.span, layer if arrives else f"[_, {items}] -> {layer}")
    return rewritten(call.span, f"{whole} -> {layer}")


def joined(call: tree.Call, name: str) -> Fix | None:
    """Write a function as a layer: `concatenate([a, b], axis=1)` -> `[a, b] -> Concatenate(axis=1)`."""
    layer = next(iter(names_for("function of tensors").get(name, ())), None)
    if layer is None or not call.arguments or call.arguments[0].name is not None:
        return None
    positional = [a.value.span.text for a in call.arguments if a.name is None and not a.star]
    named = ", ".join(a.span.text for a in call.arguments if a.name is not None)
    first = call.arguments[0].value
    source = first.span.text if _is_list(first) else f"[{', '.join(positional)}]"
    return rewritten(call.span, f"{source} -> {layer}({named})")


def _is_list(expr: tree.Expr) -> bool:
    return isinstance(expr, tree.ListExpr)


def applied(call: tree.Call, name: str) -> Fix | None:
    """Write a call on a tensor with an arrow: `block(x, 64)`, `self.head(x)` -> `x -> block(64)`, `x -> head`."""
    if not call.arguments or call.arguments[0].name is not None or call.arguments[0].star:
        return None
    first, *others = call.arguments
    rest = ", ".join(a.span.text for a in others)
    plain = rewritten(call.span, f"{first.value.span.text} -> {name}")
    with_rest = rewritten(call.span, f"{first.value.span.text} -> {name}({rest})")
    return with_rest if rest else first_that_helps([plain, with_rest])


def method_chain(call: tree.Call, layers: Iterable[str]) -> Fix | None:
    """Write methods as stages: `image.Flatten().Dense(10)` -> `image -> Flatten() -> Dense(10)`."""
    stages: list[str] = []
    expr: tree.Expr = call
    known, methods = set(layers), stages_for("method of a tensor")
    while isinstance(expr, tree.Call) and isinstance(expr.function, tree.Attribute):
        method = expr.function
        inside = ", ".join(argument.span.text for argument in expr.arguments)
        if method.name in known:
            stages.append(f"{method.name}({inside})")
        elif method.name in methods:
            stages.append(methods[method.name].format(_without_batch(expr)))
        else:
            return None
        expr = method.value
    if not stages or not isinstance(expr, tree.Name):
        return None
    return rewritten(call.span, " -> ".join([expr.id, *reversed(stages)]))


def method_of_torch(call: tree.Call, name: str) -> Fix | None:
    """Write a function as the stage that it is: `permute(0, 3, 1, 2)` -> `Permute((3, 1, 2))`."""
    known = stages_for("method of a tensor").get(name)
    return None if known is None else rewritten(call.span, known.format(_without_batch(call)))


def size_of(call: tree.Call) -> Fix | None:
    """`image.size(1)` -> `image.shape[1]`."""
    method = call.function
    if not isinstance(method, tree.Attribute) or method.name != "size" or len(call.arguments) > 1:
        return None
    index = f"[{call.arguments[0].span.text}]" if call.arguments else ""
    return rewritten(call.span, f"{method.value.span.text}.shape{index}")


def _without_batch(call: tree.Call) -> str:
    """Spell the sizes of a `view` as Keras has them: without the batch, and as a tuple."""
    sizes = [argument.span.text for argument in call.arguments]
    if len(sizes) > 1 and (sizes[0] in ("-1", "0") or ".shape" in sizes[0]):
        sizes = sizes[1:]
    return sizes[0] + "," if len(sizes) == 1 else ", ".join(sizes)


def sequential(call: tree.Call) -> Fix | None:
    """Write a `Sequential` as a chain: `Sequential([Flatten(), Dense(10)])` -> `Flatten() -> Dense(10)`."""
    if len(call.arguments) != 1 or not isinstance(call.arguments[0].value, tree.ListExpr):
        return None
    items = call.arguments[0].value.items
    if not items:
        return None
    return rewritten(call.span, " -> ".join(item.span.text for item in items))


def input_statement(call: tree.Call, module: tree.Module) -> Fix | None:
    """Write an `Input` as a statement: `image = Input(shape=(28, 28, 1))` -> `input image: [28, 28, 1]`."""
    bound = next((n for n in way_to(module, call) if isinstance(n, tree.Bind)), None)
    target = bound.target if bound is not None and bound.value is call else None
    shape = next((a.value for a in call.arguments if a.name in (None, "shape")), None)
    if not isinstance(target, tree.NamePattern) or not isinstance(
        shape, (tree.TupleExpr, tree.ListExpr)
    ):
        return None
    sizes = ", ".join("?" if i.span.text == "None" else i.span.text for i in shape.items)
    dtype = next((a.value for a in call.arguments if a.name == "dtype"), None)
    spelled = str(dtype.value) if isinstance(dtype, tree.Literal) else ""
    span = Span(call.span.file, target.span.start, call.span.end)
    return rewritten(span, f"input {target.id}: {spelled}[{sizes}]")


def is_pytorch(name: str) -> bool:
    """Tell whether a layer is PyTorch's, or one that Keras has under another name."""
    return name in names_for(*NAMES, _SIZED)


def from_pytorch(call: tree.Call, name: str) -> Fix | None:
    """Translate: `nn.Conv2d(3, 64, kernel_size=3, padding=1)` -> `Conv2D(64, kernel_size=3, padding="same")`."""
    layer = next(iter(names_for(_SIZED, *NAMES).get(name, ())), name)
    positional = [a.span.text for a in call.arguments if a.name is None]
    texts = positional[1 if name in names_for(_SIZED) else 0 :]
    for argument in call.arguments:
        if argument.name is None:
            continue
        renamed, value = _renamed(argument.name, layer), argument.value.span.text
        if renamed == "padding" and value.isdigit():
            renamed, value = ("padding", '"same"') if int(value) else ("", "")
        if renamed:
            texts.append(f"{renamed}={value}")
    return rewritten(call.span, f"{layer}({', '.join(texts)})")


def _renamed(argument: str, layer: str) -> str:
    """Give what a layer calls an argument of PyTorch's; "" where it has no need of it."""
    found = signature("layer", layer)
    taken = found.names if found is not None else ()
    if argument in taken:
        return argument
    known = next((n for n in names_for("argument").get(argument, ()) if n in taken), None)
    return known or ("" if argument in left_out("argument") else argument)


def branch_for_each(expr: tree.Comprehension) -> Fix | None:
    """Write a list of layers as branches: `[Dense(n) for n in sizes]` -> `[for n in sizes { Dense(n) }]`."""
    if expr.bracket != "[" or len(expr.clauses) != 1 or expr.clauses[0].conditions:
        return None
    clause = expr.clauses[0].span.text
    return rewritten(expr.span, f"[{clause} {{ {expr.element.span.text} }}]")


def declared_as_value(stage: tree.Expr, module: tree.Module) -> Fix | None:
    """Change the word: `let enc = Dense(4)` -> `layer enc = …`, `fn head(n) = Dense(n)` -> `block head(n) = …`."""
    called = stage.function if isinstance(stage, tree.Call) else stage
    if not isinstance(called, tree.Name):
        return None
    word, better = ("fn", "block") if isinstance(stage, tree.Call) else ("let", "layer")
    kind = tree.Function if isinstance(stage, tree.Call) else tree.Let
    places = module.statements if better == "block" else _in_bodies(module)
    found = next((s for s in places if isinstance(s, kind) and s.name == called.id), None)
    if found is None:
        return None
    span = Span(stage.span.file, found.span.start, found.span.start + len(word))
    return Fix((Edit(span, better),), safe=True, text=f"declare it with `{better} {called.id}`")


def _in_bodies(module: tree.Module) -> Iterator[tree.Node]:
    """Give the statements of all blocks and models."""
    for statement in module.statements:
        if isinstance(statement, (tree.Block, tree.Model)) and isinstance(
            statement.body, tree.Body
        ):
            yield from statement.body.statements
