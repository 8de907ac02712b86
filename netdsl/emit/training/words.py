"""How the values of a `train` block are spelled in the module: as they are written, or as they came out."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping

from netdsl.catalog.kind import BoundLayer, ExternFunction, ObjectValue
from netdsl.catalog.signature import FAMILY_MODULES, families_of
from netdsl.catalog.spell import spell
from netdsl.elaborate.training.experiment import Experiment, Hyperparameter, Setting
from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.python.spelling import kept_name
from netdsl.record import record
from netdsl.syntax import tree
from netdsl.value import Value

#: What stands before names of the spec's own, declarations and hyperparameters, until the helpers that have the same
#: names have made way for them.
OWN = "own__"


@record(eq=False)
class Written:
    """How what a block says is spelled as it is written, in terms of hyperparameters."""

    expression: Callable[[Experiment, tree.Expr], ast.expr]
    default: Callable[[Experiment, Hyperparameter], ast.expr | None]


@record(eq=False)
class Words:
    """What the writer of the rest of the module tells of it."""

    function: Callable[[str], str]  # the function of a model
    written: Written | None  # None where values are spelled as they came out
    extern: Callable[[ExternFunction], str]  # the name here of a function of the user's own
    stem: str  # the name of the file
    is_tf_keras: bool
    taken: frozenset[str]  # names that the module has already
    data_folder: str = ""  # the way from the folder of the module to that of the spec

    def called(self, model: str) -> str:
        """Spell the function of a model where it is called."""
        return OWN + self.function(model)

    @property
    def here(self) -> str:
        """The expression for the folder that paths of data are relative to."""
        way = f" / {spell(self.data_folder)}" if self.data_folder else ""
        return f"Path(__file__).parent{way}"


def setting_text(words: Words, experiment: Experiment, name: str) -> str | None:
    """Spell a setting on one line; None where it is not set."""
    setting = experiment.settings.get(name)
    return None if setting is None else flat(spelled(words, experiment, setting))


def spelled(words: Words, experiment: Experiment, setting: Setting) -> ast.expr:
    """Spell a setting."""
    if words.written is not None and (setting.uses or not _is_of_several(setting.value)):
        return written(words, experiment, setting.written)
    return literal(setting.value, words)


def written(words: Words, experiment: Experiment, expression: tree.Expr) -> ast.expr:
    """Spell what a block says as it is written."""
    assert words.written is not None
    found = words.written.expression(experiment, expression)
    return _marked(found, words, experiment)


def _marked(found: ast.expr, words: Words, experiment: Experiment) -> ast.expr:
    own = words.taken | {kept_name(h.name) for h in experiment.hyperparameters}
    for node in ast.walk(found):
        if isinstance(node, ast.Name) and node.id in own:
            node.id = OWN + node.id
    return found


def _is_of_several(value: Value) -> bool:
    """Tell an object whose name is one of several families: as it is written, it may be any of them."""
    if isinstance(value, ObjectValue):
        return sum(family in FAMILY_MODULES for family in families_of(value.kind)) > 1
    items = value.values() if isinstance(value, Mapping) else value
    return (
        isinstance(items, Iterable)
        and not isinstance(items, str)
        and any(map(_is_of_several, items))
    )


def literal(value: Value, words: Words) -> ast.expr:
    """Spell a value; objects of the catalogue are made, their arguments by name."""
    match value:
        case ExternFunction():
            return code.name(OWN + words.extern(value))
        case ObjectValue(module=module) if module:
            own = OWN + words.extern(ExternFunction(value.name, module))
            return code.call(own, (), [(k, literal(v, words)) for k, v in value.arguments.items()])
        case ObjectValue(family, kind, arguments):
            path = f"keras.{FAMILY_MODULES[family]}.{kind}"
            return code.call(path, (), [(k, literal(v, words)) for k, v in arguments.items()])
        case BoundLayer():
            given = [(k, literal(v, words)) for k, v in value.written.items()]
            return code.call(f"layers.{value.kind}", (), given)
        case list() | tuple():
            return code.list_of(literal(item, words) for item in value)
        case Mapping():
            keys = [code.literal(key) for key in value]
            return ast.Dict(list(keys), [literal(item, words) for item in value.values()])
        case _:
            return code.literal(value)


def parameters(words: Words, experiment: Experiment, names: tuple[str, ...]) -> list[str]:
    """Spell hyperparameters as parameters with their defaults: `lr=1e-3`."""
    if words.written is None:
        return []
    found = [h for h in experiment.hyperparameters if h.name in names]
    return [_parameter(words, experiment, h) for h in found]


def _parameter(words: Words, experiment: Experiment, hyperparameter: Hyperparameter) -> str:
    assert words.written is not None
    name, default = (
        OWN + kept_name(hyperparameter.name),
        words.written.default(experiment, hyperparameter),
    )
    return name if default is None else f"{name}={flat(_marked(default, words, experiment))}"


def passed_on(words: Words, experiment: Experiment, names: tuple[str, ...]) -> list[str]:
    """Spell hyperparameters as arguments: `lr=lr`."""
    if words.written is None:
        return []
    own = [OWN + kept_name(h.name) for h in experiment.hyperparameters if h.name in names]
    return [f"{name}={name}" for name in own]


def used_by(experiment: Experiment, *settings: str) -> tuple[str, ...]:
    """Name the hyperparameters of the block that some settings use."""
    named = {
        name for s in settings if s in experiment.settings for name in experiment.settings[s].uses
    }
    return tuple(h.name for h in experiment.hyperparameters if h.name in named)
