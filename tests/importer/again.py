"""Specs that come back from the networks that they are, without Keras between the two."""

from __future__ import annotations

from netdsl.importer.elaborated import elaborated
from netdsl.importer.graphs import network_of
from netdsl.importer.imported import imported


def again(text: str) -> str:
    """Give the spec of a model `M` as it is imported, on one line."""
    found = elaborated(text)
    assert found.error is None, (found.error.title, found.error.primary.text)
    network = network_of(found.graphs["M"])
    assert network is not None
    whole = imported(network, "m")
    assert whole.comparison.is_equal
    return " ".join(whole.text.split())
