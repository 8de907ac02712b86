"""The flat spec: a line a layer, in order, under the names that the layers have in Keras."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from netdsl.catalog.spell import spell
from netdsl.importer.calls import call_form, gives_several
from netdsl.importer.document import Document
from netdsl.importer.network import Given, Made, Network, Tensor, Use, held_models, tensors_in
from netdsl.importer.operations import COMPARISONS, OPERATORS, many_of, takes_many
from netdsl.importer.spell import as_name, may_be_name, number, unique
from netdsl.record import record

#: Operators that stand for a layer between two tensors, not for the function of `ops`.
MERGED = ("add", "subtract", "multiply")


def flat_spec(document: Document, docstring: str, named: Collection[tuple[int, str]] = ()) -> str:
    """Write the spec; `named` are the layers, by network and name, that must be given their name."""
    models = [FlatModel(document, network, named).text() for network in document.networks]
    head = "\n".join(document.head())
    return "\n\n".join(part for part in (f'"""{docstring}"""', head, *models) if part) + "\n"


@record
class Applied:
    """The text of one application: what arrives, and the stage, which is empty where `arriving` says it all."""

    arriving: str
    stage: str

    @property
    def text(self) -> str:
        return (
            f"{self.arriving} -> {self.stage}"
            if self.stage and self.arriving
            else self.stage or self.arriving
        )


class FlatModel:
    """Writes one model; each tensor has the name of the layer that gives it, as far as that is free."""

    def __init__(
        self, document: Document, network: Network, named: Collection[tuple[int, str]]
    ) -> None:
        self._document, self._network = document, network
        self._speller = document.speller
        self._named = {name for number, name in named if number == id(network)}
        self._uses = Counter(id(use.made) for use in network.uses)
        self._highest: dict[int, int] = {}
        for use in network.uses:
            for tensor in use.inputs:
                self._note(tensor)
        for _, tensor in network.outputs:
            self._note(tensor)
        self.names: dict[int, str] = {}
        self._objects: dict[int, str] = {}
        self._taken: set[str] = {
            *document.names.values(),
            *document.externs.values(),
            *document.lambdas,
        }
        self._choose_names()

    def _note(self, tensor: Tensor) -> None:
        self._highest[tensor.use] = max(self._highest.get(tensor.use, 0), tensor.output)

    def _choose_names(self) -> None:
        """Outputs and inputs have theirs first, then layers that are used once."""
        outputs = dict(self._network.outputs) if self._network.form == "dict" else {}
        reserved = set(outputs)
        for place in self._network.inputs:
            name = self._network.uses[place].made.name
            is_kept = self._document.keeps_its_name(self._network, name)
            self.names[place] = unique(name if is_kept else as_name(name), self._taken)
            self._taken.add(self.names[place])
        for use in sorted(self._network.uses, key=lambda use: use.made.family == "op"):
            if use.id in self.names:
                continue
            is_own = (
                use.made.family != "op"
                and self._uses[id(use.made)] == 1
                and may_be_name(use.made.name)
            )
            wanted = use.made.name if is_own else as_name(use.made.name)
            if outputs.get(wanted) != Tensor(use.id) and wanted in reserved:
                wanted = f"{wanted}_inside"
            self.names[use.id] = unique(wanted, self._taken)
            self._taken.add(self.names[use.id])

    def tensor(self, tensor: Tensor) -> str:
        name = self.names[tensor.use]
        use = self._network.uses[tensor.use]
        if gives_several(use.made, self._highest.get(use.id, 0), use):
            return f"{name}[{tensor.output}]"
        return name

    def value(self, value: Given) -> str:
        """Spell what a call is given: tensors, lists of them, values."""
        if isinstance(value, Tensor):
            return self.tensor(value)
        if isinstance(value, slice):
            return spell_slice(value)
        if isinstance(value, (list, tuple)) and any(True for _ in tensors_in(value)):
            return f"[{', '.join(self.value(item) for item in value)}]"
        return self._speller.value(value)

    def text(self) -> str:
        name = self._document.names[id(self._network)]
        lines = [f"    {line}" for line in self.lines()]
        return "\n".join([f"model {name} {{", *lines, "}"])

    def lines(self) -> Iterator[str]:
        network = self._network
        for number_ in network.inputs:
            made = network.uses[number_].made
            is_kept = made.name == self.names[number_]
            yield f"input {self.names[number_]}: {input_type(made, is_kept=is_kept)}"
        for made in held_models(network):
            name = unique(as_name(made.name), self._taken)
            self._taken.add(name)
            self._speller.held[id(made)] = name
            yield f"layer {name} = {self._made(made)}"
        for use in network.uses:
            if use.made.family == "input":
                continue
            if use.made.family == "weight":
                yield self._weight(use)
                continue
            if self._is_shared(use.made) and id(use.made) not in self._objects:
                yield self._declaration(use.made)
            yield f"{self.names[use.id]} = {self.applied(use).text}"
        yield from self._output_lines()

    def _output_lines(self) -> Iterator[str]:
        outputs = self._network.outputs
        if self._network.form == "list" and len(outputs) > 1:
            yield f"output [{', '.join(self.tensor(tensor) for _, tensor in outputs)}]"
            return
        for name, tensor in outputs:
            spelled = self.tensor(tensor)
            if name == spelled or self._network.form != "dict":
                yield f"output {spelled}"
            else:
                yield f"output {name} = {spelled}"

    def _is_shared(self, made: Made) -> bool:
        return made.family != "op" and self._uses[id(made)] > 1

    def _declaration(self, made: Made) -> str:
        name = unique(as_name(made.name), self._taken)
        name = made.name if may_be_name(made.name) and made.name not in self._taken else name
        self._taken.add(name)
        self._objects[id(made)] = name
        return f"layer {name} = {self._made(made)}"

    def _weight(self, use: Use) -> str:
        is_named = use.made.name in self._named
        name = self._speller.value(use.made.name) if is_named else ""
        made, variable = use.made, self.names[use.id]
        return self._speller.weight(variable, made.arguments, trainable=made.trainable, name=name)

    def _made(self, made: Made) -> str:
        is_named = made.name in self._named
        extra = [("name", self._speller.value(made.name))] if is_named else []
        return self._speller.call(made, made.given, extra)

    def applied(self, use: Use) -> Applied:
        if use.made.family == "op":
            return self._operation(use)
        form = call_form(use)
        arriving = [self.tensor(tensor) for tensor in form.arriving]
        text = f"[{', '.join(arriving)}]" if form.is_list else arriving[0]
        made = self._objects.get(id(use.made)) or self._made(use.made)
        if form.named:
            inside = ", ".join(f"{k}={self.value(v)}" for k, v in form.named.items())
            made = f"{made}({inside})"
        return Applied(text, made)

    def _operation(self, use: Use) -> Applied:
        function, given = use.made.kind, dict(use.keywords)
        values = list(given.values())
        if function == "getitem":
            return Applied(f"{self.value(given['x'])}[{self._index(given['key'])}]", "")
        if list(given) in (["x1", "x2"], ["a", "b"]):
            left, right = values
            is_plain = not (isinstance(left, Tensor) and isinstance(right, Tensor))
            is_plain |= any(map(self._is_weight, values))
            sign = COMPARISONS.get(function) or (OPERATORS.get(function) if is_plain or function in
                ("divide", "true_divide", "power", "matmul") else None)  # fmt: skip
            if sign and all(isinstance(v, (Tensor, int, float)) for v in values):
                return Applied(f"{self._operand(left)} {sign} {self._operand(right)}", "")
        if function == "negative":
            return Applied(f"-{self.value(values[0])}", "")
        first = next(iter(given), None)
        arriving = given.get(first) if first is not None and not takes_many(function) else None
        if isinstance(arriving, Tensor) or (isinstance(arriving, tuple) and arriving and
                all(isinstance(item, Tensor) for item in arriving)):  # fmt: skip
            del given[str(first)]
            return Applied(
                self.value(arriving), f"ops.{function}({self._options(function, given, 1)})"
            )
        return Applied("", f"ops.{function}({self._options(function, given, 0)})")

    def _is_weight(self, value: Given) -> bool:
        """Tell whether a value is a weight, which a sign joins by a function, as it has no batch."""
        uses = self._network.uses
        return isinstance(value, Tensor) and uses[value.use].made.family == "weight"

    def _options(self, function: str, given: dict[str, Given], place: int) -> str:
        """Write tensors by position as long as none is left out, and the rest by name."""
        from netdsl.catalog.signature import signature

        found = signature("op", function)
        assert found is not None
        inside: list[str] = []
        by_position = True
        for parameter in found.positional[place:]:
            by_position &= parameter.name in given and len(inside) < 2
            if parameter.name in given:
                text = self.value(given.pop(parameter.name))
                is_first = by_position and parameter.required
                inside.append(text if is_first else f"{parameter.name}={text}")
        inside += [self.value(value) for value in given.pop(many_of(found), ())]
        inside += [f"{name}={self.value(value)}" for name, value in given.items()]
        return ", ".join(inside)

    def _operand(self, value: Given) -> str:
        text = self.value(value)
        return f"({text})" if text.startswith("-") else text

    def _index(self, key: Given) -> str:
        if isinstance(key, tuple):
            return ", ".join(self._index(item) for item in key)
        if isinstance(key, slice):
            return spell_slice(key)
        return self.value(key)


def spell_slice(value: slice) -> str:
    start, stop = ("" if v is None else number(v) for v in (value.start, value.stop))
    step = "" if value.step is None else f":{number(value.step)}"
    return f"{start}:{stop}{step}"


def input_type(made: Made, *, is_kept: bool) -> str:
    """Spell the type of an input: `int32[T]`, and options where it has some: its name, where that is not kept."""
    shape = made.arguments.get("batch_shape") or (None,)
    dtype = str(made.arguments.get("dtype") or "float32")
    dims = ", ".join(
        "?" if size is None else getattr(size, "text", str(size)) for size in shape[1:]
    )
    options = [
        f"{name}=True" for name in ("sparse", "ragged", "optional") if made.arguments.get(name)
    ]
    if shape[0] is not None:
        options.append(f"batch_size={shape[0]}")
    if not is_kept:  # a table has a column of this name
        options.append(f"name={spell(made.name)}")
    return f"{'' if dtype == 'float32' else dtype}[{dims}]" + (
        f"({', '.join(options)})" if options else ""
    )
