"""Prints a folded program as the text of a spec, which the formatter then lays out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import cast

from netdsl.importer import naming, nesting
from netdsl.importer.alike import Alike, runs_of, with_number
from netdsl.importer.arrays import Array, with_arrays
from netdsl.importer.document import Document
from netdsl.importer.flat import MERGED, input_type, spell_slice
from netdsl.importer.fold import Line, Program, begins_by_itself
from netdsl.importer.measure import tokens
from netdsl.importer.naming import Names, parameter_name
from netdsl.importer.network import Given, Made, Network, Tensor, held_models
from netdsl.importer.objects import plain
from netdsl.importer.operations import COMPARISONS, INDEXED, OPERATORS, many_of
from netdsl.importer.sequences import Raw, spell_number, spell_sequence
from netdsl.importer.spell import as_name, is_one, shortened
from netdsl.importer.std import block_of_library
from netdsl.importer.terms import (
    ARRIVING,
    ENTERING,
    Block,
    Branch,
    Carry,
    Item,
    Join,
    Leaf,
    Optional,
    Parameter,
    Repeat,
    Side,
    Slot,
    Use,
    argument_name,
    defined_in,
    holds_parameter,
    index_of,
    referred_in,
    rows_in,
    slots_in,
    walk,
)
from netdsl.importer.weights import outside, word_of


class Printer:
    """Prints the program of one model: its blocks, and the model itself."""

    def __init__(
        self,
        document: Document,
        network: Network,
        body: Network,
        program: Program,
        numbers: Mapping[Tensor, int],
        names: Names,
    ) -> None:
        self._document, self._network, self._program = document, network, program
        self._body = body  # the network as the program has it: blocks of the library are in it
        self._numbers = {number: tensor for tensor, number in numbers.items()}
        self._names = names
        self._speller = document.speller
        self._parameters: dict[int, str] = {}  # names of parameters, by their number
        self._taps: dict[int, str] = {}  # how a tap is spelled
        self._shared: dict[object, str] = {}
        self._references = program.references()
        self._lengths: dict[str, int] = {}  # how many tensors the lists have, by their names
        self._lists: set[int] = set()  # taps that are lists outside the loop they are in
        self._taken: set[int] = set()  # taps of tensors that are called by their number

    def text(self) -> list[str]:
        """Give the blocks and the model, one after the other."""
        naming.name_blocks(self._program, self._names)
        blocks = [self._block(block) for block in self._program.blocks]
        return [*blocks, self._model()]

    def _block(self, block: Block) -> str:
        scope = self._names.inside()
        names = naming.parameter_names(block, self._program)
        for parameter, wanted in zip(block.parameters, names, strict=True):
            name = scope.free(wanted)
            self._parameters[parameter.id] = name
            block.names[parameter.id] = name
        head = f"block {block.name}{self._head(block)}"
        inputs = tuple(scope.free(n) for n in ["x", *(["other"] * len(block.taken))])
        block.inputs = inputs[1:]
        for tap, name in zip(block.taken, block.inputs, strict=True):
            self._taps[tap] = name
        self._taps[ENTERING] = inputs[0]
        sides = [item for item in block.row if isinstance(item, Side)]
        is_body = bool(block.taken) or bool(sides) or _enters(block.row)
        is_body |= any(_is_operator(item) for item in block.row) or _has_weights(block.row)
        writer = _Body(self, scope, is_inner=True)
        for item in sides:
            assert item.tap is not None
            if self._references[item.tap]:
                self._taps[item.tap] = scope.free(naming.inner_name(item.row))
        self.prepare(block.row, scope)
        if not is_body:
            return f"{head} = {writer.chain(block.row, '')}"
        for item in sides:
            if self.is_argument(item, block.row):
                assert item.tap is not None
                self._taps[item.tap] = writer.side(item).partition(" = ")[2]
        lines = [f"input {name}" for name in inputs]
        stated = writer.sides([item for item in sides if not self.is_argument(item, block.row)])
        main = _main(block.row)
        source = "" if begins_by_itself(main[0]) else inputs[0]
        stated.append(f"output {writer.chain(main, source)}")
        lines += [*writer.taken_weights(), *stated]
        return "\n".join([head + " {", *(f"    {line}" for line in lines), "}"])

    def is_argument(self, item: Side, body: list[Item]) -> bool:
        """Tell whether a short row is written in the call of the only block that takes what it gives."""
        return (
            item.tap is not None
            and item.source is not None
            and self._references[item.tap] == 1
            and any(isinstance(i, Use) and item.tap in i.taken for i in walk(body))
            and _is_short(item.row)
        )

    def _head(self, block: Block) -> str:
        if not block.parameters:
            return ""
        self._choose_defaults(block)
        ordered = sorted(
            block.parameters, key=lambda p: (p.id in block.defaults, _rank(block.names[p.id]))
        )
        block.parameters = ordered
        inside = []
        for parameter in ordered:
            text = f"{block.names[parameter.id]}: {self._type(block, parameter)}"
            if parameter.id in block.defaults:
                text += f" = {self.argument(block, parameter, block.defaults[parameter.id])}"
            inside.append(text)
        return f"({', '.join(inside)})"

    def _uses(self, block: Block) -> list[Use]:
        rows = self._program.bodies()
        return [i for row in rows for i in walk(row) if isinstance(i, Use) and i.block is block]

    def _choose_defaults(self, block: Block) -> None:
        """Give a parameter the value that most uses have; a width is said at each use, as it tells what comes out."""
        uses = self._uses(block)
        has_part = any(isinstance(item, Optional) for item in walk(block.row))
        for parameter in block.parameters:
            name = block.names[parameter.id].rstrip("0123456789_")
            values = [use.arguments[argument_name(parameter)] for use in uses]
            if next(naming.fills(block.row, parameter), (None, ""))[1] == "when":
                block.defaults[parameter.id] = False  # a part that only some have
                continue
            plain = [v for v in values if not holds_parameter(v)] if has_part else []
            counts = Counter(repr(v) for v in plain or values)
            text, count = counts.most_common(1)[0]
            value = next(v for v in values if repr(v) == text)
            if (
                2 * count > len(values) - has_part
                and not holds_parameter(value)
                and name not in WIDTHS
            ):
                block.defaults[parameter.id] = value

    def _type(self, block: Block, parameter: Parameter) -> str:
        values = list(_plain_values(self._program, block, parameter))
        kinds = {type(v) for v in values}
        leaf, name = next(naming.fills(block.row, parameter), (None, ""))
        if leaf is not None and leaf.made.family == "std":
            declared = block_of_library(leaf.made.kind).parameter(name)
            if declared is not None and declared.type != "any":
                return declared.type
        for word in ("initializer", "regularizer", "constraint", "activation"):
            if name.endswith(word):
                return word
        for kind in (bool, int, float, str):
            if kinds == {kind}:
                return kind.__name__
        if kinds <= {int, float} and kinds:
            return "float"
        if name in ("rows",) or kinds == {Array}:
            return "list"
        if leaf is not None and kinds == {tuple}:
            short = {type(shortened(leaf.made.kind, name, v)) for v in values}
            if short == {int}:
                return "int"
        return "any"

    def argument(self, block: Block, parameter: Parameter, value: Given) -> str:
        """Spell what a block is given, as the layer that it fills would take it."""
        leaf, name = next(naming.fills(block.row, parameter), (None, ""))
        if isinstance(value, Parameter):
            return self.parameter(value)
        if name == "rows" and isinstance(value, tuple):
            return self.rows(value)
        return self.filling(leaf, name, value)

    def rows(self, rows: Sequence[tuple[Given, ...]]) -> str:
        """Spell what a block is given for a loop in it to go through."""
        if any(len(row) > 1 for row in rows):
            return f"[{', '.join(self.value(row) for row in rows)}]"
        cells = [row[0] for row in rows]
        made = spell_sequence(cells, spell_number)
        return made or f"[{', '.join(map(self.value, cells))}]"

    def filling(self, leaf: Leaf | None, name: str, value: Given) -> str:
        """Spell a value for the argument of a layer, or the parameter of a block of the library, that it fills."""
        if leaf is not None and leaf.made.family == "std":
            return self._speller.of_block(_raw(value, self), leaf.made.kind, name)
        if leaf is None or leaf.made.family != "layer":
            return self.value(value)
        return self._speller.value(_raw(value, self), leaf.made.kind, name)

    def parameter(self, value: Parameter) -> str:
        name = self._parameters[value.id]
        if value.divisor != 1:
            return f"{name} // {value.divisor}"
        return name if value.factor == 1 else f"{value.factor} * {name}"

    def value(self, value: Given) -> str:
        if isinstance(value, Parameter):
            return self.parameter(value)
        if isinstance(value, tuple):
            value = _raw(value, self)
        if isinstance(value, slice):
            return spell_slice(value)
        return self._speller.value(value)

    def _model(self) -> str:
        scope = self._names.inside()
        network = self._network
        given = [f"{scope.keep(name)}: {kind}" for name, kind in self._body.parameters.items()]
        lines: list[str] = []
        inputs: dict[Tensor, str] = {}
        for number in self._body.inputs:
            made = self._body.uses[number].made
            name = self._input_name(made)
            may_keep = name != made.name or self._document.keeps_its_name(network, name)
            variable = scope.keep(name) if may_keep else scope.free(as_name(name))
            inputs[Tensor(number)] = variable
            is_kept = name != made.name or variable == name
            lines.append(f"input {variable}: {input_type(made, is_kept=is_kept)}")
        for number, tensor in self._numbers.items():
            if tensor in inputs:
                self._taps[number] = inputs[tensor]
        writer = _Body(self, scope)
        lines += self._declarations(writer, scope)
        lines += self._statements(writer, scope, inputs)
        name = self._document.names[id(network)]
        head = f"({', '.join(given)})" if given else ""
        return "\n".join([f"model {name}{head} {{", *(f"    {line}" for line in lines), "}"])

    def _input_name(self, made: Made) -> str:
        if re.fullmatch(r"input_layer(_\d+)?|input_\d+", made.name) is None:
            return made.name
        shape: tuple[int | None, ...] = made.arguments.get("batch_shape") or ()
        if len(shape) == 4 and shape[-1] in (1, 3, 4):
            return "image"
        return "x"

    def _declarations(self, writer: _Body, scope: Names) -> Iterator[str]:
        for made in held_models(self._body):
            name = scope.free(as_name(made.name))
            self._speller.held[id(made)] = name
            yield f"layer {name} = {self._speller.call(made, made.given)}"
        for key, row in self._program.shared.items():
            wanted = as_name(self._program.shared_names[key], "shared")
            first = row[0]
            automatic = (
                len(row) == 1 and isinstance(first, Leaf) and naming.is_automatic(first.made)
            )
            self._shared[key] = scope.free("shared" if automatic else wanted)
            text = f"layer {self._shared[key]} = {writer.chain(row, '')}"
            yield from (*writer.taken_weights(), text)

    def shared(self, leaf: Leaf) -> str:
        return self._shared[leaf.kind]

    def _statements(
        self, writer: _Body, scope: Names, inputs: Mapping[Tensor, str]
    ) -> Iterator[str]:
        outputs = dict.fromkeys(self._program.outputs)
        names = {
            tap: name
            for (name, _), tap in zip(self._network.outputs, self._program.outputs, strict=True)
        }
        is_list = self._network.form == "list" and len(self._program.outputs) > 1
        pending: list[str] = []
        inline = set() if is_list else self._in_order(list(outputs))
        for tap in outputs if self._network.form == "dict" and not is_list else ():
            if tap not in inline and tap not in self._taps and self._made_of(tap) is not None:
                self._taps[tap] = scope.keep(names[tap])
        self._prepare_lines(scope, inline, inputs)
        arguments = set(map(id, self._write_arguments(writer, inputs)))
        for line in self._program.lines:
            if id(line) in arguments:
                continue
            end = next((i.tap for i in reversed(line.row) if not isinstance(i, Side)), None)
            source = "" if line.source is None else self._source(line, inputs)
            for item in line.row:
                if isinstance(item, Side):
                    text = writer.side(item)
                    yield from (*writer.taken_weights(), text)
            main = _main(line.row)
            first = main[0] if main else None
            if isinstance(first, Carry):
                yield writer.carry(first)
                continue
            if isinstance(first, Leaf) and first.kind[0] == "weight":
                source = self._weight_name(first, scope)
                made = first.made
                yield self._speller.weight(source, made.arguments, trainable=made.trainable)
                main = main[1:]
                if not main:
                    continue
            if end in self._taken:
                continue
            if end in inline:
                name = (
                    scope.keep(names[end])
                    if self._network.form == "dict"
                    else scope.free(self._output_name(names[end]))
                )
                last = main[-1]
                last.tap = None
                text = f"output {name} = {writer.chain(main, source)}"
                del outputs[end]
            elif end is not None:
                main[-1].tap = None
                text = f"{self._taps[end]} = {writer.chain(main, source)}"
            else:
                text = f"_ = {writer.chain(main, source)}"
            yield from (*writer.taken_weights(), text)
        if is_list:
            yield f"output [{', '.join(writer.tap(tap) for tap in self._program.outputs)}]"
            return
        for tap in outputs:
            spelled = writer.tap(tap)
            wanted = names[tap]
            if self._network.form == "dict" and spelled != wanted:
                pending.append(f"output {wanted} = {spelled}")
            else:
                pending.append(f"output {spelled}")
        yield from pending

    def _write_arguments(self, writer: _Body, inputs: Mapping[Tensor, str]) -> Iterator[Line]:
        """Write short rows in the calls of the blocks that alone take what they give; gives those rows."""
        taken = {
            tap
            for line in self._program.lines
            for item in walk(line.row)
            if isinstance(item, Use)
            for tap in item.taken
        }
        for line in self._program.lines:
            end = line.row[-1].tap
            is_one = end in taken and self._references[end] == 1 and _is_short(line.row)
            if end is not None and is_one and line.source is not None:
                line.row[-1].tap = None
                self._taps[end] = writer.chain(line.row, self._source(line, inputs))
                yield line

    def _in_order(self, outputs: list[int]) -> set[int]:
        """Give the outputs that may be written where their row is: as long as they come in their order."""
        found: list[int] = []
        for line in self._program.lines:
            end = next((i.tap for i in reversed(line.row) if not isinstance(i, Side)), None)
            if end is None or self._references[end] != 1:
                continue
            if end in outputs and outputs.index(end) == len(found):
                found.append(end)
        return set(found)

    def _weight_name(self, leaf: Leaf, scope: Names) -> str:
        """Name a weight after its layer."""
        if leaf.tap is not None and leaf.tap in self._taps:
            return self._taps[leaf.tap]
        name = scope.free(as_name(leaf.made.name))
        if leaf.tap is not None:
            self._taps[leaf.tap] = name
        return name

    def _prepare_lines(
        self, scope: Names, outputs: Collection[int], inputs: Mapping[Tensor, str]
    ) -> None:
        """Name every tensor that is called by name; one of several outputs is called by its number."""
        takes: list[tuple[Line, int]] = []
        readers = self._readers()
        for line in self._program.lines:
            self._cut(line, readers)
            main = _main(line.row)
            end = main[-1].tap if main else None
            if (
                _only_takes(main)
                and line.source is not None
                and end is not None
                and end not in outputs
            ):
                takes.append((line, end))
                continue
            is_last = end is not None and end in outputs and self._references[end] <= 1
            if end is not None and not is_last:
                self._name_end(end, main[-1], scope)
            self.prepare(line.row[:-1] if is_last else line.row, scope)
        for line, end in takes:
            self._taken.add(end)
            first = line.row[0]
            assert isinstance(first, Leaf)
            self._taps[end] = f"{self._source(line, inputs)}[{first.kind[1]}]"

    def _name_end(self, tap: int, item: Item, scope: Names) -> None:
        """Name what a statement gives: it need not go round anything, as a skip does."""
        made = self._made_of(tap)
        if tap not in self._taps and naming.tensor_name(item, made) == "skip":
            self._taps[tap] = scope.free(naming.stated_name(item))

    def _readers(self) -> dict[int, set[int]]:
        """Give for each tensor the lines that call it by name, by their identity; 0 for one that begins at it."""
        found: dict[int, set[int]] = {}
        for line in self._program.lines:
            for tap in referred_in(line.row):
                found.setdefault(tap, set()).add(id(line))
            if line.source is not None:
                found.setdefault(line.source, set()).add(0)
        return found

    def _cut(self, line: Line, readers: Mapping[int, set[int]]) -> None:
        """Name what a loop gives whose lists other lines read, so that those wait for the loop and not for the line."""
        own = {id(line)}
        for item in line.row[:-1]:
            lists = item.lists.values() if isinstance(item, Repeat) and item.tap is None else ()
            if any(readers.get(turn, own) - own for turns in lists for turn in turns):
                item.tap = self._program.new_tap()
                self._lists.add(item.tap)

    def _output_name(self, name: str) -> str:
        made = next((u.made for u in self._network.uses if u.made.name == name), None)
        if made is None or self._body.parameters or naming.is_automatic(made):
            return "y"
        return as_name(name)

    def _made_of(self, tap: int) -> Made | None:
        tensor = self._numbers.get(tap)
        return self._body.uses[tensor.use].made if tensor is not None else None

    def _source(self, line: Line, inputs: Mapping[Tensor, str]) -> str:
        assert line.source is not None
        if line.source < 0:
            return inputs[self._network_input(line.source)]
        return self.tap_text(line.source)

    def _network_input(self, source: int) -> Tensor:
        return Tensor(self._body.inputs[-source - 10])

    def tap_text(self, tap: int) -> str:
        return self._taps[tap]

    def name_tap(self, tap: int, item: Item, scope: Names) -> str:
        """Name the tensor that an item gives, at its place."""
        if tap not in self._taps:
            self._taps[tap] = scope.free(naming.tensor_name(item, self._made_of(tap)))
        return self._taps[tap]

    def name_list(self, tap: int, turns: Sequence[int], scope: Names, wanted: str) -> str:
        if tap not in self._taps:
            self._taps[tap] = scope.free(wanted)
            self._lengths[self._taps[tap]] = len(turns)
            self._lists.add(tap)
        for place, turn in enumerate(turns):
            self._taps[turn] = f"{self._taps[tap]}[{place}]"
        return self._taps[tap]

    def prepare(self, row: list[Item], scope: Names) -> None:
        """Name all that is called by name in a row, before any of it is written."""
        for item in walk(row):
            if isinstance(item, Carry):
                for tap in item.results:
                    if tap is not None and self._references[tap]:
                        self.name_tap(tap, item, scope)
            if isinstance(item, Repeat):
                for tap, turns in item.lists.items():
                    self.name_list(tap, turns, scope, naming.list_name(item, tap))
            if item.tap is not None and (self._references[item.tap] or item.tap in self._lists):
                self.name_tap(item.tap, item, scope)

    def is_called(self, tap: int | None) -> bool:
        return (
            tap is not None
            and tap in self._taps
            and (self._references[tap] > 0 or tap in self._lists)
        )

    def as_list(self, values: list[str]) -> str:
        return as_list(values, self._lengths)

    def set_tap(self, tap: int, name: str) -> None:
        self._taps[tap] = name

    def set_parameter(self, parameter: Parameter, name: str) -> None:
        self._parameters[parameter.id] = name


class _Body:
    """Writes the rows of one body."""

    def __init__(self, printer: Printer, scope: Names, *, is_inner: bool = False) -> None:
        self._printer, self._scope = printer, scope
        self._is_inner = (
            is_inner  # of a block or loop: what is in it has names for each of its uses
        )
        self._weights: list[str] = []
        self._listed: dict[int, tuple[str, tuple[int, ...]]] = {}

    def tap(self, tap: int) -> str:
        return self._printer.tap_text(tap)

    def taken_weights(self) -> list[str]:
        """Give the statements of the weights that what was written needs, once."""
        found, self._weights = self._weights, []
        return found

    def _weight(self, leaf: Leaf) -> str:
        """Declare the weight that a function takes, and give its name."""
        assert leaf.weight is not None
        argument, made = leaf.weight
        name = self._scope.free(word_of(made) if self._is_inner else as_name(made.name))
        given = {k: _raw(v, self._printer) for k, v in outside(argument, leaf.arguments).items()}
        trainable = given.get("trainable", True)
        self._weights.append(self._printer._speller.weight(name, given, trainable=trainable))
        return name

    def _turn(self, row: list[Item], scope: Names) -> str:
        """Write what stands in the braces of a loop: a chain, or statements where it has weights of its own."""
        inner = _Body(self._printer, scope, is_inner=True)
        if not _has_weights(row):
            return inner.chain(row, "")
        text = f"output {inner.chain(row, '_')}"
        return "\n".join([*inner.taken_weights(), text])

    def carry(self, item: Carry) -> str:
        """Write a loop that hands several tensors on, as the statement that unpacks what the last turn leaves."""
        printer = self._printer
        results = [
            "_" if tap is None or not printer.is_called(tap) else self.tap(tap)
            for tap in item.results
        ]
        scope = self._scope.inside()
        names = [scope.free(name) for name in CARRIED[: len(item.state)]]
        for tap, name in zip(item.state, names, strict=True):
            printer.set_tap(tap, name)
        columns = [scope.free(parameter_name(item.row, column)) for column in item.columns]
        for column, name in zip(item.columns, columns, strict=True):
            printer.set_parameter(column, name)
        head = f"repeat {item.arguments.get('count')}"
        if item.columns:
            rows = [
                [
                    self._cell(item.row, column, cells[place])
                    for place, column in enumerate(item.columns)
                ]
                for cells in item.arguments["rows"]
            ]
            table = ", ".join(c[0] if len(c) == 1 else f"({', '.join(c)})" for c in rows)
            head = f"for {', '.join(columns)} in [{table}]"
        inner = _Body(printer, scope, is_inner=True)
        body = inner.chain(item.row, self.tap(item.source))
        lines = [f"{', '.join(names)} = _", *inner.taken_weights(), f"output {body}"]
        lines += [f"output {name}" for name in names[:-1]]
        start = ", ".join(map(self.tap, item.start))
        inside = "\n".join(lines)
        return f"{', '.join(results)} = [{start}] -> {head} {{\n{inside}\n}}"

    def sides(self, items: Sequence[Side]) -> list[str]:
        """Write rows beside the main one; several that do the same to one tensor as a list that is unpacked."""
        groups: dict[tuple[int, str], list[Side]] = {}
        for item in items:
            key = (id(item), "")
            if item.source is not None and not _has_weights(item.row) and _names_nothing(item):
                key = (item.source, self.chain(item.row, ""))
            groups.setdefault(key, []).append(item)
        found: list[str] = []
        for (source, text), several in groups.items():
            if len(several) < 2:
                found.append(self.side(several[0]))
                continue
            names = ", ".join(self._side_name(item) for item in several)
            found.append(
                f"{names} = {self.tap(source)} -> [for _ in range({len(several)}) {{ {text} }}]"
            )
        return found

    def _side_name(self, item: Side) -> str:
        assert item.tap is not None
        return self._printer.name_tap(item.tap, item.row[-1], self._scope)

    def side(self, item: Side) -> str:
        self._printer.prepare(item.row, self._scope)
        name = self._side_name(item)
        return (
            f"{name} = {self.chain(item.row, '' if item.source is None else self.tap(item.source))}"
        )

    def chain(self, row: list[Item], source: str) -> str:
        """Write a row that begins at a tensor; without one it gets what arrives."""
        self._printer.prepare(row, self._scope)
        starts = bool(row) and begins_by_itself(row[0])
        text = source or ("_" if not starts and any(map(_is_operator, row)) else "")
        for item in row:
            text = self._stage(item, text)
            tap = item.tap
            if self._printer.is_called(tap):
                assert tap is not None
                text += f" as {self.tap(tap)}"
        return text

    def _stage(self, item: Item, before: str) -> str:
        match item:
            case Leaf():
                return self._leaf(item, before)
            case Join():
                return self._join(item, before)
            case Repeat():
                return _arrow(before, self._repeat(item))
            case Optional():
                condition = self._printer.value(item.arguments["when"])
                return _arrow(before, f"if {condition} {{ {self.chain(item.row, '')} }}")
            case Use():
                return _arrow(before, self._use(item))
        raise AssertionError(item)

    def _leaf(self, leaf: Leaf, before: str) -> str:
        if leaf.kind[0] == "take":
            part = f"[{leaf.kind[1]}]"
            is_one = bool(before) and _is_name(before)
            return f"{before}{part}" if is_one else _arrow(before, f"_{part}")
        if leaf.kind[0] == "op":
            return self._function(leaf, before)
        return _arrow(before, self._made(leaf))

    def _made(self, leaf: Leaf) -> str:
        made, printer = leaf.made, self._printer
        own = {k: _raw(v, printer) for k, v in leaf.arguments.items() if not k.startswith("(")}
        called = {k[1:]: _raw(v, printer) for k, v in leaf.arguments.items() if k.startswith("(")}
        text = (
            printer.shared(leaf) if leaf.kind[0] == "shared" else printer._speller.call(made, own)
        )
        inside = [f"{name}={self.named(value)}" for name, value in {**leaf.named, **called}.items()]
        return f"{text}({', '.join(inside)})" if inside else text

    def named(self, value: Given) -> str:
        if isinstance(value, Slot):
            return "_" if value.tap == ARRIVING else self.tap(value.tap)
        if isinstance(value, tuple) and any(True for _ in slots_in(value)):
            return f"[{', '.join(self.named(item) for item in value)}]"
        return self._printer.value(value)

    def _function(self, leaf: Leaf, before: str) -> str:
        function = leaf.made.kind
        own = with_arrays(leaf.arguments, self._printer.value)
        values: dict[str, Given] = {**own, **leaf.named}
        if leaf.weight is not None:
            return self._function_of_weight(leaf, before)
        if function == INDEXED:
            parts = (
                (values["key"],)
                if "key" in values
                else index_of({k: _raw(v, self._printer) for k, v in values.items()})
            )
            return f"{_operand(before)}[{', '.join(self.named(p) for p in parts)}]"
        sign = OPERATORS.get(function) or COMPARISONS.get(function)
        if sign and not leaf.kind[2] and list(values) in (["x1", "x2"], ["a", "b"]):
            left, right = (self.named(v) for v in values.values())
            return f"{left} {sign} {right}"
        constants = [
            v for v in own.values() if isinstance(v, (int, float, Raw)) and not isinstance(v, bool)
        ]
        if sign and len(values) == 1 and len(constants) == 1 and leaf.kind[2] in ("x1", "a"):
            return f"{_operand(before)} {sign} {self.named(constants[0])}"
        if sign and len(values) == 1 and leaf.kind[2] in ("x2", "b"):
            (value,) = values.values()
            return f"{self.named(value)} {sign} {_operand(before)}"
        return _arrow(before, f"ops.{function}({self._options(leaf, values)})")

    def _function_of_weight(self, leaf: Leaf, before: str) -> str:
        """Write a function of what arrives and a weight: by its sign, if it has one."""
        assert leaf.weight is not None
        argument, name = leaf.weight[0], self._weight(leaf)
        plain = {k: v for k, v in leaf.arguments.items() if not k.startswith(f"{argument}.")}
        sign = OPERATORS.get(leaf.made.kind) or COMPARISONS.get(leaf.made.kind)
        if sign and not plain:
            is_one = bool(before) and _is_name(before)
            return f"{before} {sign} {name}" if is_one else _arrow(before, f"(_ {sign} {name})")
        values = {argument: Raw(name), **plain}
        return _arrow(before, f"ops.{leaf.made.kind}({self._options(leaf, values)})")

    def _options(self, leaf: Leaf, values: dict[str, Given]) -> str:
        from netdsl.catalog.signature import signature

        found = signature("op", leaf.made.kind)
        assert found is not None
        inside: list[str] = []
        by_position = True
        for parameter in found.positional[1 if leaf.kind[2] else 0 :]:
            by_position &= parameter.name in values
            if parameter.name in values:
                text = self.named(values[parameter.name])
                inside.append(
                    text if by_position and parameter.required else f"{parameter.name}={text}"
                )
        many = many_of(found)
        inside += [self.named(value) for value in values.get(many, ())]
        left = {k: v for k, v in values.items() if k not in (*found.names, many)}
        inside += [f"{k}={self.named(v)}" for k, v in left.items()]
        return ", ".join(inside)

    def _join(self, join: Join, before: str) -> str:
        if nesting.is_function(join.leaf) and join.leaf.kind[3] == "each":
            return self._joined_by_function(join, before)
        is_beside = _is_name(before) and _is_one_beside(join.branches)
        branches = self._together(
            join.branches,
            [
                self.chain(b.row, before) if is_beside and b.source == ARRIVING else self._branch(b)
                for b in join.branches
            ],
            before if is_beside else "",
        )
        text = _listed(branches)
        if is_beside:
            return self._leaf(join.leaf, text)
        # a list needs what arrives only where a branch does
        if any(branch.source == ARRIVING for branch in join.branches):
            is_plain = all(b.source >= 0 or not b.row or _only_takes(b.row) for b in join.branches)
            if before and is_plain and _is_name(before):
                text = f"[{', '.join(re.sub(r'^_(?![^[])', before, t) for t in branches)}]"
            else:
                text = _arrow(before, text)
        return self._leaf(join.leaf, text)

    def _together(self, branches: list[Branch], texts: list[str], arriving: str) -> list[str]:
        """Write branches that are alike as a loop; `arriving` names what arrives, if that is one of several."""
        found: list[str] = []
        place = 0
        named = [Branch(0, b.row) if arriving and b.source == ARRIVING else b for b in branches]
        for run in runs_of(named, lambda: self._printer._program.counter):
            sources = [
                arriving if b.source == ARRIVING and arriving else self._source_of(b)
                for b in branches[run.start : run.end]
            ]
            is_all = run.end - run.start == len(branches)
            if not (is_all or sources[0]):
                continue  # nothing arrives in a list that is spread
            text = self._loop(run, sources)
            if 1.3 * tokens(text) < tokens(" , ".join(texts[run.start : run.end])):
                found += self._same(branches[place : run.start], texts[place : run.start], arriving)
                found.append(text)
                place = run.end
        return found + self._same(branches[place:], texts[place:], arriving)

    def _source_of(self, branch: Branch) -> str:
        return "" if branch.source == ARRIVING else self.tap(branch.source)

    def _loop(self, run: Alike, sources: list[str]) -> str:
        """Write a fork with a branch for each of several values, tensors, or numbers that it counts."""
        scope = self._scope.inside()
        names: list[str] = []
        values: list[list[str]] = []
        row = run.row
        if run.counted:
            names.append(scope.free("i"))
            values.append([str(number) for number in range(len(sources))])
            row = with_number(row, names[0])
        each = ""
        if sources[0] and len(set(sources)) > 1:
            each = scope.free("each")
            names.append(each)
            values.append(sources)
        for place, column in enumerate(run.columns):
            names.append(scope.free(parameter_name(row, column)))
            self._printer.set_parameter(column, names[-1])
            values.append([self._cell(row, column, cells[place]) for cells in run.values])
        inner = _Body(self._printer, scope, is_inner=True)
        body = inner.chain(row, each or sources[0])
        if not names:
            return f"*[for _ in range({len(sources)}) {{ {body} }}]"
        if len(names) == 1:
            is_count = run.counted
            items = f"range({len(sources)})" if is_count else self._printer.as_list(values[0])
        else:
            table = ", ".join(f"({', '.join(cells)})" for cells in zip(*values, strict=True))
            items = f"[{table}]"
        return f"*[for {', '.join(names)} in {items} {{ {body} }}]"

    def _same(self, branches: list[Branch], texts: list[str], arriving: str) -> list[str]:
        """Write branches that do the same to several tensors as one: `*[skip -> Conv1D(64, 1) for skip in skips]`."""
        found: list[str] = []
        place = 0
        rests = [_after_source(branch, self, arriving) for branch in branches]
        while place < len(texts):
            end = place
            while end < len(texts) and rests[end] == rests[place]:
                end += 1
            if rests[place] and end - place > 2:
                sources = [
                    arriving if b.source == ARRIVING else self.tap(b.source)
                    for b in branches[place:end]
                ]
                name = self._scope.inside().free("each")
                found.append(
                    f"*[{name}{rests[place]} for {name} in {self._printer.as_list(sources)}]"
                )
            else:
                found += texts[place:end]
            place = end
        return found

    def _joined_by_function(self, join: Join, before: str) -> str:
        """Write a function of several tensors: the first goes through the arrow, the others into its parentheses."""
        first, *others = join.branches
        function = join.leaf.made.kind
        text = before
        for item in first.row:
            text = self._stage(item, text)
        inside = [self._branch(branch, is_whole=True) for branch in others]
        sign = OPERATORS.get(function) or COMPARISONS.get(function)
        if sign and function not in MERGED and len(inside) == 1 and _is_name(inside[0]) and text:
            return f"{_operand(text)} {sign} {inside[0]}"
        inside += [f"{name}={self.named(value)}" for name, value in join.leaf.arguments.items()]
        return _arrow(text, f"ops.{function}({', '.join(inside)})")

    def _branch(self, branch: Branch, *, is_whole: bool = False) -> str:
        source = "_" if branch.source == ARRIVING else self.tap(branch.source)
        if not branch.row:
            return source
        first = branch.row[0]
        is_call = isinstance(first, (Use, Leaf)) and not (
            isinstance(first, Leaf) and first.kind[0] in ("op", "take")
        )
        is_short = is_call or isinstance(first, (Join, Optional))
        starts = "" if branch.source == ARRIVING and is_short and not is_whole else source
        return self.chain(branch.row, starts)

    def _repeat(self, item: Repeat) -> str:
        printer = self._printer
        if not item.columns and not item.taken:
            count = item.arguments["count"]
            text = self._turn(item.row, self._scope.inside())
            return f"repeat {printer.value(count)} {{ {text} }}"
        names: list[str] = []
        values: list[list[str]] = []
        rows = cast("tuple[tuple[Given, ...], ...]", item.arguments.get("rows", ()))
        scope = self._scope.inside()  # what a loop counts with is free again after it
        for place, column in enumerate(item.columns):
            if isinstance(rows, tuple):
                values.append([self._cell(item.row, column, cells[place]) for cells in rows])
            names.append(scope.free(parameter_name(item.row, column)))
            printer.set_parameter(column, names[-1])
        several = _of_one_list([[self.tap(turn) for turn in turns] for _, turns in item.taken])
        if several is not None and not item.columns:
            each = scope.free("each")
            for (tap, _), output in zip(item.taken, several[1], strict=True):
                printer.set_tap(tap, f"{each}[{output}]")
            body = self._turn(item.row, scope)
            return f"for {each} in {several[0]} {{ {body} }}"
        for tap, turns in item.taken:
            names.append(scope.free("across"))
            printer.set_tap(tap, names[-1])
            values.append([self.tap(turn) for turn in turns])
        body = self._turn(item.row, scope)
        pattern = ", ".join(names)
        if isinstance(rows, Parameter):
            return f"for {pattern} in {printer.parameter(rows)} {{ {body} }}"
        if len(values) == 1:
            cells = [row[0] for row in rows] if item.columns else ()
            items = spell_sequence(cells, spell_number) or printer.as_list(values[0])
            return f"for {pattern} in {items} {{ {body} }}"
        if item.taken and any(self._printer.as_list(v)[0] != "[" for v in values):
            return f"for {pattern} in zip({', '.join(self._printer.as_list(v) for v in values)}) {{ {body} }}"
        table = ", ".join(f"({', '.join(cells)})" for cells in zip(*values, strict=True))
        return f"for {pattern} in [{table}] {{ {body} }}"

    def _cell(self, row: list[Item], column: Parameter, value: Given) -> str:
        leaf, name = next(naming.fills(row, column), (None, ""))
        if isinstance(value, Parameter):
            return self._printer.value(value)
        return self._printer.filling(leaf, name, value)

    def _use(self, use: Use) -> str:
        block = use.block
        inside: list[str] = []
        for parameter in block.parameters:
            value = use.arguments[argument_name(parameter)]
            text = self._printer.argument(block, parameter, value)
            if parameter.id not in block.defaults:
                inside.append(text)
            elif not is_one(value, block.defaults[parameter.id]):
                inside.append(f"{block.names[parameter.id]}={text}")
        text = f"{block.name}({', '.join(inside)})"
        if use.taken:
            pairs = zip(block.inputs, use.taken, strict=True)
            text += f"({', '.join(f'{name}={self.tap(tap)}' for name, tap in pairs)})"
        return text


#: What tensors are called that a loop hands on, the newest first.
CARRIED = ("x", "before", "earlier")

#: What has no default: how wide something is, and how often it comes.
WIDTHS = (*naming.WIDTHS, "count", "layers")

#: In which order people write what a block takes; the rest comes after, as it is met.
_ORDER = ("filters", "kernel_size", "strides")


def _rank(name: str) -> int:
    plain = name.rstrip("0123456789_")
    plain = "filters" if plain in naming.WIDTHS else plain  # widths stand together, as they are met
    return _ORDER.index(plain) if plain in _ORDER else len(_ORDER)


def _raw(value: Given, printer: Printer) -> Given:
    if isinstance(value, tuple):
        return tuple(_raw(item, printer) for item in value)
    return Raw(printer.parameter(value)) if isinstance(value, Parameter) else value


def _listed(branches: list[str]) -> str:
    """Write the list that a fork is; one that is a single loop needs no second brackets."""
    if len(branches) == 1 and branches[0].startswith("*["):
        return branches[0][1:]
    return f"[{', '.join(branches)}]"


def _is_one_beside(branches: list[Branch]) -> bool:
    """Tell whether each of several branches does something, to a tensor of its own."""
    sources = [branch.source for branch in branches]
    return (
        len(branches) > 2
        and all(branch.row for branch in branches)
        and len(set(sources)) == len(sources)
        and ARRIVING in sources
    )


def _arrow(before: str, stage: str) -> str:
    return f"{before} -> {stage}" if before else stage


def _operand(before: str) -> str:
    if not before:
        return "_"
    return before if _is_name(before) else f"({before})"


def _after_source(branch: Branch, body: _Body, arriving: str) -> str:
    """Give what a branch does to a tensor with a name; empty where it begins otherwise, or does nothing.

    `arriving` names what arrives, if that is one of several.
    """
    if (
        (branch.source == ARRIVING and not arriving)
        or not branch.row
        or any(item.tap is not None for item in walk(branch.row))
    ):
        return ""
    return body.chain(branch.row, "").join((" -> ", ""))


def _is_name(text: str) -> bool:
    return text.replace(".", "_").isidentifier() or (
        text.endswith("]") and "->" not in text and text[0] != "["
    )


def _of_one_list(columns: list[list[str]]) -> tuple[str, list[str]] | None:
    """Tell whether columns are outputs of all elements of one list, in order: its name, and which outputs."""
    found = [
        [re.fullmatch(r"(\w+)\[(\d+)\]\[(\d+)\]", text) for text in column] for column in columns
    ]
    if not found or any(match is None for column in found for match in column):
        return None
    parts = [[match.groups() for match in column if match is not None] for column in found]
    names = {name for column in parts for name, _, _ in column}
    in_order = all(
        [int(turn) for _, turn, _ in column] == list(range(len(column))) for column in parts
    )
    outputs = [{output for _, _, output in column} for column in parts]
    if len(names) != 1 or not in_order or any(len(output) != 1 for output in outputs):
        return None
    return names.pop(), [output.pop() for output in outputs]


def as_list(values: list[str], lengths: Mapping[str, int]) -> str:
    """Write a list; elements of another one that follow each other, forwards or backwards, as that or a part of it."""
    found = [re.fullmatch(r"(\w+)\[(\d+)\]", value) for value in values]
    names = {match[1] for match in found if match is not None}
    places = [int(match[2]) for match in found if match is not None]
    plain = f"[{', '.join(values)}]"
    if len(names) != 1 or len(places) < max(2, len(values)) or (name := names.pop()) not in lengths:
        return plain
    first, last, length = min(places), max(places), lengths[name]
    forwards = places == list(range(first, last + 1))
    if not forwards and places != list(range(last, first - 1, -1)):
        return plain
    start, stop = str(first) if first else "", str(last + 1) if last + 1 < length else ""
    part = f"{name}[{start}:{stop}]" if start or stop else name
    text = part if forwards else f"{part}[::-1]"
    return text if len(text) < len(plain) else plain


def _enters(row: list[Item]) -> bool:
    for item in walk(row):
        if isinstance(item, Side) and item.source == ENTERING:
            return True
        if isinstance(item, Join) and any(b.source == ENTERING for b in item.branches):
            return True
        if isinstance(item, Leaf) and any(s.tap == ENTERING for s in slots_in(item.named)):
            return True
    return False


def _is_operator(item: Item) -> bool:
    """Tell what is written with a sign, or brackets, after what it is applied to."""
    leaf = item.leaf if isinstance(item, Join) else item
    if isinstance(item, Join) and item.leaf.made.kind in MERGED:
        return False
    return (
        isinstance(leaf, Leaf)
        and leaf.weight is None
        and leaf.kind[0] == "op"
        and bool(leaf.kind[2])
        and (
            leaf.made.kind == INDEXED
            or leaf.made.kind in OPERATORS
            or leaf.made.kind in COMPARISONS
        )
    )


def _has_weights(row: list[Item]) -> bool:
    """Tell whether a row has weights of its own; those in loops are theirs."""
    pending = list(row)
    while pending:
        item = pending.pop()
        if isinstance(item, Leaf) and item.weight is not None:
            return True
        if isinstance(item, Join):
            pending.append(item.leaf)
        if not isinstance(item, Repeat):
            pending += [inner for inside in rows_in(item) for inner in inside]
    return False


def _is_short(row: list[Item]) -> bool:
    """Tell whether a row is written in place of a name: it is one stage, and nothing in it has a name."""
    return len(row) == 1 and isinstance(row[0], (Leaf, Use)) and not _has_weights(row)


def _names_nothing(item: Side) -> bool:
    """Tell whether a row names none of the tensors in it, but for what it gives."""
    return not referred_in(item.row) and not defined_in(item.row)


def _main(row: list[Item]) -> list[Item]:
    """Give a row without what stands beside it."""
    return [item for item in row if not isinstance(item, Side)]


def _only_takes(row: list[Item]) -> bool:
    return len(row) == 1 and isinstance(row[0], Leaf) and row[0].kind[0] == "take"


def _plain_values(program: Program, block: Block, parameter: Parameter) -> Iterator[Given]:
    """Give the values that a parameter has in all uses, through the blocks that pass it on."""
    owners = {id(other.row): other for other in program.blocks}
    for row in program.bodies():
        owner = owners.get(id(row))
        for item in walk(row):
            if isinstance(item, Use) and item.block is block:
                value = item.arguments[argument_name(parameter)]
                if not isinstance(value, Parameter):
                    yield value
                    continue
                outer = (
                    next((p for p in owner.parameters if p.id == value.id), None) if owner else None
                )
                if outer is not None and owner is not None:
                    yield from _plain_values(program, owner, outer)
                else:
                    yield from _column_values(row, value)


def _column_values(row: list[Item], parameter: Parameter) -> Iterator[Given]:
    for item in walk(row):
        if isinstance(item, Repeat):
            for place, column in enumerate(item.columns):
                rows = item.arguments.get("rows")
                if column.id == parameter.id and isinstance(rows, tuple):
                    yield from (
                        cells[place] for cells in rows if not isinstance(cells[place], Parameter)
                    )


__all__ = ["Printer", "plain", "referred_in"]
