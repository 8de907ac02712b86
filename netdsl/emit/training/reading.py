"""What the functions that read data and make batches ask of a `train` block."""

from __future__ import annotations

import re

from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.training.labels import labelled, labels_of, sorted_by_class
from netdsl.emit.training.settings import Settings
from netdsl.emit.training.sources import Source
from netdsl.emit.training.words import parameters, used_by


class Reading(Settings):
    """The data: where it is, what is set apart, how it is batched."""

    names_given = False  # whether the reader of arrays takes their names

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
        then = ", set some apart, and" if self.set_apart else " and"
        text = f"Read {self.source.title}{then} make batches."
        return text.replace("\\", "\\\\").replace('"', '\\"')

    @property
    def reads(self) -> list[tuple[str, str]]:
        """What reads the sets, the training data first; where files lie is said once."""
        found = [(name, self._read(source)) for name, source in self.sources.items()]
        if len(found) == 1 and not (self.words.data_folder and "here." in found[0][1]):
            return [(name, re.sub(r"\bhere\b", lambda _: self.here, read)) for name, read in found]
        return found

    def _read(self, source: Source) -> str:
        if self.names_given and source.kind == "npz":
            return f"{source.read[:-1]}, {source.names})"
        return source.read

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
    def in_files(self) -> str:
        """The arrays that may stay in files; all others are held in memory."""
        sources = self.sources.values()
        kinds = ["OnDisk"] if any("disk" in source.templates for source in sources) else []
        return " | ".join(kinds + ["np.memmap"] * self.takes_datasets)

    @property
    def text_labels(self) -> bool:
        encodes = any(source.encodes for source in self.sources.values())
        return encodes and sorted_by_class(self.experiment) is not None

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
