"""From a Keras model to the spec a person would have written, proven to be the same network.

    read -> document -> regions -> folding -> names -> text -> proof

Each pass has a file and a data type of its own, and needs no Keras; `sources` reads files, `python` runs what a user
names, `checking` builds both models with Keras.
"""

from __future__ import annotations

from netdsl.importer.network import Live

__all__ = ["import_model"]


def import_model(model: Live, *, flat: bool = False) -> str:
    """Give the text of a spec for a live Keras model.

    Raises `netdsl.importer.errors.CannotImport`, a ValueError that names the layer, where it cannot be said in a spec.
    """
    from netdsl.importer.imported import imported
    from netdsl.importer.python import live_network

    return imported(live_network(model), str(model.name), flat=flat).text
