"""What a source names: a model that is read, and how it is made live where Keras is to build it too."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike, fspath
from typing import TYPE_CHECKING

from netdsl.importer.network import Live, Network
from netdsl.record import record

if TYPE_CHECKING:
    from netdsl.importer.imported import Imported

#: What is told while something takes long.
Say = Callable[[str], None]


@record(eq=False)
class Opened:
    """A model that was read; `live` gives it as Keras has it, and is asked for where it is needed."""

    source: str
    network: Network
    live: Callable[[], Live]

    def with_keras(
        self, found: Imported, *, check: bool, weights: str | None, say: Say
    ) -> list[str]:
        """Build both models with Keras: compare what they give, save the weights; give what is told of it."""
        if not check and weights is None:
            return []
        from netdsl.importer.checking import compare_outputs, paired

        say("building both with Keras")
        pair = paired(self.live, found, self.source)
        told = []
        if weights is not None:
            pair.new.save_weights(weights)
            told.append(f"{weights} holds the weights, which load into the model of the spec")
        if check:
            say("comparing what both give")
            told.append(compare_outputs(pair, self.source))
        return told


def opened(source: str | PathLike[str] | Live, call: str | None = None) -> Opened:
    """Open a file, what names Python, or a live model."""
    from netdsl.importer import python
    from netdsl.importer.sources import read_file

    if not isinstance(source, (str, PathLike)):
        model, name = source, str(source.name)
        return Opened(name, python.live_network(model), lambda: model)
    path = fspath(source)
    if python.is_python(path) or call is not None:
        made = python.made_by(path, call)
        return Opened(path, python.named(python.live_network(made, path), path), lambda: made)

    def load() -> Live:
        from netdsl.importer.checking import live_model

        return live_model(path)

    return Opened(path, read_file(path), load)
