"""The part of a module that a `train` block gives: constants at its head, functions after the models.

What is written is decided in the modules beside this one; how it reads stands in `templates/training`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netdsl.elaborate.training.experiment import Experiment
from netdsl.emit.training.compiling import Compiling
from netdsl.emit.training.finishing import TrainingCode, finished
from netdsl.emit.training.fitting import Fitting
from netdsl.emit.training.joining import joined
from netdsl.emit.training.reading import Reading
from netdsl.emit.training.rendering import template as template_of
from netdsl.emit.training.words import Words


def write_training(words: Words, experiments: Sequence[Experiment]) -> TrainingCode:
    """Write the functions of each `train` block; those of several end in the names of their models."""
    if not experiments:
        return TrainingCode()
    blocks = [Block(words, e, len(experiments) > 1) for e in experiments]
    names_given = _names_differ(blocks)
    for block in blocks:
        block.names_given = names_given
    with_data = [block for block in blocks if block.source is not None]
    constants = "\n".join(line for block in blocks for line in block.constants())
    texts = [block.functions() for block in blocks]
    if len(blocks) > 1:
        ends = ((block.ending, block.capitals) for block in blocks)
        texts = joined([(text, *end) for text, end in zip(texts, ends, strict=True)])
    text = "\n\n".join([rendered("data", blocks[0]), *texts])
    end = ""
    if with_data:
        keeping = next((b for b in with_data if b.several_processes), with_data[-1])
        end = rendered("progress", keeping)
        constants += "\nIN_MEMORY = 2**29" if "IN_MEMORY" in text else ""
        if with_data[-1].ending:
            text += "\n\n" + rendered("main_of_last", with_data[-1])
        end += '\n\nif __name__ == "__main__":\n    main()\n'
    on_jax = any(block.several_processes for block in blocks)
    found = finished(words, constants, text, end)
    return replace(found, before_keras=_ON_JAX if on_jax else "")


def _names_differ(blocks: Sequence[Block]) -> bool:
    """Tell whether blocks read arrays in the same way but for their names, which the reader then takes."""
    sources = (source for block in blocks for source in block.sources.values())
    facts = [source.facts for source in sources if source.kind == "npz"]
    is_alike = len({(found["names"] != "", found["picked"]) for found in facts}) == 1
    return is_alike and len({found["names"] for found in facts}) > 1


_ON_JAX = 'os.environ.setdefault("KERAS_BACKEND", "jax")'


class Block(Compiling, Reading, Fitting):
    """What the templates ask of one `train` block."""

    def functions(self) -> str:
        """Give the text of the block's functions."""
        texts = [rendered("model", self)]
        if "take_weights" in texts[0]:
            texts.append(rendered("take_weights", self))
        if self.source is not None:
            texts.insert(0, rendered("order", self))
            texts.append(self._rendered("load", "data"))
            for name, source in self.sources.items():
                texts += [self._rendered(template, name) for template in source.templates]
            texts += [rendered("apart", self)] if self.set_apart else []
            texts.append(self._rendered(self.source.batches, "data"))
            for name, _ in self.batched_apart:
                texts.append(self._rendered(self.sources[name].batches, name))
        return "\n\n".join([*texts, rendered("fit", self)])

    def _rendered(self, template: str, name: str) -> str:
        """Render a template for one of the sources."""
        source = self.sources[name]
        ending = self.ending if template == "load" else self.endings[name]
        return template_of(template).render(t=self, s=ending, S=self.capitals, source=source)


def rendered(template: str, block: Block) -> str:
    return template_of(template).render(t=block, s=block.ending, S=block.capitals)
