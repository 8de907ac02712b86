"""From a Keras model to the spec a person would have written, proven to be the same network.

    read -> document -> regions -> folding -> names -> text -> proof

Each pass has a file and a data type of its own, and needs no Keras; `sources` reads files, `python` runs what a user
names, `checking` builds both models with Keras.
"""

from __future__ import annotations

from os import PathLike

from netdsl.importer.network import Live

__all__ = ["import_model"]


def import_model(
    model: Live | str | PathLike[str],
    *,
    flat: bool = False,
    depth: int | None = None,
    check: bool = False,
    weights: str | None = None,
    call: str | None = None,
) -> str:
    """Give the text of a spec for a live Keras model, or for what `netdsl import` takes: a file, `module:function`.

    The options are those of the command: `check` builds both with Keras and compares outputs, `weights` saves them to a
    file `….weights.h5`. Raises `netdsl.importer.errors.CannotImport`, a ValueError that names the layer, where it
    cannot be said in a spec, or the spec would be another model.
    """
    from netdsl.importer.imported import imported
    from netdsl.importer.opening import opened

    if weights is not None and not weights.endswith(".weights.h5"):
        raise ValueError(
            "weights= takes a file whose name ends in `.weights.h5`, as Keras wants it"
        )
    found = opened(model, call)
    spec = imported(found.network, found.source, flat=flat, depth=depth)
    found.with_keras(spec, check=check, weights=weights, say=lambda text: None)
    return spec.text
