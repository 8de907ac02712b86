"""Draws valid programs: blocks of several inputs and outputs, recursion, shared layers, loops, models inside models.

A program is drawn with the types of its tensors in hand, so that nearly every one compiles.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

#: What a tensor is to the drawing: the sizes behind the batch. A text is a symbolic size.
Shape = tuple[int | str, ...]

# Names that Python or the language reserves, or that the generated module uses itself.
_NAMES = (
    *("class", "lambda", "def", "import", "pass", "global", "async", "print", "filter", "type"),
    *(
        "input",
        "output",
        "layer",
        "weight",
        "weights",
        "as_",
        "model",
        "block",
        "let",
        "fn",
        "extern",
    ),
    *("x", "y", "n", "layers", "keras", "name", "h", "skip", "deep", "wide", "a_1", "ünit"),
)
_STATEMENT_WORDS = frozenset(
    {"input", "inputs", "output", "layer", "weight", "model", "block", "let", "fn", "extern"}
)


@dataclass
class Block:
    """A block that was drawn: what it takes, and the widths of its outputs for a width that is asked for."""

    name: str
    inputs: int
    outputs: tuple[str, ...]  # names; one output has none
    rank: int


@dataclass
class Scope:
    """The names of a body that can be used, with the type of each."""

    tensors: dict[str, Shape] = field(default_factory=dict)
    layers: dict[str, Shape] = field(default_factory=dict)  # shared layers by the shape they take
    taken: set[str] = field(default_factory=set)


class Drawing:
    """One program."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.blocks: list[Block] = []
        self.models: dict[str, tuple[Shape, Shape]] = {}
        self.names: set[str] = set()
        self.lines: list[str] = []
        self.met = ""  # a list of the body that is filled from several places

    # Names and numbers:

    def some(self, *choices: str) -> str:
        return self.chance.choice(choices)

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def width(self) -> int:
        return self.chance.choice((2, 4, 4, 6))

    def name(self, taken: set[str], *, plain: bool = False) -> str:
        """Draw a name that is free; `plain` where a word of the language would begin a statement."""
        for _ in range(20):
            name = self.chance.choice(_NAMES)
            if (
                name not in taken
                and name not in self.names
                and not (plain and name in _STATEMENT_WORDS)
            ):
                break
        else:
            name = f"t{len(taken)}"
            while name in taken:
                name += "_"
        taken.add(name)
        return name

    # Stages:

    def stages(self, shape: Shape, depth: int, scope: Scope) -> tuple[list[str], Shape]:
        found: list[str] = []
        for _ in range(self.chance.randint(1, 3)):
            text, shape = self.stage(shape, depth, scope)
            found.append(text)
        return found, shape

    def chain(self, shape: Shape, depth: int, scope: Scope) -> tuple[str, Shape]:
        found, after = self.stages(shape, depth, scope)
        return " -> ".join(found), after

    def stage(self, shape: Shape, depth: int, scope: Scope) -> tuple[str, Shape]:
        kinds: list[Callable[[Shape, int, Scope], tuple[str, Shape]]] = [self.layer, self.layer]
        if depth > 0:
            kinds += [self.loop, self.condition, self.fork, self.turns, self.group]
            kinds += [self.body_in_braces, self.carried]
        if self.blocks:
            kinds.append(self.use_block)
        if any(taken == shape for taken in scope.layers.values()):
            kinds.append(self.shared)
        if len(shape) == 2 and any(taken == shape[1:] for taken in scope.layers.values()):
            kinds.append(self.held)
        if len(shape) == 1 and any(shape == taken for taken, _ in self.models.values()):
            kinds.append(self.use_model)
        return self.chance.choice(kinds)(shape, depth, scope)

    def layer(self, shape: Shape, depth: int, scope: Scope) -> tuple[str, Shape]:
        width = self.width()
        same = [
            ("ReLU()", shape),
            ("Activation(tanh)", shape),
            ("LayerNormalization()", shape),
            ("Dropout(0.5)", shape),
            ("ops.abs()", shape),
            ("_", shape),
            (f"Dense({width}, use_bias={self.some('True', 'False')})", (*shape[:-1], width)),
            (f'Dense({width}, activation="relu")', (*shape[:-1], width)),
        ]
        if len(shape) == 2:
            same += [
                (f'Conv1D({width}, 3, padding="same")', (shape[0], width)),
                (f"LSTM({width}, return_sequences=True)", (shape[0], width)),
                (f"Bidirectional(GRU({width}, return_sequences=True))", (shape[0], 2 * width)),
                (f"TimeDistributed(Dense({width}) -> ReLU())", (shape[0], width)),
                ("MultiHeadAttention(2, 3)(value=_)", shape),
                ("MultiHeadAttention(2, 3)(value=_, use_causal_mask=True)", shape),
            ]
        return self.chance.choice(same)

    def loop(self, shape: Shape, depth: int, scope: Scope) -> tuple[str, Shape]:
        """`for` over widths, with the patterns that Python has."""
        widths = [self.width() for _ in range(self.chance.randint(0, 3))]
        after: Shape = (*shape[:-1], widths[-1]) if widths else shape
        match self.chance.randrange(4):
            case 0:
                return f"for k in {widths} {{ Dense(k) }}", after
            case 1:
                return (
                    f'for i, k in enumerate({widths}) {{ Dense(k, name=f"d{self.tag()}_{{i}}") -> ReLU() }}',
                    after,
                )
            case 2:
                pairs = ", ".join(f"({w}, {self.some('True', 'False')})" for w in widths)
                return f"for (k, bias) in [{pairs}] {{ Dense(k, use_bias=bias) }}", after
        if len(shape) == 1 and widths:
            return f"[for k in {widths} {{ Dense(k) }}] -> Concatenate()", (sum(widths),)
        return f"for k in {widths} {{ Dense(k) -> (ReLU() -> Dense(k)) }}", after

    def tag(self) -> int:
        return self.chance.randrange(10_000)

    def turns(self, shape: Shape, depth: int, scope: Scope) -> tuple[str, Shape]:
        body, after = self.chain(shape, depth - 1, scope)
        count = self.chance.randint(0, 3)
        if after != shape:
            return body, after
        return f"repeat {count} {{ {body} }}", shape

    def condition(self, shape: Shape, depth: int, scope: Scope) -> tuple[str, Shape]:
        then, after = self.chain(shape, depth - 1, scope)
        otherwise, other = self.chain(shape, depth - 1, scope)
        test = self.some(f"_.shape[-1] > {self.width()}", "True", "1 > 2", "not (2 in [1, 2])")
        taken = eval(test, {"_": type("Shaped", (), {"shape": (None, *shape)})})
        if self.often(0.4):
            return f"if {test} {{ {then} }}", after if taken else shape
        return f"if {test} {{ {then} }} else {{ {otherwise} }}", after if taken else other

    def fork(self, shape: Shape, depth: int, scope: Scope) -> tuple[str, Shape]:
        width = self.width()
        branches = []
        for _ in range(self.chance.randint(2, 3)):
            text, _ = self.chain(shape, depth - 1, scope)
            branches.append(f"{text} -> Dense({width})")
        if shape[-1] == width:
            branches.append("_")
        merge = self.some("Add", "Concatenate", "Maximum", "Average")
        total = width * len(branches) if merge == "Concatenate" else width
        return f"[{', '.join(branches)}] -> {merge}()", (*shape[:-1], total)

    def body_in_braces(self, shape: Shape, depth: int, scope: Scope) -> tuple[str, Shape]:
        """Statements between the braces of a loop, a condition or a branch for each value."""
        text = self.inner(shape, depth - 1, scope, "_")
        head = self.some(
            f"repeat {self.chance.randint(0, 3)}",
            "for k in [2, 4]",
            f"if _.shape[-1] > {self.width()}",
            "if True",
        )
        if self.often(0.2):
            return f"[for k in [2, 4] {{ {text} }}] -> Add()", shape
        return f"{head} {{ {text} }}", shape

    def inner(self, shape: Shape, depth: int, scope: Scope, arriving: str) -> str:
        """Draw statements that keep the shape of what arrives."""
        width = shape[-1]
        own = Scope(dict(scope.tensors), dict(scope.layers), set(scope.taken))
        lines = []
        if self.often(0.25):
            lines.append(f"weight {self.name(own.taken, plain=True)}_w: [{width}] = ones")
            gain = lines[0].split()[1].rstrip(":")
        else:
            gain = ""
        if self.often(0.25):
            named = self.name(own.taken, plain=True)
            lines.append(
                f"layer {named} = {self.some(f'Dense({width})', f'Dense({width}) -> ReLU()')}"
            )
            own.layers[named] = shape
        if self.often(0.2):
            lines.append("defaults Dense(use_bias=False)")
        text, after = self.chain(shape, depth, own)
        first = self.name(own.taken, plain=True)
        mark = f" as *{self.met}" if self.met and self.often(0.4) and after == shape else ""
        lines.append(f"{first} = {arriving} -> {text}{mark}")
        parts = [first if after == shape else f"({first} -> Dense({width}))"]
        if self.often(0.5):
            second = self.name(own.taken, plain=True)
            kept = f" as {self.name(own.taken, plain=True)}" if self.often(0.3) else ""
            lines.append(f"{second} = {arriving} -> Dense({width}){kept} -> ReLU()")
            parts.append(second)
        if self.often(0.5):
            parts.append(arriving)
        whole = f"[{', '.join(parts)}] -> Add()" if len(parts) > 1 else parts[0]
        output = f"output {self.some('', 'given = ')}{whole}"
        if gain:
            lines.append(f"scaled = {parts[0]} * {gain}")
            output = f"output scaled + {parts[-1]}"
        if self.often(0.2):
            lines.insert(0, output)
        else:
            lines.append(output)
        return "  ".join(lines)

    def carried(self, shape: Shape, depth: int, scope: Scope) -> tuple[str, Shape]:
        """A loop that carries two tensors from turn to turn."""
        own = Scope(dict(scope.tensors), dict(scope.layers), set(scope.taken))
        one, other = (self.name(own.taken, plain=True) for _ in range(2))
        text, after = self.chain(shape, depth - 1, own)
        made = self.name(own.taken, plain=True)
        step = f"{made} = {one} -> {text}" + f" -> Dense({shape[-1]})" * (after != shape)
        given = self.some(
            f"output [{made}, {one}]",
            f"output {made}  output {one} + {other}",
            f"output [{other} -> Dense({shape[-1]}), {made}]",
            f"output [{made}, {made} + {one}] -> _",
        )
        loop = f"repeat {self.chance.randint(0, 3)} {{ {one}, {other} = _  {step}  {given} }}"
        return f"[_, Dense({shape[-1]})] -> {loop} -> {self.some('Add()', 'Maximum()')}", shape

    def group(self, shape: Shape, depth: int, scope: Scope) -> tuple[str, Shape]:
        text, after = self.chain(shape, depth - 1, scope)
        return f"({text})", after

    def shared(self, shape: Shape, depth: int, scope: Scope) -> tuple[str, Shape]:
        name = self.chance.choice([n for n, taken in scope.layers.items() if taken == shape])
        return name, shape

    def held(self, shape: Shape, depth: int, scope: Scope) -> tuple[str, Shape]:
        """Hold a shared layer inside another: at each step, or in a row of layers at each step."""
        name = self.chance.choice([n for n, taken in scope.layers.items() if taken == shape[1:]])
        return f"TimeDistributed({name})", shape

    def use_block(self, shape: Shape, depth: int, scope: Scope) -> tuple[str, Shape]:
        block = self.chance.choice(self.blocks)
        width = self.width()
        if block.rank != len(shape):
            return self.layer(shape, depth, scope)
        options = self.some("", "", ", depth=1", ", depth=2", f', name="u{self.tag()}"')
        call = f"{block.name}({width}{options})"
        head = f"[{', '.join('_' * block.inputs)}] -> " if block.inputs > 1 else ""
        if len(block.outputs) > 1:
            return f"({head}{call}) -> Concatenate()", (*shape[:-1], width * len(block.outputs))
        return (f"({head}{call})" if head else call), (*shape[:-1], width)

    def use_model(self, shape: Shape, depth: int, scope: Scope) -> tuple[str, Shape]:
        fitting = [(n, out) for n, (taken, out) in self.models.items() if taken == shape]
        name, after = self.chance.choice(fitting)
        return f"{name}()", after

    # Statements:

    def block(self) -> None:
        name = self.name(self.names)
        rank = self.chance.choice((1, 1, 2))
        shape: Shape = ("n",) if rank == 1 else ("t", "n")
        if self.often(0.3):
            text, _ = self.chain((4,) if rank == 1 else (6, 4), 1, Scope())
            self.lines.append(f"block {name}(width, depth=0) = Dense(4) -> {text} -> Dense(width)")
            self.blocks.append(Block(name, 1, ("",), rank))
            return
        scope = Scope(taken={"width", "depth", *self.names})
        inputs = [self.name(scope.taken, plain=True) for _ in range(self.chance.choice((1, 1, 2)))]
        lines = [f"    input {i}" for i in inputs]
        first = self.name(scope.taken, plain=True)
        whole: Shape = (4,) if rank == 1 else (6, 4)
        lines.append(f"    {first} = {inputs[0]} -> Dense(4)")
        scope.tensors = {first: whole}
        for other in inputs[1:]:
            named = self.name(scope.taken, plain=True)
            lines.append(f"    {named} = {other} -> Dense(4) -> ReLU()")
            scope.tensors[named] = whole
        lines += self.statements(scope, 1)
        if self.often(0.3):  # recursion that ends
            last = self.some(*scope.tensors)
            call = f"{name}(width, depth=depth - 1)"
            again = f"{'[_, _] -> ' if len(inputs) > 1 else ''}{call}"
            named = self.name(scope.taken, plain=True)
            lines.append(
                f"    {named} = {last} -> Dense(4) -> if depth > 0 {{ ({again}) -> Dense(4) }}"
            )
            scope.tensors[named] = whole
        outputs = self.block_outputs(scope, lines, recursive=any(f"{name}(" in s for s in lines))
        self.lines += [f"block {name}(width, depth=0) {{", *lines, "}"]
        self.blocks.append(Block(name, len(inputs), outputs, len(shape)))

    def block_outputs(self, scope: Scope, lines: list[str], *, recursive: bool) -> tuple[str, ...]:
        used = self.all_of(scope)
        if recursive or self.often(0.7):
            lines.append(f"    output {used} -> Dense(width)")
            return ("",)
        names = ("left", "right")
        lines.append(f"    output left = {used} -> Dense(width)")
        lines.append(f"    output right = {used} -> Dense(width, activation=tanh)")
        return names

    def all_of(self, scope: Scope) -> str:
        """Join every tensor of a scope, so that nothing is left over."""
        parts = [
            n if len(shape) == 1 else f"{n} -> GlobalAveragePooling1D()"
            for n, shape in scope.tensors.items()
        ]
        ranks = {len(shape) for shape in scope.tensors.values()}
        if ranks == {2}:
            parts = [f"{n} -> Dense(4)" for n in scope.tensors]
        if len(parts) == 1:
            return parts[0]
        return f"[{', '.join(parts)}] -> Concatenate()"

    def statements(self, scope: Scope, depth: int) -> list[str]:
        lines: list[str] = []
        if self.often(0.4) and "met" not in scope.taken:
            return self.filling(scope, depth)
        for _ in range(self.chance.randint(0, 2)):
            self.shared_layer(scope, lines)
        for _ in range(self.chance.randint(1, 3)):
            self.statement(scope, depth, lines)
        return lines

    def filling(self, scope: Scope, depth: int) -> list[str]:
        """Draw statements that fill a list from several places, and one that joins what was met."""
        lines: list[str] = []
        self.met = "met"
        scope.taken.add("met")
        source = self.chance.choice(list(scope.tensors))
        shape = scope.tensors[source]
        width = shape[-1]
        for _ in range(self.chance.randint(1, 2)):
            name = self.name(scope.taken, plain=True)
            stages = [
                self.some(
                    f"Dense({width}) as *met",
                    f"repeat 2 {{ {self.inner(shape, depth - 1, scope, '_')} }}",
                    f"repeat {self.chance.randint(0, 2)} {{ Dense({width}) as *met -> ReLU() }}",
                    f"if {self.some('True', 'False')} {{ Dense({width}) as *met }}",
                )
                for _ in range(self.chance.randint(1, 3))
            ]
            lines.append(f"    {name} = {source} -> {' -> '.join(stages)}")
            scope.tensors[name] = shape
            source = name
        self.met = ""
        if self.often(0.3):
            lines.reverse()
        joined = self.name(scope.taken, plain=True)
        if any("as *met" in line for line in lines):
            order = self.some("met", "met[::-1]", "reversed(met)")
            lines.append(
                f"    {joined} = {source} -> for skip in {order} {{ [_, skip] -> Add() -> Dense({width}) }}"
            )
            scope.tensors[joined] = shape
        return lines

    def shared_layer(self, scope: Scope, lines: list[str]) -> None:
        name = self.name(scope.taken, plain=True)
        taken = self.chance.choice(list(scope.tensors.values()))
        if len(taken) == 2 and self.often(0.5):
            taken = taken[1:]  # to be held at each step
        value = self.some("Dense", "chain", "block", "fork")
        width = taken[-1]
        text = f"Dense({width})"
        if value == "chain":
            text = f"Dense({width}) -> ReLU() -> Dense({width})"
        if value == "fork":
            text = f"[_, Dense({width})] -> Add()"
        singles = [
            b for b in self.blocks if b.inputs == 1 and len(b.outputs) == 1 and b.rank == len(taken)
        ]
        if value == "block" and singles:
            text = f"{self.chance.choice(singles).name}({width})"
        lines.append(f"    layer {name} = {text}")
        scope.layers[name] = taken

    def statement(self, scope: Scope, depth: int, lines: list[str]) -> None:
        source = self.chance.choice(list(scope.tensors))
        shape = scope.tensors[source]
        kind = self.chance.randrange(11)
        if kind == 0:
            self.several_outputs(source, shape, scope, lines)
            return
        name = self.name(scope.taken, plain=True)
        if kind == 1:
            op = self.some("+", "-", "*")
            number = self.some("2.0", "0.5", source)
            lines.append(f"    {name} = {source} {op} {number}")
            scope.tensors[name] = shape
            return
        if kind == 2 and len(shape) == 2 and isinstance(shape[0], int):
            lines.append(f"    {name} = {source} + ({self.array(source)} -> Dense({shape[-1]}))")
            scope.tensors[name] = shape
            return
        if kind == 3 and len(shape) == 1:
            skips = self.name(scope.taken, plain=True)
            lines.append(
                f"    {name} = {source} -> repeat 2 {{ Dense({shape[-1]}) as {skips} -> ReLU() }}"
                f" -> [_, *{skips}] -> Concatenate()"
            )
            scope.tensors[name] = (3 * int(shape[-1]),)
            return
        if kind == 6:
            lines.append(f"    {name} = {self.compared(source)}")
            scope.tensors[name] = shape
            return
        if kind == 7:
            nothing = self.loop_over_nothing(shape)
            lines.append(f"    {name} = {source} -> {nothing}")
            scope.tensors[name] = shape
            return
        if kind == 8 and len(shape) == 1:
            skips = self.name(scope.taken, plain=True)
            never = self.some("repeat 0", "for k in []", "repeat 2")
            inner = f"Dense({shape[-1]}) as {skips}"
            inner = f"if False {{ {inner} }}" if never == "repeat 2" else inner
            lines.append(
                f"    {name} = {source} -> {never} {{ {inner} }} -> [_, ReLU(), *{skips}] -> Add()"
            )
            scope.tensors[name] = shape
            return
        if kind >= 9:
            lines += self.learned(name, source, int(shape[-1]), scope)
            scope.tensors[name] = shape
            return
        text, after = self.chain(shape, depth, scope)
        lines.append(f"    {name} = {source} -> {text}")
        scope.tensors[name] = after

    def learned(self, name: str, source: str, width: int, scope: Scope) -> list[str]:
        """Draw a weight and what takes it, in either order: a scale, a matrix, one used twice, one of a loop."""
        weight = self.name(scope.taken, plain=True)
        options = self.some("", "", "(trainable=False)", "(regularizer=L2(0.1))")
        scale = f"weight {weight}: [{width}]{options} = {self.some('ones', 'RandomNormal()')}"
        matrix = f"weight {weight}: [{width}, {self.width()}]{options}"
        in_loop = f"weight {weight}: [{width}] = ones  output _ {self.some('*', '+')} {weight}"
        declared, value = self.chance.choice(
            [
                (scale, f"{source} {self.some('*', '+', '-')} {weight}"),
                (scale, f"{source} -> Dense({width}) -> (_ * {weight} + {weight})"),
                (scale, f"ops.maximum({source}, {weight} * 2.0)"),
                (matrix, f"{source} @ {weight} -> ReLU() -> ops.matmul(ops.transpose({weight}))"),
                ("", f"{source} -> repeat {self.chance.randint(0, 3)} {{ {in_loop} }}"),
                ("", f"{source} -> if {self.some('True', 'False')} {{ {in_loop} }}"),
            ]
        )
        lines = [f"    {text}" for text in (declared, f"{name} = {value}") if text]
        return lines[:: self.chance.choice((1, -1))]

    def array(self, source: str) -> str:
        """Draw an array of as many rows as a sequence has steps, which no tensor is given to."""
        width = self.width()
        length = f"{source}.shape[1]"
        return self.some(
            f"ops.arange({length}) -> Embedding(64, {width})",
            f"ops.ones(({length}, {width}))",
            f"ops.zeros({source}.shape[1:])",
            f"ops.eye({length})",
            f"ops.full(({length}, len({source}.shape)), 0.5)",
            f"ops.one_hot(ops.arange({length}), {width})",
            f"ops.reshape(ops.arange({length} * 2, dtype={source}.dtype), ({length}, 2))",
            f"(ops.ones(({length}, {width})) * 2.0 if {length} > 2 else ops.ones((2, {width})))",
        )

    def compared(self, source: str) -> str:
        """Draw a tensor that a comparison, a product or an absolute value makes, of the shape of the one it is of."""
        op = self.some("==", "!=", "<", "<=", ">", ">=")
        test = self.some(
            f"{source} {op} 0.25", f"0.0 {op} {source}", f"{source} {op} abs({source})"
        )
        return self.some(
            f"ops.where({test}, {source}, {source} * 0.5)",
            f"{source} * ops.cast({test}, {source}.dtype)",
            f"ops.where(ops.logical_not({test}), 0.0, {source})",
            f"abs({source} - 0.5) + {source}",
            f"{source} @ ops.eye({source}.shape[-1]) * 2.0",
        )

    def loop_over_nothing(self, shape: Shape) -> str:
        dense = f"Dense({shape[-1]})"
        return self.some(
            "repeat 2 { _ }",
            f"repeat 0 {{ {dense} }}",
            f"for k in [] {{ {dense} }}",
            "for k in [1, 2] { if k > 3 { ReLU() } }",
            f"repeat 2 {{ for k in [] {{ {dense} }} }}",
            f"repeat 2 {{ if False {{ {dense} }} }} -> ReLU()",
            f"if False {{ {dense} }} -> repeat 3 {{ _ }}",
            f"{dense} -> repeat 2 {{ _ }}",
        )

    def several_outputs(self, source: str, shape: Shape, scope: Scope, lines: list[str]) -> None:
        """Unpack a layer or block of several outputs."""
        doubles = [b for b in self.blocks if len(b.outputs) > 1 and b.rank == len(shape)]
        first, second = (self.name(scope.taken, plain=True) for _ in range(2))
        width = self.width()
        if doubles:
            block = self.chance.choice(doubles)
            head = f"[{', '.join([source] * block.inputs)}]" if block.inputs > 1 else source
            if self.often(0.5):
                lines.append(f"    {first}, {second} = {head} -> {block.name}({width})")
            else:
                lines.append(f"    {first} = {head} -> {block.name}({width})")
                lines.append(f"    {second} = {first}.left + {first}.right")
                scope.tensors[second] = (*shape[:-1], width)
                return
            scope.tensors[first] = scope.tensors[second] = (*shape[:-1], width)
        elif len(shape) == 2:
            lines.append(
                f"    {first}, {second} = {source} -> GRU({width}, return_sequences=True, return_state=True)"
            )
            scope.tensors[first], scope.tensors[second] = (shape[0], width), (width,)
        else:
            lines.append(f"    {first} = {source} -> Dense({width})")
            lines.append(f"    {second} = {first} -> [_, {source} -> Dense({width})] -> Add()")
            scope.tensors[first] = scope.tensors[second] = (width,)

    def inputs(self, scope: Scope, lines: list[str]) -> None:
        """Add a group of inputs, and tensors that are taken from it by name, in a loop or all at once."""
        group, first, other = (self.name(scope.taken, plain=True) for _ in range(3))
        keys = self.chance.sample(["first one", "second-one", "third", "4"], 2)
        listed = ", ".join(f'"{key}"' for key in keys)
        pairs = ", ".join(f'"{key}": [4]' for key in keys)
        table = self.some(f"{{{pairs}}}", f"{{n: [4] for n in [{listed}]}}")
        lines.append(f"    inputs {group}: {table}")
        one = f'{group}["{keys[0]}"] -> Dense(4)'
        lines.append(f"    {first} = {one}")
        every = self.some(
            f"{group} -> Add()",
            f"[for _, t in {group} {{ t -> Dense(4) }}] -> Concatenate() -> Dense(4)",
            f"[t -> Dense(4) for k, t in {group}] -> Add()",
        )
        lines.append(f"    {other} = {every}")
        scope.tensors[first] = scope.tensors[other] = (4,)

    def model(self, name: str, *, inside: bool) -> None:
        scope = Scope(taken={*self.names})
        initializer = self.some(
            "he_normal", "HeNormal()", "glorot_uniform", "start", "held", "kinds[1]"
        )
        lines = ["    let start = HeUniform()"] if initializer == "start" else []
        lines += [f"    defaults Dense(kernel_initializer={initializer})"] * self.often(0.4)
        sizes = ((4,), (4,), (6, 4), ("T", 4)) if not inside else ((4,), (6, 4))
        for _ in range(1 if inside else self.chance.randint(1, 3)):
            shape = self.chance.choice(sizes)
            tensor = self.name(scope.taken, plain=True)
            lines.append(f"    input {tensor}: [{', '.join(map(str, shape))}]")
            scope.tensors[tensor] = shape
        taken = next(iter(scope.tensors.values()))
        if not inside and self.often(0.3):
            self.inputs(scope, lines)
        lines += self.statements(scope, 2)
        whole = self.all_of(scope)
        if inside:
            flat = (
                ""
                if {len(s) for s in scope.tensors.values()} != {2}
                else " -> GlobalAveragePooling1D()"
            )
            lines.append(f"    output {whole}{flat} -> Dense(units)")
            self.models[name] = (taken, (4,))
        else:
            if self.often(0.2):
                last = f"{whole} -> Dense(2)"
                lines += [f"    one = {whole} -> Dense(units)", f"    output [one, {last}]"]
                self.lines += [f"model {name}(units: int = 4) {{", *lines, "}"]
                return
            lines.append(f"    output first = {whole} -> Dense(units)")
            if self.often(0.4):
                lines.append(f"    output second = {whole} -> Dense(2)")
        self.lines += [f"model {name}(units: int = 4) {{", *lines, "}"]

    def text(self) -> str:
        self.lines.append("let held = GlorotNormal()\nlet kinds = [Zeros(), HeNormal()]")
        if self.often(0.3):
            self.lines.append("defaults Dense(use_bias=False)")
        for _ in range(self.chance.randint(0, 3)):
            self.block()
        if self.often(0.4):
            self.names.add("Inner")
            self.model("Inner", inside=True)
        self.model("Whole", inside=False)
        return "\n".join(self.lines) + "\n"


def draw(seed: int, number: int) -> str:
    """Give a program, the same for the same two numbers."""
    return Drawing(random.Random(f"{seed}:{number}")).text()
