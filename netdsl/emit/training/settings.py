"""What all functions of a `train` block ask of it: its sources and constants, the devices that it runs on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netdsl.elaborate.training.experiment import DataSource, Experiment, Strategy
from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.training.devices import SharedOut
from netdsl.emit.training.sources import Place, Source, source_of
from netdsl.emit.training.words import Words, setting_text
from netdsl.value import Value


class Settings:
    """One `train` block; the name of its model ends those of its functions where there are several blocks."""

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
        if e.value("class_weight") and not e.settings["class_weight"].uses:
            text = setting_text(self.words, e, "class_weight")
            yield f"CLASS_WEIGHT{self.capitals} = {text}"

    @property
    def seed(self) -> str:
        return f"SEED{self.capitals}"

    @property
    def has_seed(self) -> bool:
        return self.source is not None or self.experiment.seed is not None

    @property
    def in_order(self) -> bool:
        """Whether outputs leave the model in a list: losses, metrics and labels go by their order."""
        return self.experiment.graph.form == "list"

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
    def strategy(self) -> SharedOut | None:
        found = self.experiment.value("distribute")
        return SharedOut(found, self.words) if isinstance(found, Strategy) else None

    @property
    def pads(self) -> bool:
        """Whether held-out data is padded to whole batches, as every device takes its share of each."""
        return self.strategy is not None

    @property
    def several_processes(self) -> bool:
        return self.strategy is not None and self.strategy.is_keras

    @property
    def single_output(self) -> bool:
        return len(self.experiment.outputs) == 1
