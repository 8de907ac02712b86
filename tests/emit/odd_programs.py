"""Draws small odd specs: every form that an expression for tensors takes, wherever one stands.

All tensors are eight wide, so that what is drawn mostly fits: conditions that hold and do not, loops of one turn and of
none, `_` at the head of a chain, names after `as`, blocks of several inputs and outputs, names that are words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

#: Names that Python, the language or the generated module have for something else.
WORDS = "output layer let model input name class lambda x y hidden inner branch tensor layers ops keras i n".split()
CONDITIONS = ("True", "False", "a", "not a", "n > 1", "n == 2")
PARAMETERS = "(a: bool = True, n: int = 2, ns: list = [1])"
TIMES = ("0", "1", "1", "2", "n")
HEADS = (
    "_ * 2.0 + _",
    "_ + _",
    "-_",
    "(_ -> Dense(8)) + _",
    "_",
    "_ - 1",
    "[_, _] -> Add()",
    "_ ** 2",
    "(_ * 2.0)",
)
SHARED = (
    "Dense(8)",
    "Dense(8) -> ReLU()",
    "repeat 2 { Dense(8) }",
    "Dense(8) as kept -> [_, kept] -> Add()",
)
NAMES = ('"stem"', 'f"n{n}"', 'f"""{n}_{\'"\'}"""', "f\"{f'{n}'}\"", 'f"{n!r:>3}"', '"a" + f"{a}"')


@dataclass
class Block:
    """A block that is declared: how many inputs and outputs it has, and whether these have names."""

    inputs: int = 1
    outputs: int = 1
    named: bool = False


@dataclass
class Drawn:
    """One spec while it is drawn."""

    chance: Random
    blocks: dict[str, Block] = field(default_factory=dict)
    shared: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    gathered: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    count: int = 0

    def fresh(self, base: str = "t") -> str:
        """Give a new name; now and then a word."""
        word = self.chance.choice(WORDS)
        if self.chance.random() < 0.25 and word not in self.used:
            self.used.add(word)
            return word
        self.count += 1
        return f"{base}{self.count}"

    # -- tensors, where no arrow leads ------------------------------------------------------------

    def tensor(self, names: list[str], arrives: bool, depth: int) -> str:
        """Write an expression for a tensor; where something `arrives`, `_` may stand in it."""
        forms = [self._named] * (3 if depth else 1)
        if depth > 0:
            forms += [self._chain] * 4
            forms += [
                self._sum,
                self._scaled,
                self._negated,
                self._choice,
                self._either,
                self._turns,
            ]
            forms += [
                self._as,
                self._picked,
                self._function,
                self._merged,
                self._of_block,
                self._listed,
            ]
        return self.chance.choice(forms)(names, arrives, depth - 1)

    def tight(self, names: list[str], arrives: bool, depth: int) -> str:
        text = self.tensor(names, arrives, depth)
        return text if text.isidentifier() else f"({text})"

    def _named(self, names: list[str], arrives: bool, depth: int) -> str:
        return self.chance.choice([*names, "_"] if arrives else names)

    def _chain(self, names: list[str], arrives: bool, depth: int) -> str:
        stages = [self.stage(names, depth) for _ in range(self.chance.randint(1, 2))]
        return " -> ".join([self.tight(names, arrives, depth), *stages])

    def _sum(self, names: list[str], arrives: bool, depth: int) -> str:
        left, right = (self.tight(names, arrives, depth) for _ in range(2))
        return f"{left} {self.chance.choice('+-*')} {right}"

    def _scaled(self, names: list[str], arrives: bool, depth: int) -> str:
        return f"{self.tight(names, arrives, depth)} * 2.0"

    def _negated(self, names: list[str], arrives: bool, depth: int) -> str:
        return f"-{self.tight(names, arrives, depth)}"

    def _choice(self, names: list[str], arrives: bool, depth: int) -> str:
        text = f"if {self.chance.choice(CONDITIONS)} {{ {self.tensor(names, arrives, depth)} }}"
        if self.chance.random() < 0.3:
            return text
        return f"{text} else {{ {self.tensor(names, arrives, depth)} }}"

    def _either(self, names: list[str], arrives: bool, depth: int) -> str:
        one, other = (self.tight(names, arrives, depth) for _ in range(2))
        return f"{one} if {self.chance.choice(CONDITIONS)} else {other}"

    def _turns(self, names: list[str], arrives: bool, depth: int) -> str:
        heads = ("repeat 1", "repeat 1", "repeat 0", "repeat n", "for i in [3]", "for i in ns")
        if self.chance.random() < 0.3:
            return f"{self.chance.choice(heads)} {{ {self.statements(names, arrives, depth)} }}"
        return f"{self.chance.choice(heads)} {{ {self.tensor(names, arrives, depth)} }}"

    def _as(self, names: list[str], arrives: bool, depth: int) -> str:
        return f"{self.tight(names, arrives, depth)} as {self.fresh('s')}"

    def _picked(self, names: list[str], arrives: bool, depth: int) -> str:
        one, other = (self.tensor(names, arrives, depth) for _ in range(2))
        return f"[{one}, {other}][{self.chance.choice(('0', '1', '-1'))}]"

    def _function(self, names: list[str], arrives: bool, depth: int) -> str:
        form = self.chance.choice(("ops.relu({})", "ops.add({}, 1.0)", "ops.abs({})"))
        return form.format(self.tensor(names, arrives, depth))

    def _merged(self, names: list[str], arrives: bool, depth: int) -> str:
        return (
            f"{self.tensors(names, arrives, depth)} -> {self.chance.choice(('Add', 'Multiply'))}()"
        )

    def _listed(self, names: list[str], arrives: bool, depth: int) -> str:
        if not self.lists:
            return self._named(names, arrives, depth)
        return f"{self.chance.choice(self.lists)} -> Add()"

    def _of_block(self, names: list[str], arrives: bool, depth: int) -> str:
        """Use a block of several inputs or outputs in one of the ways there are."""
        if not self.blocks:
            return self._named(names, arrives, depth)
        name, block = self.chance.choice(list(self.blocks.items()))
        first, second = (self.tight(names, arrives, depth) for _ in range(2))
        text = f"{first} -> {name}()"
        if block.inputs == 2:
            forms = ("[{0}, {1}] -> {2}()", "{0} -> {2}()(v={1})", "{0} -> {2}()(u={1})")
            text = self.chance.choice(forms).format(first, second, name)
        if block.outputs == 1:
            return text
        if self.chance.random() < 0.3:
            return f"{text} -> Add()"
        return (
            f"({text}){self.chance.choice(('.p', '.q') if block.named else ('[0]', '[1]', '[-1]'))}"
        )

    def tensors(self, names: list[str], arrives: bool, depth: int) -> str:
        """Write a list of tensors."""
        if self.chance.random() < 0.1:
            return f"[{self.tensor(names, arrives, depth)} for i in [1, 2]]"
        items = []
        for _ in range(self.chance.randint(2, 3)):
            roll = self.chance.random()
            text = self.tensor(names, arrives, depth)
            if roll < 0.1:
                text = f"for i in [1, 2] {{ {text} }}"
            elif roll < 0.2:
                text = f"*[{text}, {self.chance.choice(names)}]"
            items.append(text)
        return f"[{', '.join(items)}]"

    # -- stages ----------------------------------------------------------------------------------

    def chain(self, names: list[str], depth: int) -> str:
        """Write a chain for what arrives: between braces, in a branch, behind `block b =`."""
        stages = [self.stage(names, depth) for _ in range(self.chance.randint(1, 2))]
        if self.chance.random() < 0.3:
            stages[0] = self.chance.choice((*HEADS, f"_ + {self.chance.choice(names)}"))
        return " -> ".join(stages)

    def braced(self, names: list[str], depth: int) -> str:
        """Write what stands between braces: a chain, or statements."""
        if self.chance.random() < 0.4:
            return self.statements(names, True, depth)
        return self.chain(names, depth)

    def statements(self, names: list[str], arrives: bool, depth: int) -> str:
        """Write statements for braces, which give one tensor."""
        own, shared, lists = list(names), list(self.shared), list(self.lists)
        lines = [self._inner(own, arrives, depth) for _ in range(self.chance.randint(0, 3))]
        output = f"output {self.tensor(own, arrives, depth)}"
        if self.chance.random() < 0.2:
            output = f"output {self.fresh()} = {self.tensor(own, arrives, depth)}"
        if self.chance.random() < 0.2:
            lines.append(output)
            self.chance.shuffle(lines)
        else:
            lines.append(output)
        self.shared, self.lists = shared, lists
        return "  ".join(lines)

    def _inner(self, names: list[str], arrives: bool, depth: int) -> str:
        roll = self.chance.random()
        if roll < 0.1:
            self.shared.append(self.fresh("l"))
            return f"layer {self.shared[-1]} = {self.chance.choice(SHARED)}"
        if roll < 0.2:
            name = self.fresh("k")
            return f"let {name} = {self.chance.choice(('3', 'n + 1', 'len(ns)'))}"
        if roll < 0.3:
            return "assert n > 0"
        value = self.tensor(names, arrives, depth)
        if roll < 0.45:
            pair = [self.fresh() for _ in range(2)]
            names += pair
            return f"{', '.join(pair)} = [{value}, {self.tensor(list(names[:-2]), arrives, 0)}]"
        if roll < 0.6 and value.isascii():
            self.gathered.append("met")
            return f"{self._bound(names)} = {value} -> Dense(8) as *met"
        if roll < 0.7:
            kept = self.fresh("s")
            end = self._bound(names)
            names.append(kept)
            return f"{end} = {value} -> Dense(8) as {kept} -> ReLU()"
        return f"{self._bound(names)} = {value}"

    def _bound(self, names: list[str]) -> str:
        """Give a new name, or one that stands for something else around the braces."""
        name = self.fresh()
        names.append(name)
        return name

    def stage(self, names: list[str], depth: int) -> str:
        forms = [self._layer] * 4 + [self._unchanged, self._used, self._layer_again]
        if depth > 0:
            forms += [self._repeated, self._if, self._one_of, self._stage_as, self._fork]
            forms += [self._group, self._operation, self._arithmetic, self._branches]
        return self.chance.choice(forms)(names, depth - 1)

    def _layer(self, names: list[str], depth: int) -> str:
        layers = ("Dense(8)", "ReLU()", "Dropout(0.5)", "Dense(8, activation=relu)")
        if self.chance.random() < 0.1:
            return f"Dense(8, name={self.chance.choice(NAMES)})"
        return self.chance.choice(layers)

    def _unchanged(self, names: list[str], depth: int) -> str:
        return "_"

    def _used(self, names: list[str], depth: int) -> str:
        plain = [n for n, b in self.blocks.items() if (b.inputs, b.outputs) == (1, 1)]
        return f"{self.chance.choice(plain)}()" if plain else "Dense(8)"

    def _layer_again(self, names: list[str], depth: int) -> str:
        return self.chance.choice(self.shared) if self.shared else "ReLU()"

    def _repeated(self, names: list[str], depth: int) -> str:
        loops = (
            "for i in [1, 2]",
            "for _ in range(2)",
            "for i, (j, k) in [(1, (2, 3))]",
            "for i in []",
        )
        head = self.chance.choice((*loops, f"repeat {self.chance.choice(TIMES)}"))
        if self.chance.random() < 0.2:
            return self._carried(names, depth)
        return f"{head} {{ {self.braced(names, depth)} }}"

    def _carried(self, names: list[str], depth: int) -> str:
        """Write a loop that carries two tensors, or takes them apart in each turn some other way."""
        one, other = self.fresh("c"), self.fresh("c")
        own = [*names, one, other]
        first = self.chance.choice((f"{one}, {other} = _", f"{one}, {other} = [_[1], _[0]]"))
        given = self.chance.choice(
            (
                f"output [{self.tensor(own, False, depth)}, {one}]",
                f"output {self.tensor(own, False, depth)}  output {one}",
                f"output [{other}, {one}]",
                f"output [{one}, {other} -> Dense(8)]",
            )
        )
        turns = self.chance.choice(TIMES)
        return f"[_, _ -> ReLU()] -> repeat {turns} {{ {first}  {given} }} -> Add()"

    def _if(self, names: list[str], depth: int) -> str:
        text = f"if {self.chance.choice(CONDITIONS)} {{ {self.braced(names, depth)} }}"
        return (
            text if self.chance.random() < 0.5 else f"{text} else {{ {self.braced(names, depth)} }}"
        )

    def _one_of(self, names: list[str], depth: int) -> str:
        one, other = self.stage(names, 0), self.stage(names, 0)
        return f"({one} if {self.chance.choice(CONDITIONS)} else {other})"

    def _stage_as(self, names: list[str], depth: int) -> str:
        return f"{self.stage(names, 0)} as {self.fresh('s')}"

    def _fork(self, names: list[str], depth: int) -> str:
        branches = [self._branch(names, depth) for _ in range(self.chance.randint(2, 3))]
        return f"[{', '.join(branches)}] -> {self.chance.choice(('Add', 'Maximum'))}()"

    def _branch(self, names: list[str], depth: int) -> str:
        roll = self.chance.random()
        if roll < 0.2:
            return self.chance.choice(names)
        if roll < 0.4:
            return f"{self.chance.choice(names)} -> {self.stage(names, depth)}"
        return self.chain(names, depth)

    def _branches(self, names: list[str], depth: int) -> str:
        return f"[for i in [1, 2] {{ {self.braced(names, depth)} }}] -> Add()"

    def _group(self, names: list[str], depth: int) -> str:
        return f"({self.chain(names, depth)})"

    def _operation(self, names: list[str], depth: int) -> str:
        name = self.chance.choice(names)
        return self.chance.choice(
            (
                "ops.relu()", "ops.add(1.0)", "ops.multiply(_, _)", f"ops.add({name})",
                f"ops.subtract({name}, _)", f"(ops.where(_ > 0, {name}, x2=_))",
                f"Add()([{name}, _])", "Dense(8)(_)", "(ops.multiply(ops.abs(_), 2.0))",
            )
        )  # fmt: skip

    def _arithmetic(self, names: list[str], depth: int) -> str:
        name = self.chance.choice(names)
        return self.chance.choice(("(_ * 2.0)", "(_ + _)", "(-_)", f"(_ + {name})"))

    # -- bodies ----------------------------------------------------------------------------------

    def body(self, names: list[str], arrives: bool) -> tuple[list[str], list[str]]:
        """Write a few statements; gives them, and the names of tensors that there are then."""
        self.shared, self.lists, lines = [], [], []
        if self.chance.random() < 0.3:
            shared = self.fresh("l")
            chains = (
                "Dense(8)",
                "Dense(8) -> ReLU()",
                "repeat 2 { Dense(8) }",
                "Dense(8) as kept -> [_, kept] -> Add()",
            )
            lines.append(f"layer {shared} = {self.chance.choice(chains)}")
            self.shared.append(shared)
        for _ in range(self.chance.randint(0, 3)):
            lines.append(self._statement(names, arrives))
        return lines, names

    def _statement(self, names: list[str], arrives: bool) -> str:
        roll = self.chance.random()
        if roll < 0.5:
            value, name = self.tensor(names, arrives, 3), self.fresh()
            names.append(name)
            return f"{name} = {value}"
        pair = f"[{self.tensor(names, arrives, 2)}, {self.tensor(names, arrives, 1)}]"
        if roll < 0.65:
            first, second = self.fresh(), self.fresh()
            names += [first, second]
            return f"{first}, {second} = {pair}"
        if roll < 0.75:
            first = self.fresh()
            names.append(first)
            return f"{first}, _ = {pair}"
        if roll < 0.85:
            return f"_ = {self.tensor(names, arrives, 2)}"
        if roll < 0.95:
            source, name, end = self.chance.choice(names), self.fresh("r"), self.fresh()
            self.lists.append(name)
            names.append(end)
            return f"{end} = {source} -> repeat {self.chance.choice(('1', '2', 'n'))} {{ Dense(8) as {name} }}"
        return f"let {self.fresh('v')} = {self.chance.choice(('3', 'n + 1', '[1, 2]'))}"

    def with_gathered(self, output: str) -> str:
        """Let an output hold what was gathered on the way, where anything was."""
        if not self.gathered or self.chance.random() < 0.1 or "as *met" in output:
            return output
        return (
            f"[({output}), ({output}) -> ReLU(), *met] -> Add()" if " as " not in output else output
        )

    def block(self, name: str) -> str:
        self.shared, self.lists = [], []
        is_model = name[0] == "N"
        if self.chance.random() < 0.4 and not is_model:
            text = f"block {name}{PARAMETERS} = {self.chain(['_'], 3)}"
            self.blocks[name] = Block()
            return text
        self.gathered = []
        inputs = ["u", "v"] if self.chance.random() < 0.5 else ["u"]
        self.used = set(inputs)
        arrives = len(inputs) == 1 and not is_model
        lines, names = self.body(list(inputs), arrives)
        if len(inputs) > 1 and not is_model and self.chance.random() < 0.5:
            lines.append(f"joined = _ -> {self.chance.choice(('Add', 'Maximum'))}()")
            names.append("joined")
        named = is_model or self.chance.random() < 0.7
        outputs = [self.tensor(names, arrives, 2) for _ in range(self.chance.choice((1, 1, 2)))]
        outputs = [self.with_gathered(outputs[0]), *outputs[1:]]
        is_named = named and len(outputs) == 2
        lines += [f"output {f'{n} = ' * is_named}{o}" for n, o in zip("pq", outputs, strict=False)]
        if self.chance.random() < 0.3:
            self.chance.shuffle(lines)
        self.blocks[name] = Block(len(inputs), len(outputs), is_named)
        size = ": [8]" if is_model else ""
        body = "\n  ".join([*(f"input {i}{size}" for i in inputs), *lines])
        return f"{'model' if is_model else 'block'} {name}{PARAMETERS} {{\n  {body}\n}}"


def draw(chance: Random) -> str:
    """Draw one spec."""
    drawn = Drawn(chance)
    texts = [drawn.block(chance.choice("bbbN") + str(n)) for n in range(chance.randint(0, 2))]
    if texts and chance.random() < 0.1:
        return "\n".join(texts)
    drawn.used, drawn.gathered = {"x", "y"}, []
    lines, names = drawn.body(["x", "y"], False)
    outputs = [drawn.tensor(names, False, 3) for _ in range(chance.choice((1, 1, 2)))]
    outputs = [drawn.with_gathered(outputs[0]), *outputs[1:]]
    lines += [f"output o{n} = {value}" for n, value in enumerate(outputs)]
    body = "\n  ".join(["input x: [8]", "input y: [8]", *lines])
    return "\n".join([*texts, f"model M{PARAMETERS} {{\n  {body}\n}}"])
