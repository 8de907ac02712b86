"""What is written for a source of data, and what its writers share: paths, arguments, features and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field

from netdsl.catalog.spell import spell
from netdsl.elaborate.training.experiment import DataSource, Experiment, Port, Setting
from netdsl.emit.python.layout import flat
from netdsl.emit.training.labels import labelled
from netdsl.emit.training.words import Words, literal, written
from netdsl.record import record
from netdsl.syntax import tree
from netdsl.value import Value


@record(eq=False)
class Source:
    """A source: its templates with what they need, the constant that says where it is, and the call that reads it."""

    kind: str
    templates: tuple[str, ...]
    title: str
    read: str
    constant: str | None = None
    batches: str = "arrays"  # the template that makes batches
    facts: Mapping[str, object] = field(default_factory=dict)
    encodes: bool = False  # whether labels may be text

    def __getattr__(self, name: str) -> object:
        if name == "facts" or name not in self.facts:
            raise AttributeError(name)
        return self.facts[name]


@record(eq=False)
class Place:
    """Where a source stands: its setting, the constant for its path, the ending of its functions' names."""

    words: Words
    experiment: Experiment
    setting: Setting
    constant: str
    ending: str

    @property
    def source(self) -> DataSource:
        assert isinstance(self.setting.value, DataSource)
        return self.setting.value

    @property
    def is_open(self) -> bool:
        """Whether what it says hangs on hyperparameters."""
        return bool(self.setting.uses) and self.words.written is not None

    @property
    def title(self) -> str:
        """What a docstring calls it."""
        path = self.source.arguments.get("path")
        if isinstance(path, list | tuple):
            return f"{len(path)} files"
        return "the data" if self.is_open else str(path).rstrip("/").rpartition("/")[2]

    @property
    def weight(self) -> str | None:
        """The name of the array, column or feature that weighs samples."""
        found = self.source.arguments.get("sample_weight") or self.experiment.value("sample_weight")
        return found if isinstance(found, str) else None

    def argument(self, name: str) -> str | None:
        """Spell an argument, as it is written where it names hyperparameters."""
        arguments = self.source.arguments
        if name not in arguments:
            return None
        call = self.setting.written
        if self.is_open and isinstance(call, tree.Call):
            found = dict(zip(arguments, call.arguments, strict=False))
            return flat(written(self.words, self.experiment, found[name].value))
        return flat(literal(arguments[name], self.words))

    def path(self) -> tuple[str, str | None]:
        """Spell the path, and the constant's value where it is one."""
        spelled = self.argument("path") or '""'
        return (spelled, None) if self.is_open else (self.constant, spelled)

    def paths(self) -> tuple[str, str | None]:
        """Spell a list of files: one, several, or all that a pattern finds."""
        name, constant = self.path()
        value = self.source.arguments.get("path")
        if isinstance(value, list | tuple):
            if any(map(_is_pattern, value)):
                return f"[path for pattern in {name} for path in here.glob(pattern)]", constant
            return f"[here / path for path in {name}]", constant
        if not _is_pattern(value):
            return f"[here / {name}]", constant
        return (
            f"glob.glob({name})" if str(value).startswith("/") else f"here.glob({name})",
            constant,
        )


def _is_pattern(value: object) -> bool:
    return any(letter in str(value) for letter in "*?[")


def of_inputs(experiment: Experiment, of: Callable[[Port], str]) -> str:
    """Spell the features: one tensor as itself, several as a dict by their names."""
    return _structure(experiment.inputs, len(experiment.inputs) > 1, of)


def of_outputs(experiment: Experiment, of: Callable[[Port], str]) -> str:
    """Spell the labels: of the one output, or of those that have a loss by their names."""
    return _structure(labelled(experiment), len(experiment.outputs) > 1, of)


def _structure(ports: Iterable[Port], several: bool, of: Callable[[Port], str]) -> str:
    if not several:
        return of(next(iter(ports)))
    return "{" + ", ".join(f"{spell(port.name)}: {of(port)}" for port in ports) + "}"


def names_of(value: Value, ports: Iterable[Port]) -> dict[str, Value]:
    """Give what is said for each tensor: by its name, or for the only one."""
    known = [port.name for port in ports]
    if isinstance(value, dict):
        return {str(key): item for key, item in value.items()}
    if value is None or len(known) > 1:  # several go by their own names
        return {}
    return {known[0]: value}


def is_size_one(port: Port) -> bool:
    """Tell a tensor of one number, or one text, a sample."""
    return port.shape[1:] in ((), (1,))
