"""What the functions that make and compile a model ask of a `train` block."""

from __future__ import annotations

import ast

from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.python.layout_statements import docstring_lines
from netdsl.emit.training.settings import Settings
from netdsl.emit.training.starting import starting
from netdsl.emit.training.words import (
    literal,
    parameters,
    passed_on,
    setting_text,
    spelled,
    used_by,
)

#: What `Model.compile` takes, in its order.
COMPILED = ("optimizer", "loss", "loss_weights", "metrics", "jit_compile", "steps_per_execution")


class Compiling(Settings):
    """The model, and how it is trained."""

    @property
    def _passed_on(self) -> tuple[str, ...]:
        """The hyperparameters of the block that the model has too."""
        return tuple(
            h.name for h in self.experiment.hyperparameters if h.is_of_block and h.reaches_model
        )

    @property
    def _has_more(self) -> bool:
        """Whether the model has hyperparameters that the block has not."""
        return any(not h.is_of_block for h in self.experiment.hyperparameters)

    @property
    def make_parameters(self) -> str:
        e = self.experiment
        given = parameters(self.words, e, (*self._passed_on, *used_by(e, *COMPILED)))
        more = ["**hyperparameters"] if self._has_more and self.words.written is not None else []
        return ", ".join([*given, *more])

    @property
    def model_call(self) -> str:
        arguments = passed_on(self.words, self.experiment, self._passed_on)
        more = ["**hyperparameters"] if self._has_more and self.words.written is not None else []
        return f"{self.words.called(self.experiment.model)}({', '.join([*arguments, *more])})"

    @property
    def compile_arguments(self) -> str:
        given = passed_on(self.words, self.experiment, used_by(self.experiment, *COMPILED))
        return "".join(f", {argument}" for argument in given)

    @property
    def making(self) -> list[str]:
        """The statements that make the model and compile it."""
        start = starting(self.words, self.experiment)
        compiles = f"return compile_model{self.ending}"
        if start is None:
            return [f"{compiles}({self.model_call}{self.compile_arguments})"]
        return [f"model = {self.model_call}", start, f"{compiles}(model{self.compile_arguments})"]

    @property
    def scope_indent(self) -> str:
        return " " * 4 * bool(self.scope)

    @property
    def compile_parameters(self) -> str:
        given = parameters(self.words, self.experiment, used_by(self.experiment, *COMPILED))
        return ", ".join(["model", *given])

    @property
    def compile_docstring(self) -> str:
        e = self.experiment
        found = [name.replace("_", " ") for name in COMPILED if name in e.settings]
        listed = " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)
        text = e.docstring or f"Set how {e.model} is trained: {listed}."
        return "\n".join(docstring_lines(text, 4))

    @property
    def compile_call(self) -> str:
        settings = ((name, self._setting(name)) for name in COMPILED)
        given = [(name, text) for name, text in settings if text is not None]
        if self.pads:
            given = [("weighted_metrics" if n == "metrics" else n, text) for n, text in given]
        return ", ".join(f"{name}={text}" for name, text in given)

    def _setting(self, name: str) -> str | None:
        """Spell a setting; what is said by the names of outputs that leave in a list, in their order."""
        setting = self.experiment.settings.get(name)
        if setting is None or not self.in_order:
            return setting_text(self.words, self.experiment, name)
        found, ports = spelled(self.words, self.experiment, setting), self.experiment.outputs
        nothing: ast.expr = code.list_of(()) if name == "metrics" else code.constant(None)
        by_output = isinstance(self.experiment.value("loss"), dict | list)
        if name == "loss_weights" and by_output and isinstance(setting.value, float | int):
            each = [nothing if port.loss is None else found for port in ports]
            return flat(code.list_of(each))
        if not isinstance(setting.value, dict):
            return flat(found)
        if not isinstance(found, ast.Dict):
            found = literal(setting.value, self.words)
        assert isinstance(found, ast.Dict)
        by_name = dict(zip(setting.value, found.values, strict=True))
        return flat(code.list_of(by_name.get(port.name, nothing) for port in ports))

    @property
    def output_names(self) -> str:
        """The names of outputs that leave in a list, where their layers are called otherwise."""
        ports = self.experiment.outputs
        if not self.in_order or all(port.name == port.layer for port in ports):
            return ""
        return flat(code.list_of(code.constant(port.name) for port in ports))
