"""The part of a module that a `train` block gives: constants at its head, functions after the models.

What is written is decided here and in `sources.py`; how it reads stands in `templates/training`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from netdsl.catalog.kind import BoundLayer
from netdsl.elaborate.training.experiment import DataSource, Experiment, Strategy
from netdsl.emit.program import Part
from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.python.layout_statements import docstring_lines
from netdsl.emit.python.renaming import renamed
from netdsl.emit.python.spelling import unique
from netdsl.emit.python.tidy import tidy
from netdsl.emit.training.adapting import Adapted, adapted
from netdsl.emit.training.labels import labelled, labels_of, sorted_by_class
from netdsl.emit.training.sources import Place, Source, source_of
from netdsl.emit.training.starting import starting
from netdsl.emit.training.words import (
    Words,
    literal,
    parameters,
    passed_on,
    setting_text,
    spelled,
    used_by,
)
from netdsl.record import record
from netdsl.resources import resource_dir
from netdsl.syntax import tree
from netdsl.value import Value

#: What `Model.compile` takes, in its order.
COMPILED = ("optimizer", "loss", "loss_weights", "metrics", "jit_compile", "steps_per_execution")

#: What is imported under which name.
_IMPORTS = {
    **{name: f"import {name}" for name in (
        "atexit", "collections", "contextlib", "csv", "functools", "glob", "json", "math", "os", "shutil", "tempfile",
        "zipfile",
    )},
    "Path": "from pathlib import Path",
    "NamedTuple": "from typing import NamedTuple",
    "jax": "import jax",
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "tf": "import tensorflow as tf",
    "ParquetFile": "from pyarrow.parquet import ParquetFile",
}  # fmt: skip
_STANDARD = frozenset(list(_IMPORTS)[:14])


@record(eq=False)
class TrainingCode:
    """What the `train` blocks of a file add to its module."""

    constants: tuple[Part, ...] = ()
    functions: tuple[Part, ...] = ()
    end: tuple[Part, ...] = ()
    standard: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()  # names of the module's head that it uses
    before_keras: str = ""  # a statement that is to run before Keras is imported


def write_training(words: Words, experiments: Sequence[Experiment]) -> TrainingCode:
    """Write the functions of each `train` block; those of several end in the names of their models."""
    if not experiments:
        return TrainingCode()
    blocks = [_Block(words, e, len(experiments) > 1) for e in experiments]
    with_data = [block for block in blocks if block.source is not None]
    constants = "\n".join(line for block in blocks for line in block.constants())
    text = _rendered("data", blocks[0])
    for block in blocks:
        text += "\n\n" + block.functions()
    end = ""
    if with_data:
        keeping = next((b for b in with_data if b.several_processes), with_data[-1])
        end = _rendered("progress", keeping)
        constants += "\nIN_MEMORY = 2**29" if "IN_MEMORY" in text else ""
        if with_data[-1].ending:
            text += "\n\n" + _rendered("main_of_last", with_data[-1])
        end += '\n\nif __name__ == "__main__":\n    main()\n'
    on_jax = any(block.several_processes for block in blocks)
    found = _finished(words, constants, text, end)
    return replace(found, before_keras=_ON_JAX if on_jax else "")


_ON_JAX = 'os.environ.setdefault("KERAS_BACKEND", "jax")'


class _Block:
    """What the templates ask of one `train` block."""

    def __init__(self, words: Words, experiment: Experiment, is_one_of_several: bool) -> None:
        self.words = words
        self.experiment = experiment
        self.ending = f"_{words.function(experiment.model)}" if is_one_of_several else ""
        self.capitals = f"_{experiment.model.upper()}" if is_one_of_several else ""
        self.sources: dict[str, Source] = {}
        self.endings: dict[str, str] = {}
        for name in ("data", "validation", "test"):
            if isinstance(experiment.value(name), DataSource):
                self._add_source(name)
        self.source: Source | None = self.sources.get("data")

    def _add_source(self, name: str) -> None:
        """Add a source; one that is read otherwise than the training data has functions of its own."""
        setting, constant = self.experiment.settings[name], name.upper() + self.capitals
        place = Place(self.words, self.experiment, setting, constant, self.ending)
        source, first = source_of(place), self.sources.get("data")
        if first is not None and (source.kind, source.facts) != (first.kind, first.facts):
            place = replace(place, ending=f"{self.ending}_{name}")
            source = source_of(place)
        self.sources[name], self.endings[name] = source, place.ending

    def constants(self) -> Iterator[str]:
        """Give the settings that stand at the head of the module."""
        numbers: dict[str, Value] = {}
        e = self.experiment
        if self.source is not None or e.seed is not None:
            numbers["SEED"] = e.seed or 0
        numbers["BATCH_SIZE"] = e.batch_size
        numbers["EPOCHS"] = e.epochs
        for name in ("steps_per_epoch", "validation_split", "test_split", "precision", "device"):
            if e.value(name):
                numbers[name.upper()] = e.value(name)
        for name, value in numbers.items():
            yield f"{name}{self.capitals} = {flat(code.literal(value))}"
        for name, source in self.sources.items():
            if source.constant is not None:
                yield f"{name.upper()}{self.capitals} = {source.constant}"
        if self.class_weight and not e.settings["class_weight"].uses:
            text = setting_text(self.words, e, "class_weight")
            yield f"CLASS_WEIGHT{self.capitals} = {text}"

    @property
    def seed(self) -> str:
        return f"SEED{self.capitals}"

    @property
    def has_seed(self) -> bool:
        return self.source is not None or self.experiment.seed is not None

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
        arguments = passed_on(self.words, self.experiment, self._passed_on, to_model=True)
        more = ["**hyperparameters"] if self._has_more and self.words.written is not None else []
        return f"{self.words.function(self.experiment.model)}({', '.join([*arguments, *more])})"

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
    def in_order(self) -> bool:
        """Whether outputs leave the model in a list: losses, metrics and labels go by their order."""
        return self.experiment.graph.form == "list"

    @property
    def output_names(self) -> str:
        """The names of outputs that leave in a list, where their layers are called otherwise."""
        ports = self.experiment.outputs
        if not self.in_order or all(port.name == port.layer for port in ports):
            return ""
        return flat(code.list_of(code.constant(port.name) for port in ports))

    @property
    def ordered(self) -> tuple[str, str]:
        """What stands around a set of batches to put its labels in order."""
        return (f"in_order{self.ending}(", ")") if self.in_order else ("", "")

    @property
    def label_names(self) -> str:
        """Of each output the name of its labels; one without a loss has those of another, which are not looked at."""
        with_labels = [port.name for port in labelled(self.experiment)]
        ports = (port.name for port in self.experiment.outputs)
        names = [name if name in with_labels else with_labels[0] for name in ports]
        return flat(code.tuple_of(map(code.constant, names)))

    @property
    def memory_growth(self) -> bool:
        return self.experiment.value("memory_growth", True) is not False

    @property
    def is_tf_keras(self) -> bool:
        return self.words.is_tf_keras

    @property
    def precision(self) -> bool:
        return self.experiment.value("precision") is not None

    @property
    def weights_are_bfloat16(self) -> bool:
        """Whether weights are of a type that NumPy does not keep in files."""
        return self.experiment.value("precision") == "bfloat16"

    @property
    def device(self) -> bool:
        return self.experiment.value("device") is not None

    @property
    def indent(self) -> str:
        """What stands before a call that is made in the scope of the device."""
        return " " * 4 * self.device

    @property
    def gpus(self) -> str:
        """What finds GPUs, without a word where there are none."""
        if self.is_tf_keras:
            return 'tf.config.list_physical_devices("GPU")'
        return 'keras.distribution.list_devices("gpu")'

    @property
    def scope(self) -> str:
        """The scopes that the model is made in."""
        found = [f"device{self.ending}()"] * self.device
        if self.strategy is not None and not self.strategy.is_keras:
            found.append(f"strategy{self.ending}().scope()")
        return ", ".join(found)

    @property
    def strategy(self) -> _Strategy | None:
        found = self.experiment.value("distribute")
        return _Strategy(found, self.words) if isinstance(found, Strategy) else None

    @property
    def pads(self) -> bool:
        """Whether held-out data is padded to whole batches, as every device takes its share of each."""
        return self.strategy is not None

    @property
    def several_processes(self) -> bool:
        return self.strategy is not None and self.strategy.is_keras

    @property
    def load_parameters(self) -> str:
        names = used_by(self.experiment, "data", "validation", "test")
        return ", ".join(parameters(self.words, self.experiment, names))

    @property
    def set_apart(self) -> list[tuple[str, str]]:
        return [
            (name, f"{name.upper()}_SPLIT{self.capitals}")
            for name in ("test", "validation")
            if self.experiment.value(f"{name}_split") and name not in self.sources
        ]

    @property
    def load_docstring(self) -> str:
        assert self.source is not None
        apart = " and ".join(name for name, _ in reversed(self.set_apart))
        apart = f", set some apart for {apart}" if apart else ""
        text = f"Read {self.source.title}{apart}{', and' if apart else ' and'} make batches."
        return text.replace("\\", "\\\\").replace('"', '\\"')

    @property
    def reads(self) -> list[tuple[str, str]]:
        """What reads the sets, the training data first; where files lie is said once."""
        found = [(name, source.read) for name, source in self.sources.items()]
        if len(found) == 1 and not (self.words.data_folder and "here." in found[0][1]):
            return [(name, re.sub(r"\bhere\b", lambda _: self.here, read)) for name, read in found]
        return found

    @property
    def here(self) -> str:
        return self.words.here

    @property
    def has_here(self) -> bool:
        return any("here" in read for _, read in self.reads)

    @property
    def batched_apart(self) -> list[tuple[str, str]]:
        """The sets whose batches are made otherwise than those of the training data, with the function's ending."""
        assert self.source is not None
        return [
            (name, self.endings[name])
            for name, source in self.sources.items()
            if source.batches != self.source.batches
            or (source.batches == "folder_batches" and self.endings[name] != self.ending)
        ]

    @property
    def takes_datasets(self) -> bool:
        """Whether a source may be a Dataset, which is neither split nor put in order here."""
        return any(source.kind == "own" for source in self.sources.values())

    @property
    def text_labels(self) -> bool:
        encodes = any(source.encodes for source in self.sources.values())
        return encodes and sorted_by_class(self.experiment) is not None

    @property
    def single_output(self) -> bool:
        return len(self.experiment.outputs) == 1

    @property
    def class_outputs(self) -> str:
        named = [p.name for p in labelled(self.experiment) if labels_of(p) != "values"]
        return flat(code.list_of(map(code.constant, named)))

    @property
    def classes(self) -> str:
        """The labels that each part of a split has alike."""
        port = sorted_by_class(self.experiment)
        if port is None:
            return ""
        return "samples[1]" if self.single_output else f"samples[1][{port.name!r}]"

    @property
    def one_hot(self) -> bool:
        port = sorted_by_class(self.experiment)
        assert self.source is not None
        return port is not None and labels_of(port) == "one_hot" and self.source.batches == "arrays"

    @property
    def samples_count(self) -> str:
        return "len(tf.nest.flatten(samples)[0])"

    @property
    def steps_per_epoch(self) -> bool:
        return self.experiment.value("steps_per_epoch") is not None

    @property
    def augment(self) -> str:
        """The layers of augmentation, in a list."""
        setting = self.experiment.settings.get("augment")
        if setting is None:
            return ""
        value = setting.value
        layers = value.arguments.get("layers") if isinstance(value, BoundLayer) else None
        written = setting.written
        stages = written.stages if isinstance(written, tree.Pipe) else (written,)
        if self.words.written is not None and all(isinstance(s, tree.Call) for s in stages):
            made = [self.words.written.expression(self.experiment, stage) for stage in stages]
            return flat(code.list_of(map(_without_name, made)))
        found = layers if isinstance(layers, list) else [value]
        return flat(literal(found, self.words))

    @property
    def augment_parameters(self) -> str:
        return ", ".join(
            parameters(self.words, self.experiment, used_by(self.experiment, "augment"))
        )

    @property
    def augment_arguments(self) -> str:
        return ", ".join(
            passed_on(self.words, self.experiment, used_by(self.experiment, "augment"))
        )

    @property
    def augmented(self) -> str:
        """The function that changes the pictures of a batch, without its first word."""
        inputs = self.experiment.inputs
        if len(inputs) == 1:
            return "features, *rest: (augment(features, training=True), *rest)"
        port = next((p for p in inputs if len(p.shape) == 4), inputs[0])
        changed = f"{{**features, {port.name!r}: augment(features[{port.name!r}], training=True)}}"
        return f"features, *rest: ({changed}, *rest)"

    @property
    def adapt(self) -> list[Adapted]:
        return adapted(self.experiment)

    @property
    def train(self) -> str:
        if self.augment:
            return "train.prefetch(tf.data.AUTOTUNE)"
        return "data.train"

    @property
    def fit_parameters(self) -> str:
        used = used_by(self.experiment, "callbacks", "class_weight", "augment")
        given = [
            p
            for p in parameters(self.words, self.experiment, used)
            if p.partition("=")[0] not in ("epochs", "out", "resume", "verbose")
        ]
        kept = ["out=None", "resume=False"] if self.source is not None else []
        own = [f"epochs=EPOCHS{self.capitals}", *kept, "callbacks=()", 'verbose="auto"']
        return ", ".join(["model", "data", "*", *own, *given])

    @property
    def class_weight(self) -> bool:
        return bool(self.experiment.value("class_weight"))

    @property
    def fit_arguments(self) -> str:
        if not self.class_weight:
            return ""
        if self.experiment.settings["class_weight"].uses and self.words.written is not None:
            return f"class_weight={setting_text(self.words, self.experiment, 'class_weight')},"
        return f"class_weight=CLASS_WEIGHT{self.capitals},"

    @property
    def callbacks(self) -> str:
        """The callbacks of the block, each followed by a comma."""
        setting = self.experiment.settings.get("callbacks")
        if setting is None:
            return ""
        found = spelled(self.words, self.experiment, setting)
        if isinstance(found, ast.List):
            return "".join(f"{flat(item)}, " for item in found.elts)
        return f"*{flat(found)}, "

    @property
    def folder(self) -> str:
        return f"{self.words.stem}{self.ending}_run"

    def functions(self) -> str:
        """Give the text of the block's functions."""
        texts = [_rendered("model", self)]
        if "take_weights" in texts[0]:
            texts.append(_rendered("take_weights", self))
        if self.source is not None:
            texts.insert(0, _rendered("order", self))
            texts.append(self._rendered("load", "data"))
            for name, source in self.sources.items():
                texts += [self._rendered(template, name) for template in source.templates]
            texts += [_rendered("apart", self)] if self.set_apart else []
            texts.append(self._rendered(self.source.batches, "data"))
            for name, _ in self.batched_apart:
                texts.append(self._rendered(self.sources[name].batches, name))
        return "\n\n".join([*texts, _rendered("fit", self)])

    def _rendered(self, template: str, name: str) -> str:
        """Render a template for one of the sources."""
        source = self.sources[name]
        ending = self.ending if template == "load" else self.endings[name]
        return _template(template).render(t=self, s=ending, S=self.capitals, source=source)


def _without_name(made: ast.expr) -> ast.expr:
    """Leave out the name of a layer, which nothing asks for outside a model."""
    if isinstance(made, ast.Call):
        made.keywords = [k for k in made.keywords if k.arg != "name"]
    return made


class _Strategy:
    """How the work is shared out: the statements that make the strategy."""

    def __init__(self, strategy: Strategy, words: Words) -> None:
        self.is_keras = strategy.kind in ("DataParallel", "ModelParallel")
        given = {name: literal(value, words) for name, value in strategy.arguments.items()}
        if self.is_keras:  # each process makes its own share of a batch
            given["auto_shard_dataset"] = code.constant(False)
        if strategy.kind == "ModelParallel":
            self.lines = _model_parallel(given)
            return
        lines = list(_TPU) if strategy.kind == "TPUStrategy" else []
        module = "keras.distribution" if self.is_keras else "tf.distribute"
        positional = [code.name("resolver")] if lines else []
        made = code.call(f"{module}.{strategy.kind}", positional, list(given.items()))
        self.lines = [*lines, f"return {flat(made)}"]


_TPU = (
    "resolver = tf.distribute.cluster_resolver.TPUClusterResolver()",
    "tf.config.experimental_connect_to_cluster(resolver)",
    "tf.tpu.experimental.initialize_tpu_system(resolver)",
)


def _model_parallel(given: dict[str, ast.expr]) -> list[str]:
    """Lay the devices out as a mesh, of which each weight's axes take theirs."""
    mesh, layout = given.pop("mesh"), given.pop("layout")
    assert isinstance(mesh, ast.Dict)
    assert isinstance(layout, ast.Dict)
    axes = [key for key in mesh.keys if key is not None]
    made = [("layout_map", code.name("layout")), ("batch_dim_name", axes[0]), *given.items()]
    strategy = code.call("keras.distribution.ModelParallel", (), dict(made).items())
    return [
        f"mesh = keras.distribution.DeviceMesh({flat(code.tuple_of(mesh.values))}, {flat(code.list_of(axes))})",
        "layout = keras.distribution.LayoutMap(mesh)",
        *(
            f"layout[{flat(key)}] = {flat(code.tuple_of(value.elts))}"
            for key, value in zip(layout.keys, layout.values, strict=True)
            if key is not None and isinstance(value, ast.List | ast.Tuple)
        ),
        f"return {flat(strategy)}",
    ]


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(resource_dir("templates") / "training"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )


def _template(name: str) -> Template:
    return _environment().get_template(f"{name}.py.jinja")


def _rendered(template: str, block: _Block) -> str:
    return _template(template).render(t=block, s=block.ending, S=block.capitals)


def _finished(words: Words, constants: str, text: str, end: str) -> TrainingCode:
    """Lay the text out, drop what stands twice, and give it names that the module has not got."""
    whole = ast.parse(f"{constants}\n{text}\n{end}")
    own = list(dict.fromkeys([*_defined(whole), *_IMPORTS]))
    taken = set(words.taken)
    names: dict[str, str] = {}
    for name in own:
        if name in words.taken and name not in _PUBLIC:
            names[name] = unique(f"{name}_", taken | set(own))
            taken.add(names[name])
    used = {n.id for n in ast.walk(whole) if isinstance(n, ast.Name)}
    imports = {
        name: _imported(line, name, names.get(name, name))
        for name, line in _IMPORTS.items()
        if name in used
    }
    for node in ast.walk(whole):
        if isinstance(node, ast.Name) and node.id.startswith("load_") and node.id not in own:
            imports[node.id] = f"from sklearn.datasets import {node.id}"
    texts = [renamed(part, names) for part in (constants, text, end)]
    parts = [tuple(_parts(part)) for part in texts]
    return TrainingCode(
        parts[0],
        parts[1],
        parts[2],
        tuple(line for name, line in imports.items() if name in _STANDARD),
        tuple(line for name, line in imports.items() if name not in _STANDARD),
        frozenset(used & {"keras", "layers"}),
    )


#: Functions whose names are kept; a declaration of the spec that has one of them is a mistake.
_PUBLIC = ("Data", "load_data", "make_model", "compile_model", "fit", "evaluate", "predict", "main")


def _defined(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id


def _imported(line: str, name: str, here: str) -> str:
    return line if here == name else f"{line.removesuffix(f' as {name}')} as {here}"


def _parts(text: str) -> Iterator[Part]:
    """Cut a text into its definitions, each once, and what stands between them."""
    text = tidy(text)
    lines = text.split("\n")
    seen: set[str] = set()
    plain: list[str] = []
    for node in ast.parse(text).body:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(d.lineno for d in decorators)])
        found = "\n".join(lines[first - 1 : node.end_lineno])
        if isinstance(node, ast.Assign):
            plain.append(found)
        elif found not in seen:
            if plain:
                yield Part("\n".join(plain))
                plain = []
            seen.add(found)
            yield Part(found, True)
    if plain:
        yield Part("\n".join(plain))
