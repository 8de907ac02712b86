"""What the functions that train, and what they need, ask of a `train` block."""

from __future__ import annotations

import ast

from netdsl.catalog.kind import BoundLayer
from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.training.adapting import Adapted, adapted
from netdsl.emit.training.settings import Settings
from netdsl.emit.training.words import (
    OWN,
    literal,
    parameters,
    passed_on,
    setting_text,
    spelled,
    used_by,
    written,
)
from netdsl.syntax import tree


class Fitting(Settings):
    """Augmentation, layers that learn from data before, weights of classes, callbacks."""

    @property
    def augment(self) -> str:
        """The layers of augmentation, in a list."""
        setting = self.experiment.settings.get("augment")
        if setting is None:
            return ""
        value = setting.value
        layers = value.arguments.get("layers") if isinstance(value, BoundLayer) else None
        chain = setting.written
        stages = chain.stages if isinstance(chain, tree.Pipe) else (chain,)
        if self.words.written is not None and all(isinstance(s, tree.Call) for s in stages):
            made = [written(self.words, self.experiment, stage) for stage in stages]
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
            if p.partition("=")[0].removeprefix(OWN) not in ("epochs", "out", "resume", "verbose")
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


def _without_name(made: ast.expr) -> ast.expr:
    """Leave out the name of a layer, which nothing asks for outside a model."""
    if isinstance(made, ast.Call):
        made.keywords = [k for k in made.keywords if k.arg != "name"]
    return made
