"""Turns what the parser has read into the nodes of `netdsl/syntax/tree.py`.

The parser calls a method of `Builder` for each rule it completes, bottom up, with the rule's span and the values of
its parts; a method is named for its rule in `grammar/netdsl.lark`. A statement that holds a fault is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.source import Span
from netdsl.syntax import braces, faults, rests, tree
from netdsl.syntax.build_expressions import ExpressionBuilder

if TYPE_CHECKING:
    from netdsl.syntax.reductions import Parsed


class Faulty(NamedTuple):
    """Stands in a list of statements for one that is left out, until the list is complete."""

    span: Span
    faults: tuple[Diagnostic, ...]


class Builder(ExpressionBuilder):
    """Makes the nodes of files, statements and types."""

    def _add(self, span: Span, statements: Sequence[Parsed]) -> list[Parsed]:
        """Put a statement at the end of its list, or what stands for it if it holds faults."""
        if not statements:
            return []
        found: list[Parsed] = statements[0]
        statement = statements[1]
        start = statement.span.start
        faults_within = [fault for fault in self._faults if fault.primary.span.start >= start]
        if faults_within:
            self.forget_after(start)
            self.has_left_out = True
            found.append(Faulty(statement.span, tuple(faults_within)))
        else:
            found.append(statement)
        return found

    def _sound(self, statements: list[Parsed]) -> tuple[Parsed, ...]:
        """Report the faults of a list of statements, and give those that have none."""
        for statement in statements:
            if isinstance(statement, Faulty):
                for fault in statement.faults:
                    self._report(fault)
        return tuple(s for s in statements if not isinstance(s, Faulty))

    def module(self, span: Span, docstring: str | None, statements: list[Parsed]) -> tree.Module:
        whole = Span(self._file, 0, len(self._file.text))
        return tree.Module(whole, self._file, docstring, self._sound(statements))

    def docstring(self, span: Span, literal: Span) -> str:
        return self._string_value(literal)

    def top_statements(self, span: Span, *parts: Parsed) -> list[Parsed]:
        return self._add(span, parts)

    def body_statements(self, span: Span, *parts: Parsed) -> list[Parsed]:
        return self._add(span, parts)

    def inner_statements(self, span: Span, *parts: Parsed) -> list[Parsed]:
        return self._add(span, parts if isinstance(parts[0], list) else ([], *parts))

    def statements(self, span: Span, statements: list[Parsed]) -> tree.Statements:
        sound = self._sound(statements)
        if len(sound) == len(statements):
            for problem in braces.in_statements(span, sound):
                self.fault(problem)
        return tree.Statements(span, sound)

    def settings(self, span: Span, *parts: Parsed) -> list[Parsed]:
        return self._add(span, parts)

    def import_from(
        self, span: Span, source: tuple[Span, str | None], *names: tree.ImportedName
    ) -> tree.Import:
        where, module = source
        path = self._string_value(where) if module is None else None
        return tree.Import(span, path, module, names, where)

    def file_source(self, span: Span, literal: Span) -> tuple[Span, str | None]:
        return span, None

    def module_source(self, span: Span, *parts: Span) -> tuple[Span, str | None]:
        return span, ".".join(part.text for part in parts)

    def imported_name(self, span: Span, name: Span, alias: Span | None) -> tree.ImportedName:
        return tree.ImportedName(span, self._id(name), None if alias is None else self._id(alias))

    def let(self, span: Span, name: Span, value: tree.Expr) -> tree.Let:
        return tree.Let(span, self._id(name), value, name)

    def function(
        self, span: Span, name: Span, parameters: tuple[tree.Parameter, ...], value: tree.Expr
    ) -> tree.Function:
        return tree.Function(span, self._id(name), parameters, value, name)

    def defaults(
        self, span: Span, layers: tuple[tree.Name, ...], *arguments: tree.Argument
    ) -> tree.Defaults:
        return tree.Defaults(span, layers, self._checked(arguments))

    def default_layers(self, span: Span, *names: Span) -> tuple[tree.Name, ...]:
        return tuple(tree.Name(name, self._id(name)) for name in names)

    def block(
        self,
        span: Span,
        name: Span,
        parameters: tuple[tree.Parameter, ...] | None,
        body: tree.Expr | tree.Body,
    ) -> tree.Block:
        for statement in body.statements if isinstance(body, tree.Body) else ():
            if isinstance(statement, tree.Inputs):
                self.fault(braces.in_no_model(statement, "a block"))
        return tree.Block(span, self._id(name), parameters or (), body, name)

    def model(
        self, span: Span, name: Span, parameters: tuple[tree.Parameter, ...] | None, body: tree.Body
    ) -> tree.Model:
        return tree.Model(span, self._id(name), parameters or (), body, name)

    def specialised_model(self, span: Span, name: Span, value: tree.Expr) -> tree.SpecialisedModel:
        return tree.SpecialisedModel(span, self._id(name), value, name)

    def train(
        self,
        span: Span,
        model: Span,
        parameters: tuple[tree.Parameter, ...] | None,
        docstring: str | None,
        settings: list[tree.Setting],
    ) -> tree.Train:
        sound = self._sound(settings)
        return tree.Train(span, self._id(model), sound, model, docstring, parameters or ())

    def setting(self, span: Span, name: Span, value: tree.Expr) -> tree.Setting:
        return tree.Setting(span, self._id(name), value, name)

    def extern_layer(
        self,
        span: Span,
        name: Span,
        parameters: tuple[tree.Parameter, ...] | None,
        inputs: tuple[tree.TensorType, ...],
        outputs: tuple[tree.TensorType, ...],
        weights: tuple[tree.TensorType, ...] | tree.Arriving | None,
        module: Span,
    ) -> tree.ExternLayer:
        path = self._string_value(module)
        for problem in rests.in_declaration(inputs, outputs):
            self.fault(problem)
        return tree.ExternLayer(
            span,
            self._id(name),
            parameters or (),
            inputs,
            outputs,
            () if weights is None else weights,
            path,
            name,
            module,
        )

    def owned_weights(self, span: Span, *types: tree.TensorType) -> tuple[tree.TensorType, ...]:
        for written in types:
            self._check_sizes(written)
        return types

    def _check_sizes(self, written: tree.TensorType | None) -> None:
        for problem in () if written is None else rests.anywhere_else(written):
            self.fault(problem)

    def untold_weights(self, span: Span) -> tree.Arriving:
        return tree.Arriving(span)

    def extern_fn(self, span: Span, name: Span, module: Span) -> tree.ExternFn:
        return tree.ExternFn(span, self._id(name), self._string_value(module), name, module)

    def extern_object(
        self,
        span: Span,
        family: Span,
        name: Span,
        parameters: tuple[tree.Parameter, ...] | None,
        module: Span,
    ) -> tree.ExternObject:
        for problem in faults.in_family(family, name):
            self.fault(problem)
        path, declared = self._string_value(module), parameters or ()
        return tree.ExternObject(
            span, family.text, self._id(name), declared, path, family, name, module
        )

    def parameters(self, span: Span, *parameters: tree.Parameter) -> tuple[tree.Parameter, ...]:
        for problem in faults.in_parameters(parameters):
            self.fault(problem)
        return parameters[: faults.MOST_PARAMETERS]

    def parameter(
        self,
        span: Span,
        name: Span,
        type_name: Span | None,
        tried: tree.Expr | None,
        default: tree.Expr | None,
    ) -> tree.Parameter:
        written = None if type_name is None else self._id(type_name)
        return tree.Parameter(span, self._id(name), written, default, name, type_name, tried)

    def body(self, span: Span, docstring: str | None, statements: list[Parsed]) -> tree.Body:
        return tree.Body(span, docstring, self._sound(statements))

    def input(self, span: Span, name: Span, type_: tree.TensorType | None) -> tree.Input:
        self._check_sizes(type_)
        return tree.Input(span, self._id(name), type_, name)

    def inputs(
        self, span: Span, name: Span, group: tree.InputTable | tree.InputComprehension
    ) -> tree.Inputs:
        return tree.Inputs(span, self._id(name), group, name)

    def input_group(self, span: Span, *pairs: tree.InputPair) -> tree.InputTable:
        return tree.InputTable(span, tuple(pair for pair in pairs if pair is not None))

    def input_comprehension(
        self, span: Span, pair: tree.InputPair, *clauses: tree.Clause
    ) -> tree.InputComprehension:
        return tree.InputComprehension(span, pair, clauses)

    def input_pair(self, span: Span, key: tree.Expr, type_: tree.InputType) -> tree.InputPair:
        if isinstance(type_, tree.TensorType):
            self._check_sizes(type_)
        return tree.InputPair(span, key, type_)

    def type_choice(
        self, span: Span, then: tree.TensorType, condition: tree.Expr, otherwise: tree.InputType
    ) -> tree.TypeChoice:
        self._check_sizes(then)
        return tree.TypeChoice(span, condition, then, otherwise)

    def assertion(self, span: Span, condition: tree.Expr, message: tree.Expr | None) -> tree.Assert:
        return tree.Assert(span, condition, message)

    def layer(self, span: Span, name: Span, value: tree.Expr) -> tree.LayerDecl:
        return tree.LayerDecl(span, self._id(name), value, name)

    def weight(
        self, span: Span, name: Span, type_: tree.TensorType | None, value: tree.Expr | None
    ) -> tree.WeightDecl:
        self._check_sizes(type_)
        return tree.WeightDecl(span, self._id(name), type_, value, name)

    def bind(self, span: Span, target: tree.Pattern, value: tree.Expr) -> tree.Bind:
        return tree.Bind(span, target, value)

    def plain_output(self, span: Span, value: tree.Expr) -> tree.Output:
        if isinstance(value, tree.Pipe) and isinstance(value.stages[0], tree.Compare):
            for problem in faults.in_comparison(value.stages[0]):
                self.fault(problem)
        return tree.Output(span, None, value)

    def named_output(self, span: Span, name: Span, value: tree.Expr) -> tree.Output:
        return tree.Output(span, self._id(name), value, name)

    def name_target(self, span: Span, name: Span) -> tree.NamePattern:
        return tree.NamePattern(span, self._id(name))

    name_pattern = name_target

    def tuple_pattern(self, span: Span, *parts: tree.Pattern) -> tree.TuplePattern:
        return tree.TuplePattern(span, parts)

    def pattern_group(self, span: Span, pattern: tree.Pattern) -> tree.Pattern:
        return pattern

    def tensor_type(
        self,
        span: Span,
        dtype: Span | None,
        dims: tuple[tree.Expr, ...] | None,
        options: tuple[tree.Argument, ...] | None,
    ) -> tree.TensorType:
        name = None if dtype is None else self._id(dtype)
        return tree.TensorType(span, name, dims or (), self._checked(options or ()), dtype)

    def dimensions(self, span: Span, *dims: tree.Expr) -> tuple[tree.Expr, ...]:
        return dims

    def unknown_dimension(self, span: Span) -> tree.Arriving:
        return tree.Arriving(span)

    def tensor_types(self, span: Span, *types: tree.TensorType) -> tuple[tree.TensorType, ...]:
        return types
